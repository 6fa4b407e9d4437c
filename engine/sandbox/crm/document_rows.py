"""The rows of a CRM document: judged, merged with those that stand, and summed up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.sandbox.crm.fields import CrmField, is_id, judge
from engine.sandbox.crm.modules import LINE_FIELDS
from engine.sandbox.server.refusals import crm_error

if TYPE_CHECKING:
    from engine.sandbox.crm.modules import CrmModule
    from engine.sandbox.server.site import Site

#: Where the counter of CRM's ids starts; rows have ids of the same kind as records.
FIRST_ID = 554023000000010001


def judge_lines(site: Site, field: CrmField, rows: Any, place: str) -> dict[str, Any] | None:
    """The first refusal that a row earns; None = all are taken."""
    if field.type != "subform" or rows is None:
        return None
    for number, row in enumerate(rows):
        if "id" in row and not is_id(row["id"]):
            return crm_error("INVALID_DATA", "invalid data", api_name="id", json_path=f"{place}[{number}].id")
        for inner in LINE_FIELDS.values():
            where = f"{place}[{number}].{inner.name}"
            refused = judge(inner, row.get(inner.name), where)
            if refused is not None:
                return refused
        product = row.get("Product_Name")
        if product is not None and site.store.get("crm", "Products", product["id"]) is None:
            words, where = "the related id given seems to be invalid", f"{place}[{number}].Product_Name.id"
            return crm_error("INVALID_DATA", words, api_name="Product_Name", json_path=where)
    return None


def merged_lines(
    site: Site, present: list[dict[str, Any]], sent: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The rows after a write: those sent with an id are completed, `_delete` and absence remove one."""
    known = {row["id"]: row for row in present}
    return [_line(site, known.get(row.get("id", ""), {}), row) for row in sent if "_delete" not in row]


def _line(site: Site, present: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    row = present | {name: sent[name] for name in LINE_FIELDS if name in sent}
    if isinstance(row.get("Product_Name"), dict):
        row["Product_Name"] = row["Product_Name"]["id"]
    row["id"] = present.get("id") or site.store.next_id("crm", FIRST_ID)
    return with_total(row)


def with_total(row: dict[str, Any]) -> dict[str, Any]:
    """A row with what it comes to."""
    amount = (row.get("List_Price") or 0) * (row.get("Quantity") or 1) - (row.get("Discount") or 0)
    return row | {"Total": round(amount, 2)}


def summed(module: CrmModule, body: dict[str, Any]) -> dict[str, Any]:
    """A document with its sums; any other record as it is."""
    items = module.items
    if items is None:
        return body
    sub_total = round(sum(row["Total"] for row in body.get(items.name, [])), 2)
    grand = sub_total - body.get("Discount", 0) + body.get("Adjustment", 0)
    return body | {"Sub_Total": sub_total, "Tax": 0, "Grand_Total": round(grand, 2)}
