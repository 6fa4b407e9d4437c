"""CRM and Books as the scenarios of BC see them: what people make and change there, and what stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rows_ec import change_crm, crm_all, crm_one, in_crm, names

if TYPE_CHECKING:
    from rows_world import House

__all__ = ["change_crm", "crm_all", "crm_one", "in_crm", "names"]

#: By kind: what lists call it, what one is called.
BOOKS = {
    "customer": ("contacts", "contact"),
    "item": ("items", "item"),
    "quote": ("estimates", "estimate"),
    "sales order": ("salesorders", "salesorder"),
    "purchase order": ("purchaseorders", "purchaseorder"),
    "invoice": ("invoices", "invoice"),
    "user": ("users", "user"),
}


def in_books(house: House, kind: str, **fields: Any) -> str:
    """Somebody makes a record in Books; answers its id."""
    many, one = BOOKS[kind]
    answer = house.visitor.books("POST", f"/{many}", json=fields).json()
    assert answer["code"] == 0, answer
    return str(answer[one][f"{one}_id"])


def change_books(house: House, kind: str, id_: str, **fields: Any) -> None:
    """Somebody changes a record in Books."""
    answer = house.visitor.books("PUT", f"/{BOOKS[kind][0]}/{id_}", json=fields).json()
    assert answer["code"] == 0, answer


def books_one(house: House, kind: str, id_: str) -> dict[str, Any]:
    """A record in Books as its API shows it; empty = there is none."""
    many, one = BOOKS[kind]
    return dict(house.visitor.books("GET", f"/{many}/{id_}").json().get(one, {}))


def books_all(house: House, kind: str) -> list[dict[str, Any]]:
    """Every record of a kind in Books."""
    return house.visitor.records("books", BOOKS[kind][0])


def customers(house: House, *, kind: str = "customer") -> list[dict[str, Any]]:
    """Every customer (or vendor) of Books."""
    return [one for one in books_all(house, "customer") if one.get("contact_type") == kind]


def mark(house: House, kind: str, id_: str, status: str) -> None:
    """Somebody brings a document in Books to a status."""
    answer = house.visitor.books("POST", f"/{BOOKS[kind][0]}/{id_}/status/{status}").json()
    assert answer["code"] == 0, answer
