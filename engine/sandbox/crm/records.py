"""CRM endpoints for records: list, read, create, update, upsert, delete, and the feed of deleted ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.sandbox.crm import write
from engine.sandbox.crm.fields import is_id
from engine.sandbox.crm.modules import MODULES, CrmModule
from engine.sandbox.crm.read import (
    MAX_PER_PAGE,
    if_modified_since,
    list_body,
    list_rows,
    parse_listing,
    person,
    refuse_param,
    show,
)
from engine.sandbox.crm.unique_fields import unique_fields
from engine.sandbox.server.body import read_json
from engine.sandbox.server.clock import DAY_S, crm_time, parse_time
from engine.sandbox.server.refusals import CrmRefused
from engine.sandbox.server.site import Site, site_of, whole_number
from engine.sandbox.server.store import Query

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

MAX_WRITES = 100
TRIGGERS = {"approval", "workflow", "blueprint", "pathfinder", "orchestration"}
#: A record stays in the recycle bin for so long; then it is gone for good.
BIN_S = 60 * DAY_S
#: One credit pays for so many written records.
RECORDS_PER_CREDIT = 10


def module_of(request: Request) -> CrmModule:
    """The module in the path. Raises CrmRefused for one that does not exist."""
    module = MODULES.get(request.path_params["module"])
    if module is None:
        raise CrmRefused(400, "INVALID_MODULE", "the module name given seems to be invalid")
    return module


def _one_id(request: Request) -> str:
    id_ = str(request.path_params["id"])
    if not is_id(id_):
        raise CrmRefused(400, "INVALID_DATA", "the id given seems to be invalid", id=id_)
    return id_


async def list_records(request: Request) -> Response:
    """A page of a module; 304 when nothing changed since the header's moment, 204 when there is nothing."""
    site, module = site_of(request), module_of(request)
    listing = parse_listing(request, module, site.clock.now())
    rows, more = list_rows(site, request, module, listing)
    if not rows:
        return Response(status_code=204 if listing.since is None else 304)
    return JSONResponse(list_body(site, module, listing, rows, more=more, now=site.clock.now()))


async def read_record(request: Request) -> Response:
    """One record with all its fields; 204 when it does not exist."""
    site, module = site_of(request), module_of(request)
    row = site.store.get("crm", module.name, _one_id(request))
    rows = [] if row is None else [row]
    wanted = request.query_params.get("fields")
    fields = None if wanted is None else wanted.split(",")
    return JSONResponse({"data": show(site, module, rows, fields)}) if rows else Response(status_code=204)


async def create_records(request: Request) -> Response:
    """Up to 100 new records."""
    site, module = site_of(request), module_of(request)
    body = await _body(request)
    return _written(
        site, body["data"], lambda sent, place: write.insert(site, module, sent, place), success=201
    )


async def update_records(request: Request) -> Response:
    """Up to 100 changed records, each with its id."""
    site, module = site_of(request), module_of(request)
    body, since = await _body(request), _if_unmodified_since(request)
    return _written(site, body["data"], lambda sent, place: write.update(site, module, sent, place, since))


async def update_record(request: Request) -> Response:
    """One changed record, named by the path."""
    site, module, id_ = site_of(request), module_of(request), _one_id(request)
    body, since = await _body(request), _if_unmodified_since(request)
    if len(body["data"]) != 1:
        raise CrmRefused(
            400, "INVALID_DATA", "exactly one record is expected", api_name="data", json_path="$.data"
        )
    return _written(
        site, body["data"], lambda sent, place: write.update(site, module, sent | {"id": id_}, place, since)
    )


async def upsert_records(request: Request) -> Response:
    """Up to 100 records, changed where a field of duplicates finds one and made where not."""
    site, module = site_of(request), module_of(request)
    body = await _body(request)
    if module.key is None:
        raise CrmRefused(400, "INVALID_MODULE", "the module does not support upsert")
    fields = body.get("duplicate_check_fields") or [module.key]
    allowed = {module.key} | unique_fields(site, module)
    if not isinstance(fields, list) or not set(map(str, fields)) <= allowed:
        raise CrmRefused(400, "INVALID_DATA", "invalid data", api_name="duplicate_check_fields")

    def one(sent: dict[str, Any], place: str) -> write.Outcome:
        return write.upsert(site, module, sent, place, fields)

    return _written(site, body["data"], one, duplicate_field=str(fields[0]))


async def delete_records(request: Request) -> Response:
    """Up to 100 records, by `ids`, go to the recycle bin."""
    site, module, since = site_of(request), module_of(request), _if_unmodified_since(request)
    ids = [part for part in request.query_params.get("ids", "").split(",") if part]
    if not ids:
        raise refuse_param("ids", "One of the expected parameter is missing", code="REQUIRED_PARAM_MISSING")
    rows = [{"id": id_} for id_ in ids]
    _at_most(rows)
    return _written(site, rows, _deleting(site, module, since), charged=False)


async def delete_record(request: Request) -> Response:
    """One record goes to the recycle bin."""
    site, module, since = site_of(request), module_of(request), _if_unmodified_since(request)
    rows = [{"id": _one_id(request)}]
    return _written(site, rows, _deleting(site, module, since), charged=False)


def _deleting(
    site: Site, module: CrmModule, since: float | None
) -> Callable[[dict[str, Any], str], write.Outcome]:
    return lambda sent, place: write.delete(site, module, sent["id"], place, since)


async def list_deleted(request: Request) -> Response:
    """The feed of deleted records: `recycle` while they lie in the bin, `permanent` after."""
    site, module = site_of(request), module_of(request)
    kind = request.query_params.get("type", "all")
    per_page, page = whole_number(request, "per_page", MAX_PER_PAGE), whole_number(request, "page", 1)
    if kind not in ("all", "recycle", "permanent"):
        raise refuse_param("type", supported_values=["all", "recycle", "permanent"])
    if per_page is None or per_page > MAX_PER_PAGE or page is None:
        raise refuse_param("page" if page is None else "per_page")
    since, emptied = if_modified_since(request), site.clock.now() - BIN_S
    where, args = _deleted_where(kind, since, emptied)
    query = Query(
        where=where,
        args=args,
        order="deleted DESC, id DESC",
        limit=per_page + 1,
        offset=(page - 1) * per_page,
    )
    rows = site.store.rows("crm", module.name, query)
    if not rows:
        return Response(status_code=204 if since is None else 304)
    shown = [
        {
            "id": row.id,
            "display_name": row.body.get(module.label, ""),
            "type": "recycle" if (row.deleted or 0) > emptied else "permanent",
            "deleted_time": crm_time(row.deleted or 0),
            "deleted_by": _short(site, row.body.get("Modified_By", "")),
            "created_by": _short(site, row.body.get("Created_By", "")),
        }
        for row in rows[:per_page]
    ]
    more = len(rows) > per_page
    info = {"per_page": per_page, "count": len(shown), "page": page, "more_records": more}
    return JSONResponse({"data": shown, "info": info})


def _deleted_where(
    kind: str, since: float | None, emptied: float
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    conditions: list[tuple[str, float]] = []
    if kind != "all":
        conditions.append((f"deleted {'>' if kind == 'recycle' else '<='} ?", emptied))
    if since is not None:
        conditions.append(("deleted > ?", since))
    return ("deleted IS NOT NULL", *(c[0] for c in conditions)), tuple(c[1] for c in conditions)


def _short(site: Site, id_: str) -> dict[str, str]:
    shown = person(site, id_)
    return {"id": shown["id"], "name": shown["name"]}


async def _body(request: Request) -> dict[str, Any]:
    """The checked body of a write. Raises CrmRefused."""
    body = await read_json(request)
    rows = body.get("data")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise CrmRefused(
            400, "MANDATORY_NOT_FOUND", "required field not found", api_name="data", json_path="$.data"
        )
    _at_most(rows)
    triggers = body.get("trigger", [])
    if not isinstance(triggers, list) or not set(map(str, triggers)) <= TRIGGERS:
        known = sorted(TRIGGERS)
        raise CrmRefused(400, "INVALID_DATA", "invalid data", api_name="trigger", supported_values=known)
    return body | {"data": [_ids_as_text(row) for row in rows]}


def _ids_as_text(value: Any) -> Any:
    """A record with its ids as text: the vendor's own SDK sends them as numbers."""
    if isinstance(value, list):
        return [_ids_as_text(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: str(one) if name == "id" and type(one) is int else _ids_as_text(one)
        for name, one in value.items()
    }


def _at_most(rows: list[Any]) -> None:
    if len(rows) > MAX_WRITES:
        words = "cannot process more than 100 records"
        raise CrmRefused(400, "LIMIT_EXCEEDED", words, api_name="data", limit=MAX_WRITES, json_path="$.data")


def _if_unmodified_since(request: Request) -> float | None:
    text = request.headers.get("If-Unmodified-Since")
    if text is None:
        return None
    moment = parse_time(text)
    if moment is None:
        raise refuse_param(
            "If-Unmodified-Since", "the header is not an ISO 8601 date and time with an offset"
        )
    return moment


def _written(
    site: Site,
    rows: list[dict[str, Any]],
    one: Callable[[dict[str, Any], str], write.Outcome],
    *,
    success: int = 200,
    duplicate_field: str | None = None,
    charged: bool = True,
) -> Response:
    """Write each record and answer in their order: all good, mixed, all refused, or all too late."""
    charge = math.ceil(len(rows) / RECORDS_PER_CREDIT) - 1 if charged else 0
    site.throttle.credits.spend(charge, site.clock.now())
    user = _short(site, write.API_USER)
    answers = []
    with site.store.transaction():
        for place, sent in enumerate(rows):
            outcome = one(sent, f"$.data[{place}]")
            answer = outcome if isinstance(outcome, dict) else write.receipt(outcome, user)
            if duplicate_field is not None and isinstance(outcome, write.Saved):
                answer |= {"duplicate_field": duplicate_field, "action": outcome.action}
            answers.append(answer)
    return JSONResponse({"data": answers}, status_code=_status(answers, success))


def _status(answers: list[dict[str, Any]], success: int) -> int:
    codes = {answer["code"] for answer in answers}
    if codes == {"SUCCESS"}:
        return success
    if codes == {"ALREADY_MODIFIED"}:
        return 412
    return 207 if "SUCCESS" in codes else 400


ROUTES = [
    Route("/{module}", list_records, methods=["GET"]),
    Route("/{module}", create_records, methods=["POST"]),
    Route("/{module}", update_records, methods=["PUT"]),
    Route("/{module}", delete_records, methods=["DELETE"]),
    Route("/{module}/deleted", list_deleted, methods=["GET"]),
    Route("/{module}/upsert", upsert_records, methods=["POST"]),
    Route("/{module}/{id}", read_record, methods=["GET"]),
    Route("/{module}/{id}", update_record, methods=["PUT"]),
    Route("/{module}/{id}", delete_record, methods=["DELETE"]),
]
