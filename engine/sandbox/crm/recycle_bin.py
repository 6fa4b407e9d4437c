"""CRM endpoints of the recycle bin: what lies in it, and records that come back or go for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.sandbox.crm.modules import MODULES, CrmModule, module_id
from engine.sandbox.crm.read import MAX_PER_PAGE, person, refuse_param
from engine.sandbox.crm.records import BIN_S
from engine.sandbox.server.body import read_json
from engine.sandbox.server.clock import crm_time
from engine.sandbox.server.refusals import CrmRefused
from engine.sandbox.server.site import Site, site_of, whole_number
from engine.sandbox.server.store import Query, Row

if TYPE_CHECKING:
    from starlette.requests import Request

MOST_RESTORED = 200


def lying(site: Site, id_: str | None = None) -> list[tuple[CrmModule, Row]]:
    """What lies in the bin, newest first; of one id only, if one is given."""
    emptied = site.clock.now() - BIN_S
    where: tuple[str, ...] = ("deleted IS NOT NULL", "deleted > ?", *(("id = ?",) if id_ else ()))
    query = Query(where=where, args=(emptied, *((id_,) if id_ else ())), order="deleted DESC, id DESC")
    found = [
        (module, row) for module in MODULES.values() for row in site.store.rows("crm", module.name, query)
    ]
    return sorted(found, key=lambda one: (-(one[1].deleted or 0), one[1].id))


async def list_bin(request: Request) -> Response:
    """A page of the bin, over all modules."""
    site = site_of(request)
    per_page, page = whole_number(request, "per_page", MAX_PER_PAGE), whole_number(request, "page", 1)
    if per_page is None or per_page > MAX_PER_PAGE or page is None:
        raise refuse_param("page" if page is None else "per_page")
    found = lying(site)
    part = found[(page - 1) * per_page : page * per_page]
    if not part:
        return Response(status_code=204)
    more = len(found) > page * per_page
    info = {"per_page": per_page, "count": len(part), "page": page, "more_records": more}
    return JSONResponse({"recycle_bin": [_shown(site, *one) for one in part], "info": info})


def _shown(site: Site, module: CrmModule, row: Row) -> dict[str, Any]:
    by = person(site, row.body.get("Modified_By", ""))
    owner = person(site, row.body.get("Owner", ""))
    return {
        "id": row.id,
        "display_name": str(row.body.get(module.label, "")),
        "module": {"api_name": module.name, "id": module_id(module.name)},
        "deleted_time": crm_time(row.deleted or 0),
        "deleted_by": {"id": by["id"], "name": by["name"]},
        "owner": {"id": owner["id"], "name": owner["name"]},
    }


async def read_one(request: Request) -> Response:
    """One record in the bin; 204 when it does not lie there."""
    site = site_of(request)
    found = lying(site, request.path_params["id"])
    shown = [_shown(site, *one) for one in found]
    return JSONResponse({"recycle_bin": shown}) if shown else Response(status_code=204)


async def count_bin(request: Request) -> Response:
    """How many records lie in the bin."""
    return JSONResponse({"count": len(lying(site_of(request)))})


async def restore(request: Request) -> Response:
    """Records come back as they were, by `ids`, or the one of the address."""
    site = site_of(request)
    ids = [request.path_params["id"]] if "id" in request.path_params else await _ids(request)
    with site.store.transaction():
        answers = [_restored(site, id_) for id_ in ids]
    return JSONResponse({"recycle_bin": answers})


async def _ids(request: Request) -> list[str]:
    ids = (await read_json(request)).get("ids")
    if not isinstance(ids, list) or not 0 < len(ids) <= MOST_RESTORED:
        raise CrmRefused(400, "MANDATORY_NOT_FOUND", "required field not found", api_name="ids")
    return [str(one) for one in ids]


def _restored(site: Site, id_: str) -> dict[str, Any]:
    found = lying(site, id_)
    if not found:
        return _told("error", "CANNOT_RESTORE", "the record is not in the recycle bin", id_)
    module, row = found[0]
    site.change("crm", module.name, row, deleted=None)
    return _told("success", "SUCCESS", "record restored", id_)


def _told(status: str, code: str, message: str, id_: str) -> dict[str, Any]:
    return {"status": status, "code": code, "message": message, "details": {"id": id_}}


ROUTES = [
    Route("/settings/recycle_bin", list_bin, methods=["GET"]),
    Route("/settings/recycle_bin/actions/count", count_bin, methods=["GET"]),
    Route("/settings/recycle_bin/actions/restore", restore, methods=["POST"]),
    Route("/settings/recycle_bin/{id}", read_one, methods=["GET"]),
    Route("/settings/recycle_bin/{id}/actions/restore", restore, methods=["POST"]),
]
