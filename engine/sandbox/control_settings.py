"""The sandbox's commands that change how an organisation is set up, as an administrator would by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.errors import UserError
from engine.sandbox.crm.modules import MODULES
from engine.sandbox.crm.unique_fields import unique_fields, unique_from_now_on
from engine.sandbox.server.body import read_json, with_values
from engine.sandbox.server.oauth import clients, renew
from engine.sandbox.server.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request


async def organization(request: Request) -> Response:
    """Change what a product says of its organisation: `product`, and `set` with dotted names."""
    site, wanted = site_of(request), await read_json(request)
    name, values = f"company/{wanted.get('product')}", wanted.get("set")
    kept = site.store.setting(name)
    if kept is None or not isinstance(values, dict):
        raise UserError("`product` names a product with an organisation, `set` is an object.")
    shown = with_values(json.loads(kept), values)
    with site.store.transaction():
        site.store.remember(name, json.dumps(shown))
    return JSONResponse({"organization": shown})


async def unique(request: Request) -> Response:
    """`Do not allow duplicate values`, for a field of a CRM module: `module`, `field`, and `on`."""
    site, wanted = site_of(request), await read_json(request)
    module = MODULES.get(str(wanted.get("module")))
    if module is None or wanted.get("field") not in module.fields:
        raise UserError("`module` names a module of CRM, `field` one of its fields.")
    with site.store.transaction():
        unique_from_now_on(site, module, str(wanted["field"]), on=bool(wanted.get("on", True)))
    return JSONResponse({"unique": sorted(unique_fields(site, module))})


async def credentials(request: Request) -> Response:
    """Another client and refresh token for a `product`; the former ones open nothing any more."""
    site, wanted = site_of(request), await read_json(request)
    product = str(wanted.get("product"))
    if product not in {one.product for one in clients(site.store)}:
        raise UserError("`product` names a product.")
    one = renew(site.store, product)
    names = ("client_id", "client_secret", "refresh_token")
    return JSONResponse({"credentials": {name: getattr(one, name) for name in names}})


ROUTES = [
    Route("/credentials", credentials, methods=["POST"]),
    Route("/organization", organization, methods=["POST"]),
    Route("/unique", unique, methods=["POST"]),
]
