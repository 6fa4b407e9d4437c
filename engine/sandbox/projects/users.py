"""Users of a portal: one is looked up, invited, changed and taken out. Addresses and answers are assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.sandbox.projects.entities import FIRST_ID
from engine.sandbox.projects.read import moment, require_portal
from engine.sandbox.projects.write import refused
from engine.sandbox.server.body import read_json
from engine.sandbox.server.refusals import ProjectsRefused
from engine.sandbox.server.store import Query, Row

if TYPE_CHECKING:
    from starlette.requests import Request

    from engine.sandbox.server.site import Site

_TEXTS = ("first_name", "last_name", "email", "status")
_STATES = ("active", "inactive")


def show_user(row: Row) -> dict[str, Any]:
    """A user as the portal shows it."""
    times = {"added_time": moment(row.created), "updated_time": moment(row.modified)}
    return {"id": row.id} | row.body | times


def _row(request: Request, site: Site) -> Row:
    row = site.store.get("projects", "users", request.path_params["id"])
    if row is None:
        raise ProjectsRefused(404, "RESOURCE_NOT_FOUND", "User does not exist.")
    return row


async def _sent(request: Request) -> dict[str, Any]:
    """The fields that were sent. Raises ProjectsRefused for what is no text, or no status."""
    body = await read_json(request)
    found = {name: body[name] for name in _TEXTS if name in body}
    for name, value in found.items():
        if not isinstance(value, str) or (name == "status" and value not in _STATES):
            raise refused(name, f"{name} is invalid")
    return found


def _named(body: dict[str, Any]) -> dict[str, Any]:
    """With what follows from names and status."""
    full = f"{body.get('first_name', '')} {body.get('last_name', '')}".strip()
    return body | {"full_name": full, "display_name": full, "is_active": body["status"] == "active"}


def _refuse_twin(site: Site, email: str, own: str | None) -> None:
    query = Query(where=("lower(json_extract(body, '$.email')) = lower(?)", "deleted IS NULL"), args=(email,))
    if any(row.id != own for row in site.store.rows("projects", "users", query)):
        raise refused("email", "The user is in this portal already")


async def read_user(request: Request) -> Response:
    """One user."""
    return JSONResponse({"users": [show_user(_row(request, require_portal(request)))]})


async def invite_user(request: Request) -> Response:
    """A new user; the invitation is taken up at once."""
    site, sent = require_portal(request), await _sent(request)
    if not sent.get("email"):
        raise refused("email", "email is mandatory")
    with site.store.transaction():
        _refuse_twin(site, sent["email"], None)
        id_ = site.store.next_id("projects", FIRST_ID)
        body = _named({"zuid": str(int(id_) + 1), "user_type": "user", "status": "active"} | sent)
        row = site.make("projects", "users", id_, body)
    return JSONResponse(show_user(row), status_code=201)


async def change_user(request: Request) -> Response:
    """A user with the fields that were sent."""
    site, sent = require_portal(request), await _sent(request)
    with site.store.transaction():
        row = _row(request, site)
        _refuse_twin(site, sent.get("email", ""), row.id)
        row = site.change("projects", "users", row, body=_named(row.body | sent))
    return JSONResponse(show_user(row))


async def remove_user(request: Request) -> Response:
    """A user is taken out of the portal."""
    site = require_portal(request)
    with site.store.transaction():
        site.delete("projects", "users", _row(request, site))
    return Response(status_code=204)


def routes(portal: str) -> list[Route]:
    """The endpoints, below the portal."""
    one = f"{portal}/users/{{id}}"
    return [
        Route(f"{portal}/users", invite_user, methods=["POST"]),
        Route(one, read_user, methods=["GET"]),
        Route(one, change_user, methods=["PATCH"]),
        Route(one, remove_user, methods=["DELETE"]),
    ]
