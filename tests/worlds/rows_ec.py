"""CRM and ERP as the scenarios of EC see them: what people make and change there, and what stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rows_world import House

CRM = {"account": "Accounts", "contact": "Contacts", "vendor": "Vendors", "product": "Products"}
ERP = {"customer": ("contacts", "contact"), "item": ("items", "item"), "invoice": ("invoices", "invoice")}


def in_crm(house: House, kind: str, **fields: Any) -> str:
    """Somebody makes a record in CRM; answers its id."""
    answer = house.visitor.crm("POST", f"/{CRM[kind]}", json={"data": [fields]}).json()["data"][0]
    assert answer["code"] == "SUCCESS", answer
    return str(answer["details"]["id"])


def in_erp(house: House, kind: str, **fields: Any) -> str:
    """Somebody makes a record in ERP; answers its id."""
    many, one = ERP[kind]
    answer = house.visitor.erp("POST", f"/{many}", json=fields).json()
    assert answer["code"] == 0, answer
    return str(answer[one][f"{one}_id"])


def change_crm(house: House, kind: str, id_: str, **fields: Any) -> None:
    """Somebody changes a record in CRM."""
    answer = house.visitor.crm("PUT", f"/{CRM[kind]}/{id_}", json={"data": [fields]}).json()["data"][0]
    assert answer["code"] == "SUCCESS", answer


def change_erp(house: House, kind: str, id_: str, **fields: Any) -> None:
    """Somebody changes a record in ERP."""
    answer = house.visitor.erp("PUT", f"/{ERP[kind][0]}/{id_}", json=fields).json()
    assert answer["code"] == 0, answer


def crm_all(house: House, kind: str) -> list[dict[str, Any]]:
    """Every record of a kind in CRM."""
    return house.visitor.records("crm", CRM[kind])


def crm_one(house: House, kind: str, id_: str) -> dict[str, Any]:
    """A record in CRM as its API shows it; empty = there is none."""
    answer = house.visitor.crm("GET", f"/{CRM[kind]}/{id_}")
    return dict(answer.json()["data"][0]) if answer.status_code == 200 else {}


def erp_one(house: House, kind: str, id_: str) -> dict[str, Any]:
    """A record in ERP as its API shows it; empty = there is none."""
    many, one = ERP[kind]
    return dict(house.visitor.erp("GET", f"/{many}/{id_}").json().get(one, {}))


def customers(house: House, *, kind: str = "customer") -> list[dict[str, Any]]:
    """Every customer (or vendor) of ERP."""
    return [one for one in house.visitor.records("erp", "contacts") if one.get("contact_type") == kind]


def names(rows: list[dict[str, Any]], field: str) -> list[str]:
    """What records are called, in alphabetical order."""
    return sorted(str(one.get(field)) for one in rows)
