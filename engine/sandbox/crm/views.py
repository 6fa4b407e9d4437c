"""CRM's saved views: a few a module, whose conditions the list and the settings share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.sandbox.crm.modules import MODULES


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A saved view: records whose field is one of some values."""

    id: str
    module: str
    name: str
    field: str | None = None  #: None = every record
    values: tuple[str, ...] = ()


_FIRST = 554023000000087001
_CHOSEN = (
    ("Accounts", "Customers", "Account_Type", ("Customer",)),
    ("Accounts", "Active and acquired", "Rating", ("Active", "Acquired")),
    ("Accounts", "Benelux", "Billing_Country", ("Belgium", "Netherlands", "Luxembourg")),
    ("Contacts", "Opted out", "Email_Opt_Out", ("1",)),
    ("Deals", "Won", "Stage", ("Closed Won",)),
    ("Vendors", "Carriers", "Category", ("Carrier",)),
    ("Products", "Software", "Product_Category", ("Software",)),
)

VIEWS = (
    *(View(id=str(_FIRST + n), module=name, name=f"All {name}") for n, name in enumerate(MODULES)),
    *(
        View(id=str(_FIRST + 100 + n), module=module, name=name, field=field, values=values)
        for n, (module, name, field, values) in enumerate(_CHOSEN)
    ),
)


def view_conditions(module: str, id_: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """A view as SQL conditions and their values; None = the module has no such view."""
    view = next((v for v in VIEWS if v.id == id_ and v.module == module), None)
    if view is None:
        return None
    if view.field is None:
        return (), ()
    marks = ",".join("?" * len(view.values))
    return (f"CAST(json_extract(body, '$.{view.field}') AS TEXT) IN ({marks})",), view.values


def show_view(view: View) -> dict[str, Any]:
    """A view as the settings show it."""
    every = view.field is None
    criteria = None
    if not every:
        value: Any = view.values[0] if len(view.values) == 1 else list(view.values)
        criteria = {"comparator": "equal", "field": {"api_name": view.field}, "value": value, "type": "value"}
    return {
        "id": view.id,
        "name": view.name,
        "display_value": view.name,
        "system_name": "ALLVIEWS" if every else None,
        "system_defined": every,
        "default": every,
        "category": "public_views",
        "criteria": criteria,
        "sort_by": None,
        "sort_order": None,
        "favorite": None,
    }
