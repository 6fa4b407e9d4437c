"""The published filters of lists: each one holds for the rows that it means, or is said not to be served."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.sandbox.books.collection import PRIMARY, field_of, name_of
from engine.sandbox.server.clock import parse_time
from engine.sandbox.server.refusals import BooksRefused, NotServed
from engine.sandbox.server.store import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.sandbox.books.collection import Collection

#: A condition in SQL, and the values of its question marks.
Condition = tuple[str, tuple[Any, ...]]

#: By collection, one kind a line: `is` and `text` compare a field, `number` and `date` also bound it; `referred` is
#: the name of what is referred to, `person` a field of a contact's primary person, `buyer` of the customer's, `line` a
#: field of any line, `address` any part of an address, `custom` any field that the organisation added; `search` looks
#: in several; `missing` is not served.
_PUBLISHED = {
    "contacts": """
person first_name last_name email phone
address address
search contact_name notes
""",
    "items": """
number rate
is tax_id tax_name is_taxable account_id
search name description
missing tax_exemption_id sat_item_key_code unitkey_code
""",
    "estimates": """
referred customer_name
number total
line item_id item_name item_description
custom custom_field
date expiry_date
search estimate_number reference_number customer_name
""",
    "invoices": """
referred customer_name
buyer email
number total balance
line item_id item_name item_description
custom custom_field
date due_date
is recurring_invoice_id
search invoice_number reference_number customer_name
missing created_date response_option
""",
    "salesorders": """
referred customer_name
number total
line item_id item_name item_description
date shipment_date
is salesperson_id
search salesorder_number reference_number customer_name
missing customview_id print accept salesorder_ids
""",
    "purchaseorders": """
referred vendor_name
number total
line item_id item_description
custom custom_field
search purchaseorder_number reference_number vendor_name
""",
    "expenses": """
referred account_name customer_name vendor_name
number amount
is status paid_through_account_id
search account_name description customer_name vendor_name
missing recurring_expense_id
""",
    "recurring_expenses": """
referred account_name customer_name
number amount
date last_created_date next_expense_date
is account_id
search recurrence_name account_name description customer_name
missing paid_through_account_id
""",
    "recurring_invoices": """
referred customer_name
line item_id line_item_id item_name item_description tax_id
text notes
date start_date end_date
search recurrence_name reference_number customer_name
""",
    "accounts": """
missing showbalance
""",
}
#: Values of `filter_by` and `sort_column` that the vendor publishes and the sandbox does not serve.
_MISSING = {
    "contacts": "outstanding_receivable_amount Status.Duplicate Status.PortalEnabled Status.PortalDisabled"
    " Status.CreditLimitExceed Status.Crm Invoice.OverDue Invoice.Unpaid",
    "invoices": "Date.PaymentExpectedDate",
    "accounts": "AccountType.Asset AccountType.Liability AccountType.Equity AccountType.Income AccountType.Expense",
    "time_entries": "customer_name timer_started_at Date.Today Date.ThisWeek Date.ThisMonth Date.ThisQuarter"
    " Date.ThisYear Date.PreviousDay Date.PreviousWeek Date.PreviousMonth Date.PreviousQuarter Date.PreviousYear",
}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
#: What follows a filter's name, and the comparison that it stands for.
_DATES = {"": "=", "_start": ">=", "_end": "<=", "_before": "<", "_after": ">"}
_NUMBERS = {"": "=", "_less_than": "<", "_less_equals": "<=", "_greater_than": ">", "_greater_equals": ">="}
_NUMBERS |= {"_start": ">=", "_end": "<="}
_TEXTS = {"": "{}", "_startswith": "{}%", "_contains": "%{}%"}
_FORMS = {"date": _DATES, "from": {"": ">="}, "to": {"": "<="}, "number": _NUMBERS, "text": _TEXTS}
_LINE = "EXISTS (SELECT 1 FROM json_each(mine.body, '$.line_items') AS one WHERE {})"
_CUSTOM = "EXISTS (SELECT 1 FROM json_each(mine.body, '$.custom_fields') AS one WHERE {})"
_ADDRESS = (
    "EXISTS (SELECT 1 FROM json_each(json_array(json_extract(mine.body, '$.billing_address'),"
    " json_extract(mine.body, '$.shipping_address'))) AS two, json_each(two.value) AS one WHERE {})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One published filter."""

    name: str
    kind: str  #: one of _FORMS, `is`, or `missing`: the sandbox does not serve it
    column: str = ""  #: in SQL
    around: str = "{}"  #: what the comparison stands in, where a record has several such values

    @property
    def forms(self) -> Mapping[str, str]:
        """What may follow the name, with the comparison or the pattern for each."""
        return _FORMS.get(self.kind, {"": "="})


def filters_of(shape: Collection) -> list[Filter]:
    """Every filter of a collection, but the search in several fields."""
    own = [
        Filter(name=name, kind="text", column=field_of(name)) for name in shape.searches if name != shape.name
    ]
    if shape.name in shape.searches:
        own.append(
            Filter(name=shape.name, kind="text", column="key" if shape.unique else field_of(shape.name))
        )
    made = [_MADE[kind](name) for kind, names in _lines(shape) if kind != "search" for name in names]
    return own + made + _of_date(shape)


def _of_date(shape: Collection) -> list[Filter]:
    """What every list of dated records takes."""
    date = next((name for name in ("date", "log_date") if name in shape.defaults), None)
    kinds = {} if date is None else {"date": "date", "from_date": "from", "to_date": "to"}
    return [Filter(name=name, kind=kind, column=field_of(date or "")) for name, kind in kinds.items()]


def conditions_of(shape: Collection, asked: Mapping[str, str]) -> list[Condition]:
    """What the parameters of a list ask for. Raises BooksRefused, or NotServed."""
    found = [
        _condition(one, one.name + form, compare, asked[one.name + form])
        for one in filters_of(shape)
        for form, compare in one.forms.items()
        if one.name + form in asked
    ]
    for custom in shape.custom:
        found += equal(f"custom_fields.{custom.api_name}", asked.get(custom.api_name))
    if "search_text" in asked:
        found += [_anywhere(names, asked["search_text"]) for kind, names in _lines(shape) if kind == "search"]
    return found + _changed(shape, asked.get("last_modified_time"))


def _anywhere(names: list[str], text: str) -> Condition:
    """A word in any of several fields."""
    columns = [name_of(name) or field_of(name) for name in names]
    tests = " OR ".join(f"fold({column}) LIKE ? ESCAPE '\\'" for column in columns)
    return f"({tests})", (_pattern("%{}%", text),) * len(columns)


def _changed(shape: Collection, text: str | None) -> list[Condition]:
    """Changed after a moment, where the product honours that; elsewhere it overlooks it. Raises BooksRefused."""
    if text is None or not shape.since:
        return []
    moment = parse_time(text)
    if moment is None:
        raise BooksRefused(400, 4, "Invalid value passed for last_modified_time")
    return [("modified > ?", (moment,))]


def require_served(shape: Collection, name: str, value: str) -> None:
    """Raise NotServed for a value that the vendor publishes and the sandbox does not know."""
    if value in _MISSING.get(shape.plural, "").split():
        raise NotServed(f"the value `{value}` of {name}")


def plain(word: str) -> str:
    """A value of `filter_by` without case and hyphens: `Status.OverDue` stands for the status overdue."""
    return word.casefold().replace("_", "").replace("-", "")


def choices_of(shape: Collection) -> dict[str, list[Condition]]:
    """The values of `filter_by`, as `plain` has them, each with what it asks for."""
    found = {plain(f"Status.{status}"): equal("status", status) for status in shape.statuses} | {
        "status.all": []
    }
    if shape.plural == "accounts":
        active = {"active": 1, "inactive": 0}
        found |= {
            f"accounttype.{word}": [(f"{field_of('is_active')} = ?", (flag,))]
            for word, flag in active.items()
        }
        found["accounttype.all"] = []
    if shape.plural == "time_entries":
        found |= {f"status.{status}": equal("billed_status", status) for status in ("unbilled", "invoiced")}
        found |= {"date.all": [], "date.customdate": []}
    return found


def equal(name: str | None, value: str | None) -> list[Condition]:
    """A field that holds a value; None = any."""
    return [] if name is None or value is None else [(f"{field_of(name)} = ?", (value,))]


def _lines(shape: Collection) -> list[tuple[str, list[str]]]:
    table = _PUBLISHED.get(shape.plural, "").strip()
    return [(line.split()[0], line.split()[1:]) for line in table.splitlines()]


def _condition(one: Filter, name: str, compare: str, text: str) -> Condition:
    if one.kind == "missing":
        raise NotServed(f"the filter `{name}`")
    if one.kind == "text":
        return one.around.format(f"fold({one.column}) LIKE ? ESCAPE '\\'"), (_pattern(compare, text),)
    fits = {"is": None, "number": _NUMBER}.get(one.kind, _DAY)
    if fits is not None and not fits.fullmatch(text):
        raise BooksRefused(400, 4, f"Invalid value passed for {name}")
    if one.kind == "number":
        return one.around.format(f"CAST({one.column} AS REAL) {compare} ?"), (float(text),)
    exact = {"true": "1", "false": "0"}.get(text, text) if one.name.startswith("is_") else text
    # A record without a date is neither before nor after one.
    return one.around.format(f"nullif(CAST({one.column} AS TEXT), '') {compare} ?"), (exact,)


def _pattern(form: str, text: str) -> str:
    escaped = fold(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return form.format(escaped)


def _line(name: str) -> Filter:
    field = name if name.endswith("_id") else name.removeprefix("item_")
    kind = "is" if name.endswith("_id") else "text"
    return Filter(name=name, kind=kind, column=f"json_extract(one.value, '$.{field}')", around=_LINE)


_MADE: dict[str, Callable[[str], Filter]] = {
    **{
        kind: lambda name, kind=kind: Filter(name=name, kind=kind, column=field_of(name))  # type: ignore[misc]  # a bound default
        for kind in ("is", "text", "number", "date")
    },
    "referred": lambda name: Filter(name=name, kind="text", column=name_of(name) or ""),
    "person": lambda name: Filter(name=name, kind="text", column=PRIMARY.format("mine", name)),
    "buyer": lambda name: Filter(name=name, kind="text", column=_BUYER.format(PRIMARY.format("r", name))),
    "line": _line,
    "address": lambda name: Filter(name=name, kind="text", column="one.value", around=_ADDRESS),
    "custom": lambda name: Filter(name=name, kind="text", column="one.value", around=_CUSTOM),
    "missing": lambda name: Filter(name=name, kind="missing"),
}
_BUYER = (
    "(SELECT {} FROM record AS r WHERE r.product = mine.product AND r.module = 'contacts'"
    " AND r.id = json_extract(mine.body, '$.customer_id'))"
)
