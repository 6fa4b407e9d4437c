"""Accounts: which organisation or portal of a product the company has now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.sandbox.server.site import Site

#: The field of a product's organisation that identifies it.
_ID = {"books": "organization_id", "erp": "organization_id", "projects": "id"}


def account_of(site: Site, product: str) -> str:
    """The id that paths and parameters name; it changes with what the product says of its organisation."""
    return str(json.loads(site.store.setting(f"company/{product}") or "{}").get(_ID[product], ""))
