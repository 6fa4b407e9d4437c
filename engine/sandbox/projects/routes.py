"""Endpoints of Projects V3: the portal, its projects, and what hangs on them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.sandbox.projects import finance_tab, time_logs, users, write
from engine.sandbox.projects.entities import COMMENTED, ENTITIES, FINANCE, Entity
from engine.sandbox.projects.read import (
    chosen_ids,
    list_answer,
    parse_page,
    refuse_filters,
    require_portal,
    show,
    show_log,
)
from engine.sandbox.projects.templates import lay_out
from engine.sandbox.server.body import read_json
from engine.sandbox.server.refusals import ProjectsRefused
from engine.sandbox.server.store import Query

if TYPE_CHECKING:
    from starlette.requests import Request

    from engine.sandbox.server.site import Site
    from engine.sandbox.server.store import Row

#: What a portal lists by itself, beside its projects.
_EVERYWHERE = ("tasks", "issues", "phases", "tasklists", *FINANCE)


def _found(request: Request) -> tuple[Site, Entity, dict[str, str]]:
    """The sandbox, the entity of a path, and the fields that its place gives to records. Raises ProjectsRefused."""
    site, params, place = require_portal(request), request.path_params, {}
    name = params.get("entity", "projects")
    if "project" in params:
        place["project"] = write.living(site, ENTITIES["projects"], params["project"]).id
    if "on" in params:
        if name not in COMMENTED:
            raise _wrong_url(request)
        row = write.living(site, ENTITIES[name], params["on"], params["project"])
        return site, ENTITIES["comments"], place | {"on": row.id}
    entity = ENTITIES.get(name)
    reached = name not in ("comments", "timelogs")
    if (
        entity is None
        or not reached
        or entity.within_project != (("project" in place) or name in _EVERYWHERE)
    ):
        raise _wrong_url(request)
    return site, entity, place


def _wrong_url(request: Request) -> ProjectsRefused:
    return ProjectsRefused(400, "URL_RULE_NOT_CONFIGURED", f"Given URL is wrong: {request.url.path}")


def _row(request: Request, site: Site, entity: Entity) -> Row:
    return write.living(site, entity, request.path_params["id"], request.path_params.get("project"))


async def list_records(request: Request) -> Response:
    """A page of an entity, of the portal or of one project."""
    site, entity, place = _found(request)
    return list_answer(request, site, entity, place)


async def read_record(request: Request) -> Response:
    """One record, without an envelope."""
    site, entity, _ = _found(request)
    return JSONResponse(show(site, entity, [_row(request, site, entity)])[0])


async def create_record(request: Request) -> Response:
    """A new record."""
    (site, entity, place), sent = _found(request), await read_json(request)
    if entity.within_project and "project" not in place:
        raise _wrong_url(request)
    with site.store.transaction():
        row = finance_tab.create(site, entity, sent, place)
        if entity.name == "projects":
            lay_out(site, row)
    return JSONResponse(show(site, entity, [row])[0], status_code=201)


async def update_record(request: Request) -> Response:
    """A record with the fields that were sent."""
    (site, entity, _), sent = _found(request), await read_json(request)
    with site.store.transaction():
        row = finance_tab.update(site, entity, _row(request, site, entity), sent)
    return JSONResponse(show(site, entity, [row])[0])


async def delete_record(request: Request) -> Response:
    """A record goes to the trash."""
    site, entity, _ = _found(request)
    with site.store.transaction():
        finance_tab.trash(site, entity, _row(request, site, entity))
    return Response(status_code=204)


async def move_task(request: Request) -> Response:
    """A task goes to another list of its project."""
    site, sent, project = require_portal(request), await read_json(request), request.path_params["project"]
    target = write.living(site, ENTITIES["tasklists"], str(sent.get("target_tasklist_id", "")), project)
    with site.store.transaction():
        row = _row(request, site, ENTITIES["tasks"])
        row = write.update(site, ENTITIES["tasks"], row, {"tasklist": {"id": target.id}})
    return JSONResponse(show(site, ENTITIES["tasks"], [row])[0])


async def list_portals(request: Request) -> Response:
    """The portals of the token's user, a bare array of one."""
    return JSONResponse([_portal(request)])


async def read_portal(request: Request) -> Response:
    """The portal."""
    require_portal(request)
    return JSONResponse(_portal(request))


def _portal(request: Request) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(require_portal(request).store.setting("company/projects") or "{}")
    return kept


async def list_users(request: Request) -> Response:
    """A page of the users of the portal, or of one project: those who own or work on something there."""
    site, (page, per_page) = require_portal(request), parse_page(request)
    refuse_filters(request, "type", "view_type", "company_ids", "filter")
    chosen, ids = chosen_ids(request, "ids")
    where, args = ["deleted IS NULL", *chosen], [*ids]
    if "project" in request.path_params:
        members = _members(site, request)
        where.append(f"id IN ({','.join('?' * len(members))})")
        args += members
    query = Query(where=tuple(where), args=tuple(args), limit=per_page + 1, offset=(page - 1) * per_page)
    rows = site.store.rows("projects", "users", query)
    if not rows:
        return Response(status_code=204)
    shown = [users.show_user(row) for row in rows[:per_page]]
    info = {"page": page, "per_page": per_page, "has_next_page": len(rows) > per_page}
    return JSONResponse({"users": shown, "page_info": info})


async def read_user(request: Request) -> Response:
    """One user of a project, as the list shows people."""
    site, id_ = require_portal(request), request.path_params["id"]
    row = site.store.get("projects", "users", id_) if id_ in _members(site, request) else None
    if row is None:
        raise ProjectsRefused(404, "RESOURCE_NOT_FOUND", "User does not exist.")
    return JSONResponse(users.show_user(row))


def _members(site: Site, request: Request) -> list[str]:
    """Those who work on a project: who was put there, else its owner."""
    project = write.living(site, ENTITIES["projects"], request.path_params["project"])
    return list(project.body.get("members") or [project.body["owner"]])


async def list_logs(request: Request) -> Response:
    """The time logs of a window, of the portal or of one project."""
    _found_project(request)
    return await time_logs.list_logs(request)


async def create_log(request: Request) -> Response:
    """A new time log."""
    site, sent = _found_project(request), await read_json(request)
    with site.store.transaction():
        row = time_logs.create_log(site, request.path_params["project"], sent)
    return JSONResponse(show_log(site, row), status_code=201)


async def change_log(request: Request) -> Response:
    """GET: a time log. PATCH: with the fields that were sent. DELETE: into the trash."""
    site = _found_project(request)
    sent = await read_json(request) if request.method == "PATCH" else {}
    with site.store.transaction():
        row = _row(request, site, time_logs.LOGS)
        if request.method == "DELETE":
            write.trash(site, time_logs.LOGS, row)
            return Response(status_code=204)
        if request.method == "PATCH":
            row = time_logs.update_log(site, row, sent)
    return JSONResponse(show_log(site, row))


async def bill_log(request: Request) -> Response:
    """A time log is invoiced, or not any more, by another program."""
    site = _found_project(request)
    with site.store.transaction():
        row = finance_tab.mark_log(site, _row(request, site, time_logs.LOGS), request.path_params["status"])
    return JSONResponse(show_log(site, row))


def _found_project(request: Request) -> Site:
    site = require_portal(request)
    if "project" in request.path_params:
        write.living(site, ENTITIES["projects"], request.path_params["project"])
    return site


def _records(path: str) -> list[Route]:
    """The five endpoints of an entity."""
    return [
        Route(path, list_records, methods=["GET"]),
        Route(path, create_record, methods=["POST"]),
        Route(f"{path}/{{id}}", read_record, methods=["GET"]),
        Route(f"{path}/{{id}}", update_record, methods=["PATCH"]),
        Route(f"{path}/{{id}}", delete_record, methods=["DELETE"]),
    ]


_PORTAL, _PROJECT = "/portal/{portal}", "/portal/{portal}/projects/{project}"
ROUTES = [
    Route("/portals", list_portals, methods=["GET"]),
    Route(_PORTAL, read_portal, methods=["GET"]),
    Route(f"{_PORTAL}/users", list_users, methods=["GET"]),
    *users.routes(_PORTAL),
    Route(f"{_PROJECT}/users", list_users, methods=["GET"]),
    Route(f"{_PROJECT}/users/{{id}}", read_user, methods=["GET"]),
    Route(f"{_PORTAL}/timelogs", list_logs, methods=["GET"]),
    Route(f"{_PROJECT}/timelogs", list_logs, methods=["GET"]),
    Route(f"{_PROJECT}/log", create_log, methods=["POST"]),
    Route(f"{_PROJECT}/logs/{{id}}", change_log, methods=["GET", "PATCH", "DELETE"]),
    Route(f"{_PROJECT}/logs/{{id}}/billing/{{status}}", bill_log, methods=["POST"]),
    Route(f"{_PORTAL}/projects/{{id}}/trash", delete_record, methods=["POST"]),
    Route(f"{_PROJECT}/tasks/{{id}}/move", move_task, methods=["POST"]),
    *_records(f"{_PROJECT}/{{entity}}/{{on}}/comments"),
    *_records(f"{_PROJECT}/{{entity}}"),
    *_records(f"{_PORTAL}/projects"),
    *_records(f"{_PORTAL}/{{entity}}"),
]
