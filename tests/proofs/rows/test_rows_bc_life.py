"""CRM and Books: accounts, disabling and what connecting discloses, as the rows BC-01, BC-13 and BC-15 promise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rows_world import also_proves, flip, proves

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-books-crm"
NO_CUSTOMERS = flip(
    "if: options.customers <> 'contacts'", "if: options.customers = 'none'", after="  customers:  "
)
OTHER = {"organization_id": "20099999999", "name": "Lindenhof Handel"}


def account(house: House, name: str = "Acme Ltd") -> str:
    """A new account of CRM."""
    made = house.visitor.crm("POST", "/Accounts", json={"data": [{"Account_Name": name}]}).json()
    return str(made["data"][0]["details"]["id"])


def customers(house: House) -> list[str]:
    """The names of the contacts in Books."""
    return sorted(str(one.get("contact_name")) for one in house.visitor.records("books", "contacts"))


def status(house: House) -> dict[str, Any]:
    """What `engine status` says of it."""
    told = json.loads(house.bare_engine("status", "--format", "json").stdout).get("integrations", [])
    return next((dict(one) for one in told if one["integration"] == SPEC), {})


@proves(SPEC, NO_CUSTOMERS)
def test_BC_01_other_credentials_for_the_same_organisation_just_work(house: House) -> None:
    mine = account(house)
    house.run()
    given = house.visitor.command("credentials", product="books")["credentials"]
    assert house.visitor.books("GET", "/contacts").status_code == 401
    house.visitor.tokens["zoho-books"] = house.visitor.token("zoho-books", **given)["access_token"]
    house.quiet()
    house.visitor.crm("PUT", f"/Accounts/{mine}", json={"data": [{"Account_Name": "Acme Inc"}]})
    account(house, "Beta GmbH")
    house.run()
    assert customers(house) == ["Acme Inc", "Beta GmbH"]


@also_proves(
    SPEC,
    flip("enable: { needs: [ disabled ] }", "enable: { pins: [ books.organizations.organization_id ] }"),
    NO_CUSTOMERS,
)
def test_BC_01_another_organisation_is_noticed_and_may_be_chosen_after_disabling(house: House) -> None:
    account(house)
    house.run()
    house.visitor.command("organization", product="books", set=OTHER)
    account(house, "Beta GmbH")
    house.forget_calls()
    told = house.must("run", expect=1)
    assert "Lindenhof Handel (20099999999)" in told
    assert "Lindenhof Trading" in told
    assert "engine disable" in told
    assert house.writes() == []
    house.must("disable", "--yes")
    told = house.must("enable", "--yes")
    assert "Lindenhof Handel (20099999999) now" in told
    assert "forget 1 link of the former account" in told
    assert (
        status(house).get("pins", {}).get("books.organizations.organization_id", {}).get("name")
        == "Lindenhof Handel"
    )
    house.run()
    assert customers(house) == ["Acme Ltd", "Beta GmbH"]
    house.quiet()


@proves(
    SPEC,
    flip('  - { to: crm, what: "The name, mail address and country of your Books organisation." }\n', ""),
    flip('  - { to: crm, what: "The details of all your contacts in Books." }\n', ""),
)
def test_BC_15_what_connecting_discloses_is_shown_and_must_be_confirmed(house: House) -> None:
    account(house)
    house.forget_calls()
    told = house.must("connect", expect=1)
    assert "Connecting shows to crm: The name, mail address and country of your Books organisation." in told
    assert "Connecting shows to crm: The details of all your contacts in Books." in told
    assert house.writes() == []
    house.must("connect", "--yes")
    assert customers(house) == ["Acme Ltd"]


FINANCE = ("Finance_Quotes", "Finance_Sales_Orders", "Finance_Purchase_Orders", "Finance_Invoices")


def in_finance_tab(house: House, module: str) -> list[str]:
    """What CRM's finance module holds of one kind."""
    return [str(one["id"]) for one in house.visitor.records("crm", module)]


def fill_finance_tab(house: House) -> None:
    """A document of each kind and a report in CRM, and two of each quote and invoice in Books."""
    visitor = house.visitor
    for module in FINANCE:
        visitor.command(
            "edit", product="crm", module=module, set={"Number": f"{module}-1", "Status": "draft"}
        )
    visitor.command("edit", product="crm", module="Finance_Reports", set={"Name": "Sales by customer"})
    customer = visitor.books("POST", "/contacts", json={"contact_name": "Acme Ltd"}).json()["contact"]
    line = {"name": "Design", "rate": 250, "quantity": 2}
    for path in ("/estimates", "/invoices"):
        body = {"customer_id": customer["contact_id"], "line_items": [line]}
        assert visitor.books("POST", path, json=body).status_code == 201


@proves(
    SPEC,
    *(
        flip(f"      - {{ delete: crm.{name}, only: options.{option} }}\n", "")
        for name, option in zip(
            FINANCE, ("quotes", "sales_orders", "purchase_orders", "invoices"), strict=True
        )
    ),
    flip("      - delete: crm.Finance_Reports\n", "      - delete: crm.Finance_Expenses\n"),
)
def test_BC_13_disabling_removes_what_the_finance_module_of_crm_keeps_and_books_keeps_all(
    house: House,
) -> None:
    fill_finance_tab(house)
    house.choose(vendors="both", quotes=True, sales_orders=True, purchase_orders=True, invoices=True)
    house.must("connect", "--later", "--yes")
    house.chosen.clear()  # what was chosen when it was connected still holds
    told = house.must("disable", "--yes")
    assert "Books keeps everything." in told
    assert "- Finance_Quotes-1" in told
    assert [in_finance_tab(house, module) for module in (*FINANCE, "Finance_Reports")] == [[]] * 5
    assert len(house.visitor.records("books", "estimates")) == 1
    assert len(house.visitor.records("books", "invoices")) == 1
    assert "engine enable" in house.must("run", expect=7)


@also_proves(SPEC, flip("delete: crm.Finance_Quotes, only: options.quotes", "delete: crm.Finance_Quotes"))
def test_BC_13_without_transactions_the_finance_module_of_crm_is_left_alone(house: House) -> None:
    fill_finance_tab(house)
    house.must("connect", "--later", "--yes")
    house.forget_calls()
    told = house.must("disable", "--yes")
    assert "All sync stops." in told
    assert house.writes() == []
    assert [len(in_finance_tab(house, module)) for module in (*FINANCE, "Finance_Reports")] == [1] * 5


@also_proves(SPEC, flip("      - { delete: crm.Finance_Quotes, only: options.quotes }\n", ""))
def test_BC_13_enabled_again_the_finance_module_is_filled_from_books_and_books_loses_nothing(
    house: House,
) -> None:
    account(house)
    customer = house.visitor.books("POST", "/contacts", json={"contact_name": "Acme Ltd"}).json()["contact"]
    line = {"name": "Design", "rate": 250, "quantity": 2}
    quote = {"customer_id": customer["contact_id"], "line_items": [line]}
    number = house.visitor.books("POST", "/estimates", json=quote).json()["estimate"]["estimate_number"]
    house.choose(quotes=True)
    house.run()
    assert [one.get("Number") for one in house.visitor.records("crm", "Finance_Quotes")] == [number]
    house.must("disable", "--yes")
    assert house.visitor.records("crm", "Finance_Quotes") == []
    house.must("enable", "--yes")
    house.run()
    assert [one.get("Number") for one in house.visitor.records("crm", "Finance_Quotes")] == [number]
    assert [one["estimate_number"] for one in house.visitor.records("books", "estimates")] == [number]
    house.quiet()
