"""What happens in the companies on which the shipped specs are killed: a first day, and the day after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import shipped_projects_crm
import shipped_projects_money
from shipped_world import id_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox_visitor import Visitor
    from shipped_world import Copy


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One spec and what people do around it."""

    spec: str
    first: Callable[[Visitor], None]  #: what is there before the first run
    then: Callable[[Visitor], None]  #: what people do before the run that dies
    streams: tuple[tuple[str, str], ...]  #: (product, module) that must end the same
    choices: Mapping[str, str] = field(default_factory=dict)
    #: what people order between the first run and that day
    ordered: Callable[[Copy], None] = lambda _copy: None


def _crm(visitor: Visitor, module: str, *rows: dict[str, Any]) -> list[str]:
    answer = visitor.crm("POST", f"/{module}", json={"data": list(rows), "trigger": []})
    assert answer.status_code in (200, 201), answer.text
    return [one["details"]["id"] for one in answer.json()["data"]]


def _change(visitor: Visitor, product: str, module: str, name: str, **values: Any) -> None:
    """Somebody edits the record that bears this name."""
    (row,) = [one for one in visitor.records(product, module) if name in one.values()]
    visitor.command("edit", product=product, module=module, id=id_of(row), set=values)


def _remove(visitor: Visitor, product: str, module: str, name: str) -> None:
    (row,) = [one for one in visitor.records(product, module) if name in one.values()]
    visitor.command("edit", product=product, module=module, id=id_of(row), delete=True)


def _made(visitor: Visitor, finance: str, path: str, **values: Any) -> None:
    answer = getattr(visitor, finance)("POST", path, json=values)
    assert answer.status_code == 201, answer.text


def _sales(finance: str) -> Callable[[Visitor], None]:
    """Customers, people, vendors and products, some of them on both sides."""

    def first(visitor: Visitor) -> None:
        names = ("Alder", "Birch", "Cedar")
        accounts = _crm(visitor, "Accounts", *({"Account_Name": name} for name in names))
        people = ((accounts[0], "Ada", "Alder"), (accounts[1], "Bo", "Birch"))
        _crm(
            visitor,
            "Contacts",
            *(
                {
                    "Account_Name": {"id": id_},
                    "First_Name": one,
                    "Last_Name": two,
                    "Email": f"{one}@{two}.example",
                }
                for id_, one, two in people
            ),
        )
        _crm(visitor, "Vendors", {"Vendor_Name": "Vine"})
        _crm(visitor, "Products", {"Product_Name": "Plank", "Unit_Price": 10})
        _made(visitor, finance, "/contacts", contact_name="Birch", contact_type="customer", notes="old")
        _made(visitor, finance, "/contacts", contact_name="Vole", contact_type="vendor")
        _made(visitor, finance, "/items", name="Nail", rate=1)

    return first


def _sales_then(finance: str) -> Callable[[Visitor], None]:
    """New ones on both sides, edits on both sides, one that is deleted."""

    def then(visitor: Visitor) -> None:
        _crm(visitor, "Accounts", {"Account_Name": "Dogwood"}, {"Account_Name": "Elm", "Phone": "030 5"})
        _crm(visitor, "Vendors", {"Vendor_Name": "Willow"})
        _change(visitor, "crm", "Accounts", "Alder", Phone="030 1234567", Billing_City="Pune")
        _change(visitor, finance, "contacts", "Cedar", notes="typed in finance")
        _made(visitor, finance, "/items", name="Screw", rate=2)
        _remove(visitor, "crm", "Accounts", "Birch")

    return then


def _deals_first(visitor: Visitor) -> None:
    _sales("books")(visitor)
    (row,) = [one for one in visitor.records("crm", "Accounts") if one["Account_Name"] == "Alder"]
    deals = [
        {"Deal_Name": name, "Stage": "Proposal/Price Quote", "Amount": 100, "Account_Name": {"id": row["id"]}}
        for name in ("Deck", "Door")
    ]
    _crm(visitor, "Deals", *deals)


def _deals_then(visitor: Visitor) -> None:
    _sales_then("books")(visitor)
    _change(visitor, "crm", "Deals", "Deck", Stage="Closed Won", Probability=100)
    _change(visitor, "crm", "Deals", "Door", Stage="Qualification")


SCENES = (
    Scene(
        spec=shipped_projects_crm.NAME,
        first=shipped_projects_crm.first,
        ordered=shipped_projects_crm.ordered,
        then=shipped_projects_crm.then,
        streams=shipped_projects_crm.STREAMS,
    ),
    *(
        Scene(
            spec=f"zoho-projects-{finance}",
            first=shipped_projects_money.first,
            then=shipped_projects_money.then(finance),
            streams=shipped_projects_money.streams(finance),
        )
        for finance in ("books", "erp")
    ),
    Scene(
        spec="zoho-erp-crm",
        first=_sales("erp"),
        then=_sales_then("erp"),
        streams=(
            *(("crm", module) for module in ("Accounts", "Contacts", "Vendors", "Products")),
            ("erp", "contacts"),
            ("erp", "items"),
        ),
    ),
    Scene(
        spec="zoho-books-crm",
        first=_deals_first,
        then=_deals_then,
        choices={
            "customers": "accounts-and-contacts",
            "extent": "both",
            "vendors": "both",
            "items": "both",
            "invoice_won_deals": "true",
            "quote_stage": "Qualification",
        },
        streams=(
            *(("crm", module) for module in ("Accounts", "Contacts", "Vendors", "Products", "Deals")),
            *(("books", module) for module in ("contacts", "items", "invoices", "estimates")),
        ),
    ),
)
