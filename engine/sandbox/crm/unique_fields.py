"""CRM fields that take no duplicate values: those of the layout, and those that an administrator chose."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.sandbox.crm.modules import CrmModule
    from engine.sandbox.server.site import Site


def unique_fields(site: Site, module: CrmModule) -> frozenset[str]:
    """The fields of a module that hold a value once."""
    chosen: dict[str, bool] = json.loads(site.store.setting(_name(module)) or "{}")
    stands = {field.name: field.unique for field in module.fields.values()} | chosen
    return frozenset(name for name, on in stands.items() if on)


def unique_from_now_on(site: Site, module: CrmModule, field: str, *, on: bool) -> None:
    """Switch a field, inside the caller's transaction; records that are there already stay as they are."""
    chosen = json.loads(site.store.setting(_name(module)) or "{}")
    site.store.remember(_name(module), json.dumps(chosen | {field: on}))


def _name(module: CrmModule) -> str:
    return f"unique/crm/{module.name}"
