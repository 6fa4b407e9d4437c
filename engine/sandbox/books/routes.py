"""Endpoints of a finance product: one set for every collection, and a few of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.sandbox.books import contact_persons, write
from engine.sandbox.books.documents import CURRENCY_ID
from engine.sandbox.books.finance import Finance, finance_of, require_organization
from engine.sandbox.books.read import list_body, parse_listing, show_whole
from engine.sandbox.books.settings import ROUTES as SETTINGS
from engine.sandbox.books.settings import refuse_here
from engine.sandbox.server.body import read_json
from engine.sandbox.server.refusals import BooksRefused
from engine.sandbox.server.store import Query

if TYPE_CHECKING:
    from starlette.requests import Request

    from engine.sandbox.books.collection import Collection
    from engine.sandbox.server.store import Row

_TIME = "/projects/timeentries"


def _found(request: Request) -> tuple[Finance, Collection]:
    """The product and the collection that an address names; its parent lives. Raises BooksRefused."""
    finance, params = require_organization(request), request.path_params
    if "parent" in params:
        child = request.url.path.partition("/projects/")[2].split("/")[1]
        shape = finance.at(f"projects/{{parent}}/{child}")
        write.living(finance, finance.edition.collections["projects"], params["parent"])
        return finance, shape
    older = request.url.path.startswith("/erp/v1/")
    return finance, finance.at(("v1/" if older else "") + params.get("collection", _TIME.lstrip("/")))


def _row(request: Request, finance: Finance, shape: Collection) -> Row:
    return write.living(finance, shape, request.path_params["id"], request.path_params.get("parent"))


def _answer(finance: Finance, message: str, shape: Collection, row: Row, status: int = 200) -> Response:
    shown = show_whole(finance, shape, row)
    return JSONResponse({"code": 0, "message": message, shape.singular: shown}, status)


async def list_records(request: Request) -> Response:
    """A page of short rows."""
    finance, shape = _found(request)
    listing = parse_listing(request, shape, request.path_params.get("parent"))
    return JSONResponse(list_body(finance, request, shape, listing))


async def read_record(request: Request) -> Response:
    """One whole record."""
    finance, shape = _found(request)
    return _answer(finance, "success", shape, _row(request, finance, shape))


async def create_record(request: Request) -> Response:
    """A new record."""
    (finance, shape), sent = _found(request), await read_json(request)
    if shape.parent is not None:
        sent |= {shape.parent: request.path_params["parent"]}
    refuse_here(finance, shape, sent)
    with finance.site.store.transaction():
        row = write.create(finance, shape, sent)
        if shape.plural == "invoices" and request.query_params.get("send") == "true":
            row = write.act(finance, shape, row, "sent")
    status = finance.edition.created.get(shape.plural, 201)
    return _answer(finance, f"The {shape.title.lower()} has been added.", shape, row, status)


async def assign_users(request: Request) -> Response:
    """People join a project: `{"users": [{"user_id": …}]}`; one who is there already keeps the place."""
    (finance, shape), sent = _found(request), await read_json(request)
    people, parent = sent.get("users"), request.path_params["parent"]
    if not isinstance(people, list) or not people or not all(isinstance(one, dict) for one in people):
        raise BooksRefused(400, 4, "Invalid value passed for users")
    present = Query(where=("json_extract(body, '$.project_id') = ?", "deleted IS NULL"), args=(parent,))
    rows = {row.body["user_id"]: row for row in finance.rows(shape.plural, present)}
    with finance.site.store.transaction():
        for one in people:
            there = rows.get(str(one.get("user_id")))
            body = one | {"project_id": parent}
            row = write.update(finance, shape, there, body) if there else write.create(finance, shape, body)
            rows[row.body["user_id"]] = row
    shown = [show_whole(finance, shape, row) for row in rows.values()]
    return JSONResponse({"code": 0, "message": "Users added.", "users": shown}, status_code=201)


async def update_record(request: Request) -> Response:
    """A changed record."""
    (finance, shape), sent = _found(request), await read_json(request)
    with finance.site.store.transaction():
        row = write.update(finance, shape, _row(request, finance, shape), sent)
    return _answer(finance, f"{shape.title} information has been saved.", shape, row)


async def upsert_record(request: Request) -> Response:
    """A record found by a custom field without duplicates, or made when `X-Upsert` says so."""
    (finance, shape), sent = _found(request), await read_json(request)
    key, value = (request.headers.get(f"X-Unique-Identifier-{part}") for part in ("Key", "Value"))
    if not key or not value:
        raise BooksRefused(400, 4, "Invalid value passed for X-Unique-Identifier-Key")
    make = request.headers.get("X-Upsert", "").lower() == "true"
    with finance.site.store.transaction():
        row, made = write.upsert(finance, shape, key, value, sent, make=make)
    words = "has been added" if made else "information has been saved"
    return _answer(finance, f"{shape.title} {words}.", shape, row, 201 if made else 200)


async def delete_record(request: Request) -> Response:
    """A record is gone."""
    finance, shape = _found(request)
    with finance.site.store.transaction():
        write.delete(finance, shape, _row(request, finance, shape))
    return JSONResponse({"code": 0, "message": f"The {shape.title.lower()} has been deleted."})


async def act_on_record(request: Request) -> Response:
    """A record comes to another status: `/{id}/active`, `/{id}/status/sent`."""
    finance, shape = _found(request)
    action = request.path_params["action"]
    with finance.site.store.transaction():
        row = write.act(finance, shape, _row(request, finance, shape), action)
    status = row.body["status"]
    return JSONResponse({"code": 0, "message": f"The {shape.title.lower()} has been marked as {status}."})


async def set_percentage(request: Request) -> Response:
    """How far a general task of ERP is, in percent."""
    (finance, shape), sent = _found(request), await read_json(request)
    percentage = sent.get("percentage")
    if shape.plural != "tasks" or not isinstance(percentage, int) or not 0 <= percentage <= 100:  # noqa: PLR2004  # percent
        raise BooksRefused(400, 4, "Invalid value passed for percentage")
    with finance.site.store.transaction():
        row = _row(request, finance, shape)
        row = write.update(finance, shape, row, {"completion_percentage": percentage})
    return _answer(finance, "The task has been updated.", shape, row)


async def set_custom_fields(request: Request) -> Response:
    """Only the custom fields of a record; the address has the collection in the singular."""
    finance, singular = require_organization(request), request.path_params["singular"]
    shape = next(
        (s for s in finance.edition.collections.values() if s.singular == singular and s.custom), None
    )
    if shape is None:
        raise BooksRefused(404, 5, "Invalid URL Passed")
    sent = await read_json(request)
    with finance.site.store.transaction():
        row = _row(request, finance, shape)
        row = write.update(finance, shape, row, {"custom_fields": sent.get("custom_fields")})
    return _answer(finance, "Custom Fields Updated Successfully", shape, row)


async def delete_records(request: Request) -> Response:
    """Several records are gone, by their ids: `time_entry_ids`, and in ERP `task_ids`."""
    finance, shape = _found(request)
    name = f"{shape.id}s"
    ids = [part for part in request.query_params.get(name, "").split(",") if part]
    if not ids or shape.plural not in ("time_entries", "tasks"):
        raise BooksRefused(400, 4, f"Invalid value passed for {name}")
    with finance.site.store.transaction():
        for id_ in ids:
            write.delete(finance, shape, write.living(finance, shape, id_))
    return JSONResponse(
        {"code": 0, "message": f"The selected {shape.title.lower()} records have been deleted."}
    )


async def list_organizations(request: Request) -> Response:
    """The organisations of the token's user: one."""
    return JSONResponse({"code": 0, "message": "success", "organizations": [_organization(request)]})


async def read_organization(request: Request) -> Response:
    """The organisation."""
    finance = finance_of(request)
    if request.path_params["id"] != finance.site.account(finance.product):
        raise BooksRefused(404, write.UNKNOWN_ID, "Organization does not exist.")
    return JSONResponse({"code": 0, "message": "success", "organization": _organization(request)})


def _organization(request: Request) -> Any:
    finance = finance_of(request)
    return json.loads(finance.site.store.setting(f"company/{finance.product}") or "{}")


async def read_me(request: Request) -> Response:
    """The user whose consent the token carries."""
    finance = require_organization(request)
    shape = finance.edition.collections["users"]
    rows = finance.rows("users", Query(where=("json_extract(body, '$.is_current_user')",), limit=1))
    return _answer(finance, "success", shape, rows[0])


async def list_currencies(request: Request) -> Response:
    """The currencies of the organisation: its own, and so none beside it."""
    require_organization(request)
    wanted = request.query_params.get("filter_by")
    if wanted not in (None, "Currencies.ExcludeBaseCurrency"):
        raise BooksRefused(400, 4, "Invalid value passed for filter_by")
    euro = {
        "currency_id": CURRENCY_ID,
        "currency_code": "EUR",
        "currency_name": "EUR- Euro",
        "currency_symbol": "€",
        "price_precision": 2,
        "currency_format": "1.234.567,89",
        "is_base_currency": True,
        "exchange_rate": 0,
        "effective_date": "",
    }
    return JSONResponse({"code": 0, "message": "success", "currencies": [] if wanted else [euro]})


def _records(path: str) -> list[Route]:
    """The five endpoints of a collection."""
    return [
        Route(path, list_records, methods=["GET"]),
        Route(path, create_record, methods=["POST"]),
        Route(f"{path}/{{id}}", read_record, methods=["GET"]),
        Route(f"{path}/{{id}}", update_record, methods=["PUT"]),
        Route(f"{path}/{{id}}", delete_record, methods=["DELETE"]),
    ]


ROUTES = [
    Route("/organizations", list_organizations, methods=["GET"]),
    Route("/organizations/{id}", read_organization, methods=["GET"]),
    Route("/users/me", read_me, methods=["GET"]),
    Route("/settings/currencies", list_currencies, methods=["GET"]),
    *SETTINGS,
    Route("/contacts/contactpersons", contact_persons.create_person, methods=["POST"]),
    Route("/contacts/contactpersons/{id}", contact_persons.read_person, methods=["GET"]),
    Route("/contacts/contactpersons/{id}", contact_persons.update_person, methods=["PUT"]),
    Route("/contacts/contactpersons/{id}", contact_persons.delete_person, methods=["DELETE"]),
    Route("/contacts/contactpersons/{id}/primary", contact_persons.make_primary, methods=["POST"]),
    Route("/contacts/{contact}/contactpersons/{id}", contact_persons.read_person, methods=["GET"]),
    Route("/contacts/{id}/contactpersons", contact_persons.list_persons, methods=["GET"]),
    Route(_TIME, delete_records, methods=["DELETE"]),
    *_records(_TIME),
    *_records("/projects/{parent}/tasks"),
    Route("/projects/{parent}/users", assign_users, methods=["POST"]),
    *_records("/projects/{parent}/users"),
    *_records("/projects/{parent}/employees"),
    Route("/{collection}/{id}/status/{action}", act_on_record, methods=["POST"]),
    Route("/{singular}/{id}/customfields", set_custom_fields, methods=["PUT"]),
    Route("/{collection}", upsert_record, methods=["PUT"]),
    Route("/{collection}", delete_records, methods=["DELETE"]),
    *_records("/{collection}"),
    Route("/{collection}/{id}/percentage", set_percentage, methods=["POST"]),
    Route("/{collection}/{id}/{action}", act_on_record, methods=["POST"]),
]
#: What ERP serves by its older paths.
OLDER_ROUTES = _records("/{collection}")
