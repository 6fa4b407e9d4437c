"""Books endpoints: contacts, items, the organisation, its users and currencies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.sandbox import books_write as write
from engine.sandbox.books_read import list_body, parse_listing, parse_page, show_whole
from engine.sandbox.books_shapes import COLLECTIONS, CURRENCY_ID, ORGANIZATION_ID, Collection
from engine.sandbox.refusals import BooksRefused
from engine.sandbox.site import read_json, site_of
from engine.sandbox.store import Query, Row

if TYPE_CHECKING:
    from starlette.requests import Request


def require_organization(request: Request) -> None:
    """Every call but the list of organisations names one that the token may use. Raises BooksRefused."""
    named = request.query_params.get("organization_id")
    if named is None:
        raise BooksRefused(400, 6, "The parameter organization_id is missing.")
    if named != ORGANIZATION_ID:
        raise BooksRefused(400, 6041, f"This user is not associated with the CompanyID/CompanyName:{named}.")


def _shape(request: Request) -> Collection:
    require_organization(request)
    shape = COLLECTIONS.get(request.path_params["collection"])
    if shape is None:
        raise BooksRefused(404, 5, "Invalid URL Passed")
    return shape


def _answer(message: str, shape: Collection, row: Row, status: int = 200) -> Response:
    return JSONResponse({"code": 0, "message": message, shape.singular: show_whole(shape, row)}, status)


async def list_records(request: Request) -> Response:
    """A page of short rows."""
    shape = _shape(request)
    return JSONResponse(list_body(site_of(request), request, shape, parse_listing(request, shape)))


async def read_record(request: Request) -> Response:
    """One whole record."""
    shape = _shape(request)
    return _answer("success", shape, write.living(site_of(request), shape, request.path_params["id"]))


async def create_record(request: Request) -> Response:
    """A new record."""
    site, shape, sent = site_of(request), _shape(request), await _body(request)
    with site.store.transaction():
        row = write.create(site, shape, sent)
    return _answer(f"The {shape.singular} has been added.", shape, row, 201)


async def update_record(request: Request) -> Response:
    """A changed record."""
    site, shape, sent = site_of(request), _shape(request), await _body(request)
    with site.store.transaction():
        row = write.update(site, shape, request.path_params["id"], sent)
    return _answer(f"{shape.title} information has been saved.", shape, row)


async def delete_record(request: Request) -> Response:
    """A record is gone."""
    site, shape = site_of(request), _shape(request)
    with site.store.transaction():
        write.delete(site, shape, request.path_params["id"])
    return JSONResponse({"code": 0, "message": f"The {shape.singular} has been deleted."})


async def mark_record(request: Request) -> Response:
    """A record becomes active or inactive."""
    site, shape, status = site_of(request), _shape(request), request.path_params["status"]
    if status not in ("active", "inactive"):
        raise BooksRefused(404, 5, "Invalid URL Passed")
    with site.store.transaction():
        write.mark(site, shape, request.path_params["id"], status)
    return JSONResponse({"code": 0, "message": f"The {shape.singular} has been marked as {status}."})


async def _body(request: Request) -> dict[str, Any]:
    try:
        return await read_json(request)
    except ValueError:
        raise BooksRefused(400, 4, "Invalid value passed for JSONString") from None


async def list_organizations(request: Request) -> Response:
    """The organisations of the token's user: one."""
    found = site_of(request).store.setting("company/books") or "{}"
    return JSONResponse({"code": 0, "message": "success", "organizations": [json.loads(found)]})


async def read_organization(request: Request) -> Response:
    """The organisation."""
    if request.path_params["id"] != ORGANIZATION_ID:
        raise BooksRefused(404, write.UNKNOWN_ID, "Organization does not exist.")
    found = site_of(request).store.setting("company/books") or "{}"
    return JSONResponse({"code": 0, "message": "success", "organization": json.loads(found)})


async def list_users(request: Request) -> Response:
    """A page of the users of the organisation."""
    require_organization(request)
    page, per_page = parse_page(request)
    status = request.query_params.get("filter_by", "Status.All").removeprefix("Status.").lower()
    where = ("deleted IS NULL", "json_extract(body, '$.status') = ? OR ? = 'all'")
    query = Query(
        where=(where[0], f"({where[1]})"),
        args=(status, status),
        limit=per_page + 1,
        offset=(page - 1) * per_page,
    )
    rows = site_of(request).store.rows("books", "users", query)
    shown = [{"user_id": row.id} | row.body for row in rows[:per_page]]
    order = {"report_name": "Users", "sort_column": "name", "sort_order": "A"}
    context = {"page": page, "per_page": per_page, "has_more_page": len(rows) > per_page} | order
    return JSONResponse({"code": 0, "message": "success", "users": shown, "page_context": context})


async def list_currencies(request: Request) -> Response:
    """The currencies of the organisation: its own."""
    require_organization(request)
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
    return JSONResponse({"code": 0, "message": "success", "currencies": [euro]})


ROUTES = [
    Route("/organizations", list_organizations, methods=["GET"]),
    Route("/organizations/{id}", read_organization, methods=["GET"]),
    Route("/users", list_users, methods=["GET"]),
    Route("/settings/currencies", list_currencies, methods=["GET"]),
    Route("/{collection}", list_records, methods=["GET"]),
    Route("/{collection}", create_record, methods=["POST"]),
    Route("/{collection}/{id}", read_record, methods=["GET"]),
    Route("/{collection}/{id}", update_record, methods=["PUT"]),
    Route("/{collection}/{id}", delete_record, methods=["DELETE"]),
    Route("/{collection}/{id}/{status}", mark_record, methods=["POST"]),
]
