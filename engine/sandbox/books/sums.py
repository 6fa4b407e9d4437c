"""What a finance product computes: sums of documents, hours of projects, what customers owe."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from engine.sandbox.server.hours import clock_minutes, hours_text
from engine.sandbox.server.refusals import BooksRefused

if TYPE_CHECKING:
    from engine.sandbox.books.collection import Collection
    from engine.sandbox.books.finance import Finance

_DISCOUNT = re.compile(r"(-?[0-9]{1,12}(\.[0-9]{0,6})?)?%?")
#: Statuses of an invoice that is still to be paid.
_OWED = ("sent", "viewed", "unpaid", "partially_paid", "overdue")
_RECEIVABLES = f"""
SELECT json_extract(body, '$.customer_id'),
       sum(CASE WHEN module = 'invoices' AND json_extract(body, '$.status') IN {_OWED}
            THEN json_extract(body, '$.balance') ELSE 0 END),
       sum(CASE WHEN module = 'invoices' THEN json_extract(body, '$.total') ELSE 0 END)
FROM record WHERE module IN ('invoices', 'estimates', 'salesorders', 'expenses') GROUP BY 1
"""  # noqa: S608  # constants of ours
_HOURS = """
SELECT json_extract(body, '$.{field}'), sum(json_extract(body, '$.minutes')),
       sum(CASE WHEN json_extract(body, '$.is_billable') THEN json_extract(body, '$.minutes') ELSE 0 END),
       sum(CASE WHEN json_extract(body, '$.billed_status') = 'invoiced' THEN json_extract(body, '$.minutes') ELSE 0 END)
FROM record WHERE module = 'time_entries' GROUP BY 1
"""


def computed(shape: Collection, body: dict[str, Any]) -> dict[str, Any]:
    """A body with the sums and states that follow from what was written. Raises BooksRefused."""
    if "line_items" in shape.defaults and "sub_total" in shape.defaults:
        return body | _totals(shape, body)
    if shape.plural in ("expenses", "recurring_expenses"):
        return body | _expense(shape, body)
    return body | _worked(body) if shape.plural in ("time_entries", "general_time_entries") else body


def _totals(shape: Collection, body: dict[str, Any]) -> dict[str, Any]:
    lines = [line | {"item_total": _line_total(line)} for line in body["line_items"]]
    sub_total = round(sum(line["item_total"] for line in lines), 2)
    total = round(
        sub_total - _share(body["discount"], sub_total) + body["shipping_charge"] + body["adjustment"], 2
    )
    found = {"line_items": lines, "sub_total": sub_total, "total": total}
    if shape.plural == "invoices":
        found["balance"] = 0 if body["status"] in ("paid", "void") else total
    return found


def _line_total(line: dict[str, Any]) -> float:
    amount = float(line.get("rate", 0) * line.get("quantity", 1))
    return round(amount - _share(line.get("discount", 0), amount), 2)


def _share(discount: Any, amount: float) -> float:
    """A discount as money: a number is money, `10%` a part of the amount."""
    if isinstance(discount, int | float):
        return float(discount)
    text = discount.strip()
    if not _DISCOUNT.fullmatch(text):
        raise BooksRefused(400, 4, "Invalid value passed for discount")
    number = float(text.removesuffix("%") or 0)
    return amount * number / 100 if text.endswith("%") else number


def _expense(shape: Collection, body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"total": body["amount"]}
    if shape.plural == "expenses":
        status = body["status"]
        if status not in ("invoiced", "reimbursed"):
            status = "unbilled" if body["is_billable"] else "non-billable"
        found |= {"bcy_total": body["amount"], "status": status, "expense_type": "non_mileage"}
    return found


def _worked(body: dict[str, Any]) -> dict[str, Any]:
    """Minutes from `log_time`, else from begin to end."""
    if body["log_time"]:
        minutes = _minutes(body, "log_time")
    else:
        minutes = _minutes(body, "end_time") - _minutes(body, "begin_time")
        if minutes < 0:
            raise BooksRefused(400, 4, "Invalid value passed for end_time")
    status = body["billed_status"] or "unbilled"
    return {"minutes": minutes, "log_time": hours_text(minutes), "billed_status": status}


def _minutes(body: dict[str, Any], name: str) -> int:
    minutes = clock_minutes(body[name])
    if minutes is None:
        raise BooksRefused(400, 4, f"Invalid value passed for {name}")
    return minutes


def receivables(finance: Finance) -> dict[str, tuple[Any, ...]]:
    """By contact: what is owed, and what was sold; no entry = no transaction."""
    return finance.sums(_RECEIVABLES)


def hours(finance: Finance, field: str) -> dict[str, tuple[Any, ...]]:
    """By project or task: minutes in all, billable ones, and invoiced ones."""
    return finance.sums(_HOURS.replace("{field}", field))
