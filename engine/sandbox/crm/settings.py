"""CRM endpoints for what is not a record: the organisation, its users, modules, fields and saved views."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.sandbox.crm.modules import CUSTOM, MODULES, CrmModule, module_id
from engine.sandbox.crm.read import MAX_PER_PAGE, refuse_param
from engine.sandbox.crm.unique_fields import unique_fields
from engine.sandbox.crm.views import VIEWS, show_view
from engine.sandbox.crm.write import API_USER
from engine.sandbox.server.clock import crm_time
from engine.sandbox.server.refusals import CrmRefused
from engine.sandbox.server.site import site_of, whole_number
from engine.sandbox.server.store import Query

if TYPE_CHECKING:
    from starlette.requests import Request

    from engine.sandbox.crm.fields import CrmField

_FIRST_FIELD_ID = 554023000000002001
_USER_STATUS = {
    "AllUsers": None,
    "ActiveUsers": "active",
    "AllActiveUsers": "active",
    "ActiveConfirmedUsers": "active",
    "ConfirmedUsers": None,
    "DeactiveUsers": "disabled",
    "NotConfirmedUsers": "unconfirmed",
    "DeletedUsers": "deleted",
}


async def read_org(request: Request) -> Response:
    """The organisation that the token belongs to."""
    found = site_of(request).store.setting("company/crm")
    return JSONResponse({"org": [json.loads(found or "{}")]})


async def list_currencies(_: Request) -> Response:
    """Nothing: the company works in its base currency alone."""
    return Response(status_code=204)


async def list_users(request: Request) -> Response:
    """A page of the users of a kind."""
    site, kind = site_of(request), request.query_params.get("type", "AllUsers")
    per_page, page = whole_number(request, "per_page", MAX_PER_PAGE), whole_number(request, "page", 1)
    if per_page is None or per_page > MAX_PER_PAGE or page is None:
        raise refuse_param("page" if page is None else "per_page")
    where, args = _user_conditions(kind)
    query = Query(
        where=("deleted IS NULL", *where), args=args, limit=per_page + 1, offset=(page - 1) * per_page
    )
    rows = site.store.rows("crm", "users", query)
    if not rows:
        return Response(status_code=204)
    shown = [_show_user(row.id, row.body, row.created, row.modified) for row in rows[:per_page]]
    more = len(rows) > per_page
    info = {"per_page": per_page, "count": len(shown), "page": page, "more_records": more}
    return JSONResponse({"users": shown, "info": info})


def _user_conditions(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if kind == "CurrentUser":
        return ("id = ?",), (API_USER,)
    if kind in ("AdminUsers", "ActiveConfirmedAdmins"):
        return ("json_extract(body, '$.profile.name') = ?",), ("Administrator",)
    if kind not in _USER_STATUS:
        raise refuse_param("type", supported_values=sorted(_USER_STATUS))
    status = _USER_STATUS[kind]
    return ((), ()) if status is None else (("json_extract(body, '$.status') = ?",), (status,))


async def read_user(request: Request) -> Response:
    """One user; 204 when there is none of that id."""
    row = site_of(request).store.get("crm", "users", request.path_params["id"])
    if row is None:
        return Response(status_code=204)
    return JSONResponse({"users": [_show_user(row.id, row.body, row.created, row.modified)]})


def _show_user(id_: str, body: dict[str, Any], created: int, modified: int) -> dict[str, Any]:
    return {"id": id_} | body | {"created_time": crm_time(created), "Modified_Time": crm_time(modified)}


async def list_modules(_: Request) -> Response:
    """The modules that the API reaches."""
    shown = [
        {
            "id": module_id(name),
            "api_name": name,
            "module_name": name,
            "plural_label": name,
            "singular_label": name.removesuffix("s"),
            "api_supported": True,
            "viewable": True,
            "creatable": True,
            "editable": True,
            "deletable": True,
            "generated_type": "custom" if name in CUSTOM else "default",
            "status": "visible",
        }
        for name in MODULES
    ]
    return JSONResponse({"modules": shown})


async def list_fields(request: Request) -> Response:
    """The fields of a module as this organisation has them."""
    module = _named_module(request)
    first = 100 * list(MODULES).index(module.name)
    fields = [field for field in module.fields.values() if not field.name.startswith("$")]
    unique = unique_fields(site_of(request), module)
    shown = [
        _show_field(field, place, unique=field.name in unique)
        for place, field in enumerate(fields, start=first)
    ]
    return JSONResponse({"fields": shown})


async def list_views(request: Request) -> Response:
    """The saved views of a module."""
    module = _named_module(request)
    shown = [show_view(view) for view in VIEWS if view.module == module.name]
    info = {"per_page": MAX_PER_PAGE, "count": len(shown), "page": 1, "more_records": False}
    return JSONResponse({"custom_views": shown, "info": info})


def _named_module(request: Request) -> CrmModule:
    name = request.query_params.get("module")
    if name is None:
        words = "One of the expected parameter is missing"
        raise refuse_param("module", words, code="REQUIRED_PARAM_MISSING")
    if name not in MODULES:
        raise CrmRefused(400, "INVALID_MODULE", "the module name given seems to be invalid")
    return MODULES[name]


def _show_field(field: CrmField, place: int, *, unique: bool) -> dict[str, Any]:
    label = field.name.replace("__s", "").replace("_", " ")
    told = dict.fromkeys(("api_create", "api_update", "web_create", "web_update"), not field.read_only)
    return _ALIKE | {
        "id": str(_FIRST_FIELD_ID + place),
        "api_name": field.name,
        "field_label": label,
        "display_label": label,
        "data_type": field.type,
        "json_type": field.json_type,
        "length": field.length or 120,
        "decimal_place": 2 if field.type in ("currency", "double") else None,
        "system_mandatory": field.required,
        "custom_field": field.custom,
        "read_only": field.read_only,
        "field_read_only": field.read_only,
        "unique": {"case_sensitive": False} if unique else {},
        "operation_type": told,
        "pick_list_values": [
            _choice(choice, place, number) for number, choice in enumerate(field.choices, 1)
        ],
        "lookup": _lookup(field, label),
    }


def _choice(choice: str, place: int, number: int) -> dict[str, Any]:
    return {
        "id": str(_FIRST_FIELD_ID + 100_000 + 100 * place + number),
        "display_value": choice,
        "actual_value": choice,
        "reference_value": choice,
        "sequence_number": number,
        "type": "used",
    }


def _lookup(field: CrmField, label: str) -> dict[str, Any]:
    """What a lookup of one module points into; empty for any other field."""
    if field.refers not in MODULES:
        return {}
    id_ = module_id(field.refers)
    module = {"api_name": field.refers, "crypt": False, "id": id_}
    return {"display_label": label, "api_name": field.name, "module": module, "id": id_}


#: What every field of the sandbox says of itself, and no client of it needs.
_ALIKE: dict[str, Any] = {
    **dict.fromkeys(("visible", "searchable", "sortable", "filterable", "webhook", "mass_update"), True),
    **dict.fromkeys(
        (
            "virtual_field",
            "separator",
            "businesscard_supported",
            "history_tracking_enabled",
            "enable_colour_code",
            "colour_code_enabled_by_system",
            "pick_list_values_sorted_lexically",
            "public",
            "display_field",
        ),
        False,
    ),
    **dict.fromkeys(("external", "association_details", "range", "rollup_summary", "formula", "currency")),
    **{key: {} for key in ("multi_module_lookup", "multiselectlookup", "auto_number", "convert_mapping")},
    "type": "used",
    "created_source": "default",
    "ui_type": 1,
    "display_type": -1,
    "profiles": [],
    "view_type": dict.fromkeys(("view", "edit", "quick_create", "create"), True),
    "email_parser": {"fields_update_supported": False, "record_operations_supported": False},
}

ROUTES = [
    Route("/org", read_org, methods=["GET"]),
    Route("/org/currencies", list_currencies, methods=["GET"]),
    Route("/users", list_users, methods=["GET"]),
    Route("/users/{id}", read_user, methods=["GET"]),
    Route("/settings/modules", list_modules, methods=["GET"]),
    Route("/settings/fields", list_fields, methods=["GET"]),
    Route("/settings/custom_views", list_views, methods=["GET"]),
]
