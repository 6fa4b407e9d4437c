"""Users of CRM: one is invited, changed and taken out, each in a request of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.sandbox.server.body import read_json
from engine.sandbox.server.refusals import crm_error
from engine.sandbox.server.site import Site, site_of
from engine.sandbox.server.store import Query, Row

if TYPE_CHECKING:
    from starlette.requests import Request

FIRST_ID = 554023000000900001
_TEXTS = ("first_name", "last_name", "email", "status", "time_zone", "locale")
_NEEDED = ("last_name", "email", "role", "profile")


async def _sent(request: Request) -> dict[str, Any] | None:
    """The user that was sent; None = there is none, or several."""
    rows = (await read_json(request)).get("users")
    one = rows[0] if isinstance(rows, list) and len(rows) == 1 else None
    return one if isinstance(one, dict) else None


def _taken(sent: dict[str, Any]) -> dict[str, Any]:
    """What is kept of it; a role and a profile are objects with an id."""
    found = {name: sent[name] for name in _TEXTS if name in sent}
    for name in ("role", "profile"):
        value = sent.get(name)
        if name in sent:
            found[name] = value if isinstance(value, dict) else {"id": str(value)}
    return found


def _named(body: dict[str, Any]) -> dict[str, Any]:
    return body | {"full_name": f"{body.get('first_name') or ''} {body.get('last_name') or ''}".strip()}


def _refusal(site: Site, sent: dict[str, Any], own: str | None) -> dict[str, Any] | None:
    """Why it is not taken: something is missing, or the address is another user's."""
    lacking = [name for name in _NEEDED if not sent.get(name)] if own is None else []
    if lacking:
        return crm_error("MANDATORY_NOT_FOUND", "required field not found", api_name=lacking[0])
    where = ("lower(json_extract(body, '$.email')) = lower(?)", "deleted IS NULL")
    rows = site.store.rows("crm", "users", Query(where=where, args=(str(sent.get("email", "")),)))
    if any(row.id != own for row in rows):
        return crm_error("DUPLICATE_DATA", "this mail address is another user's", api_name="email")
    return None


def _answer(one: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse({"users": [one]}, status_code=status)


def _done(row: Row, message: str) -> dict[str, Any]:
    return {"code": "SUCCESS", "details": {"id": row.id}, "message": message, "status": "success"}


async def invite_user(request: Request) -> Response:
    """A new user, active at once."""
    site, sent = site_of(request), await _sent(request)
    if sent is None:
        return _answer(crm_error("INVALID_DATA", "one user is expected"), 400)
    with site.store.transaction():
        refused = _refusal(site, sent, None)
        if refused is not None:
            return _answer(refused, 400)
        id_ = site.store.next_id("crm", FIRST_ID)
        body = _named({"status": "active", "zuid": id_[-11:]} | _taken(sent))
        row = site.make("crm", "users", id_, body)
    return _answer(_done(row, "User added"), 201)


async def change_user(request: Request) -> Response:
    """A user with the fields that were sent."""
    site, sent, id_ = site_of(request), await _sent(request), request.path_params["id"]
    row = site.store.get("crm", "users", id_)
    if sent is None or row is None:
        return _answer(crm_error("INVALID_DATA", "the id given seems to be invalid"), 400)
    with site.store.transaction():
        refused = _refusal(site, sent, id_)
        if refused is not None:
            return _answer(refused, 400)
        row = site.change("crm", "users", row, body=_named(row.body | _taken(sent)))
    return _answer(_done(row, "User updated"))


async def remove_user(request: Request) -> Response:
    """A user is deleted; it stays in lists, as deleted."""
    site, id_ = site_of(request), request.path_params["id"]
    row = site.store.get("crm", "users", id_)
    if row is None:
        return _answer(crm_error("INVALID_DATA", "the id given seems to be invalid"), 400)
    with site.store.transaction():
        row = site.change("crm", "users", row, body=row.body | {"status": "deleted"})
    return _answer(_done(row, "User deleted"))


ROUTES = [
    Route("/users", invite_user, methods=["POST"]),
    Route("/users/{id}", change_user, methods=["PUT"]),
    Route("/users/{id}", remove_user, methods=["DELETE"]),
]
