"""CRM lists: which records a request asks for, page by page, and how a record is shown."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.sandbox.crm.modules import MODULE_OF, MODULES
from engine.sandbox.crm.views import view_conditions
from engine.sandbox.server.clock import DAY_S, crm_time, parse_time
from engine.sandbox.server.refusals import CrmRefused, NotServed
from engine.sandbox.server.site import Site, as_of, whole_number
from engine.sandbox.server.store import Query, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.requests import Request

    from engine.sandbox.crm.modules import CrmModule

MAX_FIELDS = 50
MAX_PER_PAGE = 200
#: Records that can be reached by page number, and by page token.
PAGE_CEILING = 2_000
TOKEN_CEILING = 100_000
MAX_IDS = 100

#: The column behind each field by which a list can be sorted.
SORTS = {"id": "id", "Created_Time": "created", "Modified_Time": "modified"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A checked list request."""

    fields: tuple[str, ...]
    per_page: int
    page: int
    sort_by: str
    descending: bool
    since: float | None  #: epoch seconds of If-Modified-Since; None = not asked
    seen: int  #: records delivered by the pages before this one
    after: (
        tuple[int | str, str] | None
    )  #: sort value and id of the last record seen; None = first page or by number
    where: tuple[str, ...]
    args: tuple[Any, ...]
    print: str  #: what a page token is bound to


def refuse_param(
    name: str, message: str = "invalid data", code: str = "INVALID_DATA", **more: Any
) -> CrmRefused:
    """The refusal of one parameter."""
    return CrmRefused(400, code, message, param_name=name, **more)


def refuse_filters(request: Request, *names: str) -> None:
    """Raise NotServed for a parameter that CRM knows and the sandbox does not."""
    for name in names:
        if name in request.query_params:
            raise NotServed(f"the parameter `{name}`")


def parse_listing(request: Request, module: CrmModule, now: float) -> Listing:
    """Check the parameters of a list. Raises CrmRefused."""
    query = request.query_params
    refuse_filters(request, "filters", "cross_filters", "converted", "territory_id", "include_child")
    if "page" in query and "page_token" in query:
        raise CrmRefused(
            400,
            "AMBIGUITY_DURING_PROCESSING",
            "use either page or page_token",
            param_names=["page", "page_token"],
        )
    per_page, page = _page(request)
    where, args = _filters(request, module)
    sort_by, order = query.get("sort_by", "id"), query.get("sort_order", "desc")
    if sort_by not in SORTS or order not in ("asc", "desc"):
        raise refuse_param("sort_order" if sort_by in SORTS else "sort_by", supported_values=sorted(SORTS))
    bound = _bound_to(request, module)
    seen, after = _resume(query["page_token"], bound, now) if "page_token" in query else (0, None)
    return Listing(
        fields=_fields(query.get("fields")),
        per_page=per_page,
        page=page if after is None else seen // per_page + 1,
        sort_by=sort_by,
        descending=order == "desc",
        since=if_modified_since(request),
        seen=seen if after is not None else (page - 1) * per_page,
        after=after,
        where=where,
        args=args,
        print=bound,
    )


def _fields(text: str | None) -> tuple[str, ...]:
    names = tuple(name.strip() for name in (text or "").split(",") if name.strip())
    if not names:
        words = "One of the expected parameter is missing"
        raise refuse_param("fields", words, code="REQUIRED_PARAM_MISSING")
    if len(names) > MAX_FIELDS:
        raise refuse_param(
            "fields", "cannot process more than 50 fields", code="LIMIT_EXCEEDED", limit=MAX_FIELDS
        )
    return names


def _page(request: Request) -> tuple[int, int]:
    per_page, page = whole_number(request, "per_page", MAX_PER_PAGE), whole_number(request, "page", 1)
    if per_page is None or per_page > MAX_PER_PAGE:
        raise refuse_param("per_page", maximum=MAX_PER_PAGE)
    if page is None:
        raise refuse_param("page")
    if page * per_page > PAGE_CEILING:
        words = "only the first 2000 records can be read by page number; use page_token"
        raise refuse_param("page", words, code="DISCRETE_PAGINATION_LIMIT_EXCEEDED", limit=PAGE_CEILING)
    return per_page, page


def if_modified_since(request: Request) -> float | None:
    """The header as epoch seconds; None = absent. Raises CrmRefused if it is no instant."""
    text = request.headers.get("If-Modified-Since")
    if text is None:
        return None
    moment = parse_time(text)
    if moment is None:
        raise refuse_param("If-Modified-Since", "the header is not an ISO 8601 date and time with an offset")
    return moment


def _filters(request: Request, module: CrmModule) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    query = request.query_params
    where, args = ["deleted IS NULL"], []
    if "ids" in query:
        ids = [part.strip() for part in query["ids"].split(",") if part.strip()]
        if len(ids) > MAX_IDS:
            raise refuse_param("ids", code="LIMIT_EXCEEDED", limit=MAX_IDS)
        where.append(f"id IN ({','.join('?' * len(ids))})")
        args.extend(ids)
    if "cvid" in query:
        if "sort_by" in query:
            words = "sort_by cannot be combined with cvid"
            raise CrmRefused(400, "AMBIGUITY_DURING_PROCESSING", words, param_names=["cvid", "sort_by"])
        conditions = view_conditions(module.name, query["cvid"])
        if conditions is None:
            raise refuse_param("cvid")
        where.extend(conditions[0])
        args.extend(conditions[1])
    return tuple(where), tuple(args)


def _bound_to(request: Request, module: CrmModule) -> str:
    """A digest of everything that must stay the same from page to page."""
    kept = {k: v for k, v in request.query_params.items() if k not in ("page", "page_token")}
    kept["If-Modified-Since"] = request.headers.get("If-Modified-Since", "")
    return hashlib.sha256(json.dumps([module.name, kept], sort_keys=True).encode()).hexdigest()[:16]


def _resume(token: str, bound: str, now: float) -> tuple[int, tuple[int | str, str]]:
    try:
        issued, print_, seen, value, id_ = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (binascii.Error, ValueError, TypeError, UnicodeError):
        raise refuse_param("page_token") from None
    if print_ != bound:
        words = "the page token belongs to a request with other parameters"
        raise refuse_param("page_token", words, code="TOKEN_BOUND_DATA_MISMATCH")
    if issued + DAY_S <= now:
        raise refuse_param("page_token", "the page token has expired", code="EXPIRED_VALUE")
    if seen >= TOKEN_CEILING:
        words = "only 100000 records can be read by page token"
        raise refuse_param("page_token", words, code="PAGINATION_LIMIT_EXCEEDED", limit=TOKEN_CEILING)
    return seen, (value, id_)


def list_rows(site: Site, request: Request, module: CrmModule, listing: Listing) -> tuple[list[Row], bool]:
    """The records of one page, and whether more follow."""
    column, way = SORTS[listing.sort_by], "DESC" if listing.descending else "ASC"
    where, args = list(listing.where), list(listing.args)
    if listing.since is not None:
        where.append("modified > ?")
        args.append(listing.since)
    if listing.after is not None:
        where.append(f"({column}, id) {'<' if listing.descending else '>'} (?, ?)")
        args.extend(listing.after)
    query = Query(
        where=tuple(where),
        args=tuple(args),
        order=f"{column} {way}, id {way}",
        limit=listing.per_page + 1,
        offset=0 if listing.after is not None else listing.seen,
        as_of=as_of(request),
    )
    rows = site.store.rows("crm", module.name, query)
    return rows[: listing.per_page], len(rows) > listing.per_page


def list_body(
    site: Site, module: CrmModule, listing: Listing, rows: list[Row], *, more: bool, now: float
) -> dict[str, Any]:
    """The answer to a list request that found something."""
    token = _token(listing, rows[-1], now) if more else None
    expiry = crm_time(int(now) + DAY_S) if token else None
    counts = {"call": False, "per_page": listing.per_page, "count": len(rows), "page": listing.page}
    order = {"sort_by": listing.sort_by, "sort_order": "desc" if listing.descending else "asc"}
    tokens = {"next_page_token": token, "previous_page_token": None, "page_token_expiry": expiry}
    info = counts | order | {"more_records": more} | tokens
    fields = [name for name in listing.fields if module.items is None or name != module.items.name]
    return {"data": show(site, module, rows, fields), "info": info}


def _token(listing: Listing, last: Row, now: float) -> str:
    value = {"id": last.id, "created": last.created, "modified": last.modified}[SORTS[listing.sort_by]]
    state = [int(now), listing.print, listing.seen + listing.per_page, value, last.id]
    return base64.urlsafe_b64encode(json.dumps(state).encode()).decode()


def show(
    site: Site, module: CrmModule, rows: Sequence[Row], fields: Iterable[str] | None
) -> list[dict[str, Any]]:
    """Records as CRM shows them; `fields` None = all. A name that the module does not have is left out."""
    wanted = list(module.fields) if fields is None else [name for name in fields if name in module.fields]
    references = [name for name in wanted if module.fields[name].refers is not None]
    names = {name: _targets(site, module, name, rows) for name in references}
    shown = [{"id": row.id} | {name: _shown(row, name, names) for name in wanted} for row in rows]
    if module.items is not None and module.items.name in wanted:
        _show_lines(site, module.items.name, shown)
    return shown


def _show_lines(site: Site, name: str, shown: list[dict[str, Any]]) -> None:
    """The rows of documents, their products by name."""
    ids = {line.get("Product_Name") for record in shown for line in record[name] or []} - {None}
    found = site.store.texts("crm", "Products", list(ids), "Product_Name")
    for record in shown:
        record[name] = [
            line | ({"Product_Name": {"name": found.get(id_, ""), "id": id_}} if id_ else {})
            for line, id_ in ((line, line.get("Product_Name")) for line in record[name] or [])
        ]


def _shown(row: Row, name: str, names: dict[str, dict[str, dict[str, Any]]]) -> Any:
    match name:
        case "Created_Time":
            return crm_time(row.created)
        case "Modified_Time" | "Last_Activity_Time" | "Change_Log_Time__s":
            return crm_time(row.modified)
        case "Tag":
            return []
        case "Record_Status__s":
            return "Available"
        case "Locked__s":
            return False
    value = row.body.get(name)
    return value if name not in names or value is None else names[name][value]


def _targets(site: Site, module: CrmModule, field: str, rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """What a reference field shows, by the id that it holds."""
    refers = module.fields[field].refers or ""
    if refers != "any":
        return _named(site, refers, {row.body[field] for row in rows if row.body.get(field) is not None})
    shown: dict[str, dict[str, Any]] = {}
    for target in {row.body.get(MODULE_OF) for row in rows} - {None}:
        ids = {row.body[field] for row in rows if field in row.body and row.body.get(MODULE_OF) == target}
        shown |= _named(site, str(target), ids)
        if field == "Parent_Id":
            shown |= {id_: shown[id_] | {"module": {"api_name": target}} for id_ in ids}
    return shown


def _named(site: Site, refers: str, ids: set[str]) -> dict[str, dict[str, Any]]:
    if refers == "users":
        return {id_: person(site, id_) for id_ in ids}
    found = site.store.texts("crm", refers, list(ids), MODULES[refers].label)
    return {id_: {"name": found.get(id_, ""), "id": id_} for id_ in ids}


def person(site: Site, id_: str) -> dict[str, str]:
    """A user as records show one."""
    row = site.store.get("crm", "users", id_)
    body = {} if row is None else row.body
    return {"name": body.get("full_name", ""), "id": id_, "email": body.get("email", "")}
