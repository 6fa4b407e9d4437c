"""CRM endpoints that look for records: search by criteria, mail, telephone or word, and COQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.sandbox.crm.coql import parse_select
from engine.sandbox.crm.criteria import Condition, parse_criteria
from engine.sandbox.crm.read import MAX_PER_PAGE, refuse_param, show
from engine.sandbox.crm.records import module_of
from engine.sandbox.server.body import read_json
from engine.sandbox.server.refusals import CrmRefused
from engine.sandbox.server.site import as_of, site_of, whole_number
from engine.sandbox.server.store import Query

if TYPE_CHECKING:
    from starlette.requests import Request

    from engine.sandbox.crm.modules import CrmModule

#: Records that a search reaches in all.
SEARCH_CEILING = 2_000
#: Rows of a COQL answer that one, two and three credits pay for.
_STEPS = (200, 1_000)


async def search_records(request: Request) -> Response:
    """Records that meet criteria, or hold a mail address, a telephone number or a word."""
    site, module, query = site_of(request), module_of(request), request.query_params
    per_page, page = whole_number(request, "per_page", MAX_PER_PAGE), whole_number(request, "page", 1)
    if per_page is None or per_page > MAX_PER_PAGE or page is None or page * per_page > SEARCH_CEILING:
        raise refuse_param("page" if per_page is not None and per_page <= MAX_PER_PAGE else "per_page")
    condition, args = _wanted(request, module)
    found = Query(
        where=("deleted IS NULL", condition),
        args=args,
        order="id DESC",
        limit=per_page + 1,
        offset=(page - 1) * per_page,
        as_of=as_of(request),
    )
    rows = site.store.rows("crm", module.name, found)
    if not rows:
        return Response(status_code=204)
    names = query.get("fields")
    shown = show(site, module, rows[:per_page], None if names is None else names.split(","))
    more = len(rows) > per_page
    info = {"per_page": per_page, "count": len(shown), "page": page, "more_records": more}
    return JSONResponse({"data": shown, "info": info})


def _wanted(request: Request, module: CrmModule) -> Condition:
    query = request.query_params
    if "criteria" in query:
        return parse_criteria(module, query["criteria"])
    for name in ("email", "phone", "word"):
        if query.get(name):
            return _anywhere(module, name, query[name])
    words = "One of the expected parameter is missing"
    raise refuse_param("criteria", words, code="REQUIRED_PARAM_MISSING")


def _anywhere(module: CrmModule, kind: str, text: str) -> Condition:
    """A value in any field of a kind; a word, in any text."""
    kinds = ("text", "textarea", "email", "phone", "website") if kind == "word" else (kind,)
    names = [field.name for field in module.fields.values() if field.type in kinds]
    test = (
        "instr(fold(json_extract(body, '$.{}')), fold(?)) > 0"
        if kind == "word"
        else ("fold(json_extract(body, '$.{}')) = fold(?)")
    )
    tests = [test.format(name) for name in names] or ["0"]
    return f"({' OR '.join(tests)})", (text,) * len(names)


async def run_coql(request: Request) -> Response:
    """The rows of a COQL statement."""
    site = site_of(request)
    statement = (await read_json(request)).get("select_query")
    if not isinstance(statement, str):
        words = "required field not found"
        raise CrmRefused(400, "MANDATORY_NOT_FOUND", words, api_name="select_query")
    select = parse_select(statement)
    site.throttle.credits.spend(sum(select.limit > step for step in _STEPS), site.clock.now())
    query = Query(
        where=("deleted IS NULL", *select.where),
        args=select.args,
        order=select.order,
        limit=select.limit + 1,
        offset=select.offset,
    )
    rows = site.store.rows("crm", select.module.name, query)
    if not rows:
        return Response(status_code=204)
    shown = show(site, select.module, rows[: select.limit], select.fields)
    info = {"count": len(shown), "more_records": len(rows) > select.limit}
    return JSONResponse({"data": shown, "info": info})


ROUTES = [
    Route("/coql", run_coql, methods=["POST"]),
    Route("/{module}/search", search_records, methods=["GET"]),
]
