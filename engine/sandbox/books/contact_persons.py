"""Contact persons of a finance product: rows of their contact that have addresses of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from engine.sandbox.books import write
from engine.sandbox.books.finance import require_organization
from engine.sandbox.books.read import parse_page
from engine.sandbox.server.body import read_json
from engine.sandbox.server.refusals import BooksRefused
from engine.sandbox.server.store import Query

if TYPE_CHECKING:
    from starlette.requests import Request

    from engine.sandbox.books.finance import Finance
    from engine.sandbox.server.store import Row

_ID = "contact_person_id"


async def list_persons(request: Request) -> Response:
    """The persons of a contact, page by page."""
    finance = require_organization(request)
    page, per_page = parse_page(request)
    contact = write.living(finance, finance.edition.collections["contacts"], request.path_params["id"])
    found = [_shown(contact, person) for person in contact.body["contact_persons"]]
    shown = found[(page - 1) * per_page : page * per_page]
    context = {"page": page, "per_page": per_page, "has_more_page": len(found) > page * per_page}
    body = {"code": 0, "message": "success", "contact_persons": shown, "page_context": context}
    return JSONResponse(body)


async def read_person(request: Request) -> Response:
    """One person."""
    contact, person = _found(require_organization(request), request.path_params["id"])
    return _answer("success", contact, person)


async def create_person(request: Request) -> Response:
    """A further person of the contact that the body names."""
    finance, sent = require_organization(request), await read_json(request)
    if not sent.get("first_name"):
        raise BooksRefused(400, 4, "Invalid value passed for first_name")
    shape = finance.edition.collections["contacts"]
    with finance.site.store.transaction():
        contact = write.living(finance, shape, str(sent.get("contact_id", "")))
        rows = [*contact.body["contact_persons"], {k: v for k, v in sent.items() if k != _ID}]
        contact = write.update(finance, shape, contact, {"contact_persons": rows})
    return _answer("The contact person has been Created.", contact, contact.body["contact_persons"][-1], 201)


async def update_person(request: Request) -> Response:
    """A person with the fields that were sent."""
    finance, sent, id_ = require_organization(request), await read_json(request), request.path_params["id"]
    with finance.site.store.transaction():
        contact, person = _found(finance, id_)
        rows = [row | sent | {_ID: id_} if row == person else row for row in contact.body["contact_persons"]]
        write.update(finance, finance.edition.collections["contacts"], contact, {"contact_persons": rows})
        contact, person = _found(finance, id_)
    return _answer("The contact person details have been saved.", contact, person)


async def make_primary(request: Request) -> Response:
    """A person becomes the one whom the contact's list row shows."""
    finance = require_organization(request)
    with finance.site.store.transaction():
        contact, person = _found(finance, request.path_params["id"])
        rows = [row | {"is_primary_contact": row == person} for row in contact.body["contact_persons"]]
        write.update(finance, finance.edition.collections["contacts"], contact, {"contact_persons": rows})
    words = "This contact person has been marked as your primary contact person."
    return JSONResponse({"code": 0, "message": words})


async def delete_person(request: Request) -> Response:
    """A person is gone from the contact."""
    finance = require_organization(request)
    with finance.site.store.transaction():
        contact, person = _found(finance, request.path_params["id"])
        rows = [row for row in contact.body["contact_persons"] if row != person]
        write.update(finance, finance.edition.collections["contacts"], contact, {"contact_persons": rows})
    return JSONResponse({"code": 0, "message": "The contact person has been deleted."})


def _found(finance: Finance, id_: str) -> tuple[Row, dict[str, Any]]:
    """A person with the contact. Raises BooksRefused."""
    condition = (
        "EXISTS (SELECT 1 FROM json_each(body, '$.contact_persons') AS person"
        " WHERE json_extract(person.value, '$.contact_person_id') = ?)"
    )
    rows = finance.rows("contacts", Query(where=("deleted IS NULL", condition), args=(id_,), limit=1))
    if not rows:
        raise BooksRefused(404, write.UNKNOWN_ID, "Contact person does not exist.")
    return rows[0], next(p for p in rows[0].body["contact_persons"] if p[_ID] == id_)


def _shown(contact: Row, person: dict[str, Any]) -> dict[str, Any]:
    names = ("salutation", "first_name", "last_name", "email", "phone", "mobile", "designation", "department")
    return dict.fromkeys(names, "") | person | {"contact_id": contact.id}


def _answer(message: str, contact: Row, person: dict[str, Any], status: int = 200) -> Response:
    body = {"code": 0, "message": message, "contact_person": _shown(contact, person)}
    return JSONResponse(body, status_code=status)
