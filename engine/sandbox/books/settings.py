"""Settings of a finance product's organisation: the preferences that integrations need, and its custom fields.

No published page describes either address; the shapes are those that clients use, the names of the preferences ours.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.sandbox.books.finance import Finance, require_organization
from engine.sandbox.server.body import read_json
from engine.sandbox.server.refusals import BooksRefused

if TYPE_CHECKING:
    from starlette.requests import Request

    from engine.sandbox.books.collection import Collection, CustomField

#: Switches and how they stand in a new organisation.
PREFERENCES = {"allow_duplicate_names": False, "allow_project_creation": True}


def preferences(finance: Finance) -> dict[str, bool]:
    """How the switches of the organisation stand."""
    kept: dict[str, bool] = json.loads(finance.site.store.setting(_name(finance)) or "{}")
    return PREFERENCES | kept


def refuse_here(finance: Finance, shape: Collection, sent: dict[str, Any]) -> None:
    """Where projects come from Projects only, one is made with its id there. Raises BooksRefused for any other."""
    from_there = bool(sent.get("zprojects_id"))
    if shape.plural == "projects" and not from_there and not preferences(finance)["allow_project_creation"]:
        raise BooksRefused(400, 1038, "Projects can be created in Zoho Projects only.")


def _name(finance: Finance) -> str:
    return f"preferences/{finance.product}"


async def read_preferences(request: Request) -> Response:
    """The switches."""
    return _answer(require_organization(request))


async def set_preferences(request: Request) -> Response:
    """Some switches are set; the others stay."""
    finance, sent = require_organization(request), await read_json(request)
    known = {name: value for name, value in sent.items() if name in PREFERENCES}
    for name, value in known.items():
        if not isinstance(value, bool):
            raise BooksRefused(400, 4, f"Invalid value passed for {name}")
    with finance.site.store.transaction():
        finance.site.store.remember(_name(finance), json.dumps(preferences(finance) | known))
    return _answer(finance)


def _answer(finance: Finance) -> Response:
    shown = {"organization_id": finance.site.account(finance.product)} | preferences(finance)
    return JSONResponse({"code": 0, "message": "success", "preferences": shown})


async def list_custom_fields(request: Request) -> Response:
    """The fields that the organisation added to a kind of record: `entity=contact`."""
    finance, entity = require_organization(request), request.query_params.get("entity")
    shapes = finance.edition.collections.values()
    shape = next((one for one in shapes if one.singular == entity), None)
    if shape is None:
        raise BooksRefused(400, 4, "Invalid value passed for entity")
    shown = [_field(custom, place) for place, custom in enumerate(shape.custom, start=1)]
    return JSONResponse({"code": 0, "message": "success", "customfields": shown})


def _field(custom: CustomField, place: int) -> dict[str, Any]:
    return {
        "customfield_id": custom.id,
        "index": place,
        "label": custom.label,
        "placeholder": custom.api_name,
        "data_type": "string",
        "is_mandatory": False,
        "is_unique": custom.unique,
        "is_active": True,
        "values": [],
    }


ROUTES = [
    Route("/settings/preferences", read_preferences, methods=["GET"]),
    Route("/settings/preferences", set_preferences, methods=["PUT"]),
    Route("/settings/preferences/customfields", list_custom_fields, methods=["GET"]),
]
