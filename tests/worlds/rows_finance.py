"""The finance product of an integration, Books or ERP, as scenarios that both have in common see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rows_bc
import rows_ec

if TYPE_CHECKING:
    from rows_world import House

_KINDS = {"books": rows_bc.BOOKS, "erp": rows_ec.ERP}


def finance(house: House, method: str, path: str, **fields: Any) -> dict[str, Any]:
    """One call of its API; answers what it said."""
    answer = getattr(house.visitor, house.finance)(method, path, json=fields or None).json()
    assert answer["code"] == 0, answer
    return dict(answer)


def in_finance(house: House, kind: str, **fields: Any) -> str:
    """Somebody makes a record there; answers its id."""
    many, one = _KINDS[house.finance][kind]
    return str(finance(house, "POST", f"/{many}", **fields)[one][f"{one}_id"])


def change_finance(house: House, kind: str, id_: str, **fields: Any) -> None:
    """Somebody changes a record there."""
    finance(house, "PUT", f"/{_KINDS[house.finance][kind][0]}/{id_}", **fields)


def finance_one(house: House, kind: str, id_: str) -> dict[str, Any]:
    """A record there as its API shows it; empty = there is none."""
    many, one = _KINDS[house.finance][kind]
    answer = getattr(house.visitor, house.finance)("GET", f"/{many}/{id_}").json()
    return dict(answer.get(one, {}))


def vendors(house: House) -> list[dict[str, Any]]:
    """Every vendor there."""
    rows = house.visitor.records(house.finance, "contacts")
    return [one for one in rows if one.get("contact_type") == "vendor"]
