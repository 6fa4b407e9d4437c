"""Books reads: short rows page by page, and whole records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.sandbox.books_shapes import CURRENCY_ID, Collection
from engine.sandbox.clock import books_time
from engine.sandbox.refusals import BooksRefused
from engine.sandbox.site import Site, as_of, whole_number
from engine.sandbox.store import Query, Row, fold

if TYPE_CHECKING:
    from starlette.requests import Request

MAX_PER_PAGE = 200
_STATUS = {"Status.All": None, "Status.Active": "active", "Status.Inactive": "inactive"}
_CURRENCY = {"currency_code": "EUR", "currency_symbol": "€"}
_AMOUNTS = ("outstanding_receivable_amount", "unused_credits_receivable_amount")


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


def parse_page(request: Request) -> tuple[int, int]:
    """Page and records a page. Raises BooksRefused."""
    page, per_page = whole_number(request, "page", 1), whole_number(request, "per_page", MAX_PER_PAGE)
    if page is None or per_page is None or per_page > MAX_PER_PAGE:
        name = "page" if page is None else "per_page"
        raise BooksRefused(400, 4, f"Invalid value passed for {name}")
    return page, per_page


def parse_listing(request: Request, shape: Collection) -> Listing:
    """Check the parameters of a list. Unknown ones are overlooked. Raises BooksRefused."""
    query = request.query_params
    page, per_page = parse_page(request)
    filter_by = query.get("filter_by", "Status.Active")
    column, order = query.get("sort_column", shape.name), query.get("sort_order", "A")
    order = {"ascending": "A", "descending": "D"}.get(order, order)
    for name, value, known in (
        ("filter_by", filter_by, _STATUS),
        ("sort_column", column, shape.sorts),
        ("sort_order", order, "AD"),
    ):
        if value not in known:
            raise BooksRefused(400, 4, f"Invalid value passed for {name}")
    where, args = _conditions(request, shape, _STATUS[filter_by])
    return Listing(
        page=page,
        per_page=per_page,
        filter_by=filter_by,
        sort_column=column,
        sort_order=order,
        where=where,
        args=args,
    )


def _conditions(
    request: Request, shape: Collection, status: str | None
) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    conditions: list[tuple[str, Any]] = []
    if status is not None:
        conditions.append(("json_extract(body, '$.status') = ?", status))
    for field in shape.searches:
        column = "key" if field == shape.name else f"lower(json_extract(body, '$.{field}'))"
        for suffix, pattern in (("", "{}"), ("_startswith", "{}%"), ("_contains", "%{}%")):
            text = request.query_params.get(field + suffix)
            if text is not None:
                escaped = fold(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
                conditions.append((f"{column} LIKE ? ESCAPE '\\'", pattern.format(escaped)))
    where = ("deleted IS NULL", *(condition for condition, _ in conditions))
    return where, tuple(value for _, value in conditions)


def list_body(site: Site, request: Request, shape: Collection, listing: Listing) -> dict[str, Any]:
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
    rows = site.store.rows("books", shape.plural, query)
    context = {
        "page": listing.page,
        "per_page": listing.per_page,
        "has_more_page": len(rows) > listing.per_page,
        "report_name": shape.report,
        "applied_filter": listing.filter_by,
        "sort_column": listing.sort_column,
        "sort_order": listing.sort_order,
    }
    shown = [show_short(shape, row) for row in rows[: listing.per_page]]
    return {"code": 0, "message": "success", shape.plural: shown, "page_context": context}


def show_short(shape: Collection, row: Row) -> dict[str, Any]:
    """A list row: no addresses, persons, notes, website or custom fields."""
    whole = _derived(shape, row)
    return {shape.id: row.id} | {name: whole[name] for name in shape.listed} | _times(row)


def show_whole(shape: Collection, row: Row) -> dict[str, Any]:
    """A record with everything."""
    shown = {shape.id: row.id} | _derived(shape, row) | _times(row)
    for name, lengths in shape.lengths.items():
        if isinstance(shape.defaults[name], dict):
            shown[name] = dict.fromkeys(lengths, "") | shown[name]
    values = row.body.get("custom_fields", {})
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
    return shown


def _derived(shape: Collection, row: Row) -> dict[str, Any]:
    """The body with what Books computes: for a contact, its primary person and its amounts."""
    body = {name: value for name, value in row.body.items() if name != "custom_fields"}
    if shape.plural != "contacts":
        return body
    persons = body["contact_persons"]
    primary = next((p for p in persons if p.get("is_primary_contact")), persons[0] if persons else {})
    names = ("first_name", "last_name", "email", "phone", "mobile")
    body |= {name: primary.get(name, "") for name in names} | dict.fromkeys(_AMOUNTS, 0) | _CURRENCY
    linked = any(body[name] for name in ("zcrm_account_id", "zcrm_contact_id", "zcrm_vendor_id"))
    own = {"has_transaction": False, "is_linked_with_zohocrm": linked, "currency_id": CURRENCY_ID}
    return body | own | {"primary_contact_id": primary.get("contact_person_id", "")}


def _times(row: Row) -> dict[str, str]:
    return {"created_time": books_time(row.created), "last_modified_time": books_time(row.modified)}
