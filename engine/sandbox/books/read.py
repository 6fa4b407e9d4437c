"""Reads of a finance product: short rows page by page, and whole records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.sandbox.books.documents import CURRENCY_ID
from engine.sandbox.books.filters import choices_of, conditions_of, equal, plain, require_served
from engine.sandbox.books.sums import hours, receivables
from engine.sandbox.server.clock import books_time
from engine.sandbox.server.hours import hours_text
from engine.sandbox.server.refusals import BooksRefused
from engine.sandbox.server.site import as_of, whole_number
from engine.sandbox.server.store import Query, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from engine.sandbox.books.collection import Collection
    from engine.sandbox.books.finance import Finance

MAX_PER_PAGE = 200
_CURRENCY = {"currency_code": "EUR", "currency_symbol": "€"}
#: References that are shown by name beside the id.
_NAMED = {
    "customer_id",
    "vendor_id",
    "project_id",
    "account_id",
    "paid_through_account_id",
    "user_id",
    "task_id",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A checked list request."""

    page: int
    per_page: int
    filter_by: str
    sort_column: str
    sort_order: str  #: `A` or `D`
    where: tuple[str, ...]
    args: tuple[Any, ...]


def parse_page(request: Request, default: int = MAX_PER_PAGE) -> tuple[int, int]:
    """Page and records a page. Raises BooksRefused."""
    page, per_page = whole_number(request, "page", 1), whole_number(request, "per_page", default)
    if page is None or per_page is None or per_page > MAX_PER_PAGE:
        name = "page" if page is None else "per_page"
        raise BooksRefused(400, 4, f"Invalid value passed for {name}")
    return page, per_page


def parse_listing(request: Request, shape: Collection, parent: str | None = None) -> Listing:
    """Check the parameters of a list. Unknown ones are overlooked. Raises BooksRefused."""
    query = request.query_params
    page, per_page = parse_page(request, shape.per_page)
    filter_by = query.get("filter_by", shape.shown)
    column, order = query.get("sort_column", next(iter(shape.sorts))), query.get("sort_order", "A")
    order = {"ascending": "A", "descending": "D"}.get(order, order)
    choices = choices_of(shape)
    for name, value, allowed in (
        ("filter_by", plain(filter_by), choices),
        ("sort_column", column, shape.sorts),
        ("sort_order", order, "AD"),
    ):
        if value not in allowed:
            require_served(shape, name, query.get(name, ""))
            raise BooksRefused(400, 4, f"Invalid value passed for {name}")
    conditions = [
        *choices[plain(filter_by)],
        *equal(shape.parent, parent),
        *conditions_of(shape, request.query_params),
    ]
    return Listing(
        page=page,
        per_page=per_page,
        filter_by=filter_by,
        sort_column=column,
        sort_order=order,
        where=("deleted IS NULL", *(condition for condition, _ in conditions)),
        args=tuple(value for _, values in conditions for value in values),
    )


def list_body(finance: Finance, request: Request, shape: Collection, listing: Listing) -> dict[str, Any]:
    """One page of short rows."""
    way = "ASC" if listing.sort_order == "A" else "DESC"
    query = Query(
        where=listing.where,
        args=listing.args,
        order=f"{shape.sorts[listing.sort_column]} {way}, id {way}",
        limit=listing.per_page + 1,
        offset=(listing.page - 1) * listing.per_page,
        as_of=as_of(request),
    )
    rows = finance.rows(shape.plural, query)
    context = {
        "page": listing.page,
        "per_page": listing.per_page,
        "has_more_page": len(rows) > listing.per_page,
        "report_name": shape.report,
        "applied_filter": listing.filter_by,
        "sort_column": listing.sort_column,
        "sort_order": listing.sort_order,
    }
    shown = show(finance, shape, rows[: listing.per_page], whole=False)
    key = "users" if shape.plural == "project_users" else shape.plural.removeprefix("project_")
    key = "chartofaccounts" if shape.plural == "accounts" else key
    return {"code": 0, "message": "success", key: shown, "page_context": context}


def show(finance: Finance, shape: Collection, rows: Sequence[Row], *, whole: bool) -> list[dict[str, Any]]:
    """Records as the product shows them: short list rows, or with everything."""
    names = {field: _names(finance, shape, field, rows) for field in shape.refers if field in _NAMED}
    figures = _figures(finance, shape)
    shown = []
    for row in rows:
        body = {name: value for name, value in row.body.items() if name not in ("custom_fields", "minutes")}
        body |= {_name_of(field): found.get(row.body.get(field, ""), "") for field, found in names.items()}
        body |= _derived(finance, shape, row) | _figure(shape, figures.get(_figure_id(shape, row)))
        if whole:
            body |= _whole(finance, shape, row)
        else:
            body = {name: body[name] for name in _listed(shape, body)}
        shown.append({shape.id: row.id} | body | _times(shape, row))
    return shown


def show_whole(finance: Finance, shape: Collection, row: Row) -> dict[str, Any]:
    """One record with everything."""
    return show(finance, shape, [row], whole=True)[0]


def _name_of(field: str) -> str:
    return field.removesuffix("_id") + "_name"


def _names(finance: Finance, shape: Collection, field: str, rows: Sequence[Row]) -> dict[str, str]:
    """What is referred to by a field, by the id that it holds."""
    ids = list({row.body.get(field, "") for row in rows} - {""})
    target = finance.edition.collections[shape.refers[field]]
    label = "name" if target.plural == "users" else target.name
    return finance.site.store.texts(finance.product, target.plural, ids, label) if ids else {}


def _listed(shape: Collection, body: dict[str, Any]) -> list[str]:
    figures = (
        "total_hours",
        "billable_hours",
        "billed_hours",
        "un_billed_hours",
        "log_time",
        "is_invoiced",
        "currency_code",
        "email",
    )
    names = [*shape.listed, *(_name_of(field) for field in shape.refers if field in shape.listed)]
    return [name for name in dict.fromkeys((*names, *figures)) if name in body]


def _derived(finance: Finance, shape: Collection, row: Row) -> dict[str, Any]:
    """What follows from the record itself: for a contact, its primary person."""
    if shape.plural == "project_users":
        found = finance.site.store.texts(finance.product, "users", [row.body["user_id"]], "email")
        return {"email": found.get(row.body["user_id"], "")}
    if shape.plural != "contacts":
        return _CURRENCY if "currency_id" in shape.defaults else {}
    body = row.body
    persons = body["contact_persons"]
    primary = next((p for p in persons if p.get("is_primary_contact")), persons[0] if persons else {})
    names = ("first_name", "last_name", "email", "phone", "mobile")
    found = {name: primary.get(name, "") for name in names} | _CURRENCY
    linked = any(body[name] for name in ("zcrm_account_id", "zcrm_contact_id", "zcrm_vendor_id"))
    own = {"is_linked_with_zohocrm": linked, "currency_id": CURRENCY_ID}
    return found | own | {"primary_contact_id": primary.get("contact_person_id", "")}


def _figures(finance: Finance, shape: Collection) -> dict[str, tuple[Any, ...]]:
    if shape.plural == "contacts":
        return receivables(finance)
    fields = {"projects": "project_id", "project_tasks": "task_id"}
    return hours(finance, fields[shape.plural]) if shape.plural in fields else {}


def _figure_id(shape: Collection, row: Row) -> str:
    return row.id if shape.plural in ("contacts", "projects", "project_tasks") else ""


def _figure(shape: Collection, found: tuple[Any, ...] | None) -> dict[str, Any]:
    """Sums over other records, as the fields that show them."""
    if shape.plural == "contacts":
        owed, sold = found or (0, 0)
        amounts = {"outstanding_receivable_amount": round(owed, 2), "unused_credits_receivable_amount": 0}
        return amounts | {"total_sales_amount": round(sold, 2), "has_transaction": found is not None}
    every, billable, billed = found or (0, 0, 0)
    if shape.plural == "projects":
        return {"total_hours": hours_text(every), "billable_hours": hours_text(billable)}
    if shape.plural == "project_tasks":
        texts = {"log_time": hours_text(every), "billed_hours": hours_text(billed)}
        texts["un_billed_hours"] = hours_text(billable - billed)
        return texts | {"is_invoiced": billed > 0 and billed >= billable}
    return {}


def _whole(finance: Finance, shape: Collection, row: Row) -> dict[str, Any]:
    """What only a read of one record shows: complete addresses, custom fields, a project's tasks and staff."""
    shown: dict[str, Any] = {}
    for name, lengths in shape.lengths.items():
        if isinstance(shape.defaults[name], dict):
            shown[name] = dict.fromkeys(lengths, "") | row.body[name]
    values = row.body.get("custom_fields", {})
    if shape.custom:
        shown["custom_fields"] = [
            {
                "customfield_id": custom.id,
                "index": index,
                "api_name": custom.api_name,
                "label": custom.label,
                "value": values.get(custom.api_name, ""),
            }
            for index, custom in enumerate(shape.custom, start=1)
        ]
        shown["custom_field_hash"] = {name: value for name, value in values.items() if value != ""}
    if shape.plural == "projects":
        mine = Query(where=("json_extract(body, '$.project_id') = ?", "deleted IS NULL"), args=(row.id,))
        for key, plural in (("tasks", "project_tasks"), ("users", "project_users")):
            child = finance.edition.collections[plural]
            shown[key] = show(finance, child, finance.rows(plural, mine), whole=False)
    return shown


def _times(shape: Collection, row: Row) -> dict[str, str]:
    modified = {"last_modified_time": books_time(row.modified)} if shape.stamped else {}
    return {"created_time": books_time(row.created)} | modified
