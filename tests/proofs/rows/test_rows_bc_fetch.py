"""CRM and Books, one record and one module: what the rows BC-09 and BC-11 promise, seen in both systems."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rows_world import also_proves, flip, only, proves

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-books-crm"
INDIVIDUALS, PERSONS = "  individuals:", "  contact-persons:"


def in_crm(house: House, module: str, **fields: Any) -> str:
    """Somebody makes a record in CRM; answers its id."""
    answer = house.visitor.crm("POST", f"/{module}", json={"data": [fields]}).json()["data"][0]
    assert answer["code"] == "SUCCESS", answer
    return str(answer["details"]["id"])


def change_crm(house: House, module: str, record: str, **fields: Any) -> None:
    """Somebody changes a record in CRM."""
    answer = house.visitor.crm("PUT", f"/{module}/{record}", json={"data": [fields]})
    assert answer.status_code == 200, answer.text


def customers(house: House, kind: str = "customer") -> dict[str, dict[str, Any]]:
    """The customers (or vendors) of Books by name, as its list shows them."""
    rows = house.visitor.books("GET", "/contacts", params={"contact_type": kind}).json()["contacts"]
    return {row["contact_name"]: row for row in rows}


def in_full(house: House, name: str) -> dict[str, Any]:
    """A customer of Books in full; empty = there is none."""
    row = customers(house).get(name, {})
    answer = house.visitor.books("GET", f"/contacts/{row.get('contact_id', '0')}").json()
    return dict(answer.get("contact", {}))


def fetched(house: House, *records: str) -> dict[str, Any]:
    """What `engine fetch` says of each record, by its name."""
    result = house.engine("fetch", *records, "--yes", "--format", "json")
    assert result.exit_code == 0, result.output
    return {one["record"]: one for one in json.loads(result.stdout)["records"]}


# BC-09 ------------------------------------------------------------------------------------------------------------


@proves(SPEC, flip("Website <-> website", "Fax <-> website", file="mappings/account-customer.yaml"))
def test_BC_09_one_contact_alone_is_brought_in_step_again(house: House) -> None:
    one = in_crm(house, "Accounts", Account_Name="Nordwind")
    other = in_crm(house, "Accounts", Account_Name="Ostwind")
    house.run()
    for account in (one, other):
        change_crm(house, "Accounts", account, Website="https://new.example")
    house.forget_calls()
    fetched(house, f"crm.Accounts:{one}")
    assert in_full(house, "Nordwind").get("website") == "https://new.example"
    assert in_full(house, "Ostwind").get("website") == ""
    assert len(house.writes()) == 1
    house.run()
    assert in_full(house, "Ostwind").get("website") == "https://new.example"
    house.quiet()


@also_proves(SPEC, flip("match: [ Account_Name ~ contact_name ]", "match: [ Website = website ]"))
def test_BC_09_one_contact_alone_meets_the_one_of_its_name_once_somebody_has_agreed(house: House) -> None:
    house.visitor.books("POST", "/contacts", json={"contact_name": "Nordwind", "notes": "old"})
    one = in_crm(
        house, "Accounts", Account_Name="Nordwind", Website="https://nord.example", Description="new"
    )
    house.forget_calls()
    asked = house.engine("fetch", f"crm.Accounts:{one}")
    assert asked.exit_code == 1, asked.output
    assert "Add --yes" in asked.output
    assert house.writes() == []
    fetched(house, f"crm.Accounts:{one}")
    assert list(customers(house)) == ["Nordwind"]
    assert in_full(house, "Nordwind").get("notes") == "new"
    house.quiet()


@also_proves(
    SPEC,
    flip("sync: crm.Vendors <-> books.contacts", "sync: crm.Vendors <- books.contacts"),
    flip("contact_type = 'vendor'", "contact_type = 'customer'"),
)
def test_BC_09_one_module_alone_is_synced_at_once(house: House) -> None:
    house.choose(vendors="both")
    in_crm(house, "Accounts", Account_Name="Nordwind")
    in_crm(house, "Vendors", Vendor_Name="Papier AG")
    house.visitor.books("POST", "/contacts", json={"contact_name": "Holz AG", "contact_type": "vendor"})
    house.run("--module", "vendors")
    assert set(customers(house, "vendor")) == {"Papier AG", "Holz AG"}
    assert customers(house) == {}
    found = {one["Vendor_Name"] for one in house.visitor.records("crm", "Vendors")}
    assert found == {"Papier AG", "Holz AG"}
    house.run()
    assert list(customers(house)) == ["Nordwind"]
    house.quiet()


@also_proves(SPEC, flip("becomes: Probability = 100", "becomes: Probability = 90"))
def test_BC_09_the_invoice_of_a_won_deal_is_made_at_once_and_nothing_else_is_looked_at(house: House) -> None:
    house.choose(invoice_won_deals=True)
    account = in_crm(house, "Accounts", Account_Name="Nordwind")
    deal = {"Deal_Name": "Roof", "Stage": "Qualification", "Probability": 40, "Amount": 500}
    deal_id = in_crm(house, "Deals", Account_Name={"id": account}, **deal)
    house.run()
    in_crm(house, "Accounts", Account_Name="Ostwind")
    change_crm(house, "Deals", deal_id, Stage="Closed Won", Probability=100)
    outcome = house.run("--module", "invoice-on-won")
    assert list(outcome.report["modules"]) == ["invoice-on-won"]
    invoices = house.visitor.books("GET", "/invoices").json()["invoices"]
    assert only(invoices)["customer_name"] == "Nordwind"
    assert list(customers(house)) == ["Nordwind"]
    house.run()
    assert set(customers(house)) == {"Nordwind", "Ostwind"}
    house.quiet()


@also_proves(
    SPEC,
    flip("else: fetch }", "else: hold }", after="sync: crm.Finance_Quotes"),
    flip("sync: crm.Finance_Quotes <-> books.estimates", "sync: crm.Finance_Quotes <- books.estimates"),
)
def test_BC_09_a_quote_made_in_crm_is_in_books_at_once_with_the_customer_that_it_needs(house: House) -> None:
    house.choose(quotes=True, account_view="Benelux")
    wanted = in_crm(house, "Accounts", Account_Name="Südwind", Billing_Country="Spain")
    in_crm(house, "Accounts", Account_Name="Belga", Billing_Country="Belgium")
    house.run("--module", "quotes")
    lines = [{"name": "Advice", "rate": 100, "quantity": 2}]
    quote = in_crm(house, "Finance_Quotes", Account={"id": wanted}, Reference="R-1", Lines=lines)
    outcome = house.run("--module", "quotes")
    assert set(outcome.report["modules"]) == {"customers", "quotes"}
    estimate = only(house.visitor.books("GET", "/estimates").json()["estimates"])
    assert (estimate["customer_name"], estimate["reference_number"]) == ("Südwind", "R-1")
    assert list(customers(house)) == ["Südwind"]
    shown = house.visitor.crm("GET", f"/Finance_Quotes/{quote}").json()["data"][0]
    house.run()
    assert set(customers(house)) == {"Belga", "Südwind"}
    assert shown["Account"]["id"] == wanted
    house.quiet()


@also_proves(
    SPEC,
    flip("sync: crm.Finance_Invoices <-> books.invoices", "sync: crm.Finance_Invoices -> books.invoices"),
)
def test_BC_09_an_invoice_of_books_is_in_crm_at_once_and_that_of_a_stranger_is_not(house: House) -> None:
    house.choose(invoices=True)
    in_crm(house, "Accounts", Account_Name="Nordwind")
    house.visitor.books("POST", "/contacts", json={"contact_name": "Stranger"})
    house.run()
    lines = [{"name": "Advice", "rate": 100, "quantity": 1}]
    for row in customers(house).values():
        body = {"customer_id": row["contact_id"], "line_items": lines}
        house.visitor.books("POST", "/invoices", json=body)
    in_crm(house, "Accounts", Account_Name="Ostwind")
    outcome = house.run("--module", "invoices")
    assert outcome.report.get("held_now") == 0
    invoice = only(house.visitor.records("crm", "Finance_Invoices"))
    numbers = {
        one["invoice_number"]: one for one in house.visitor.books("GET", "/invoices").json()["invoices"]
    }
    assert numbers.get(invoice.get("Number"), {}).get("customer_name") == "Nordwind"
    assert "Ostwind" not in customers(house)
    house.run()
    house.quiet()


# BC-11 ------------------------------------------------------------------------------------------------------------


@proves(
    SPEC,
    flip("crm: saved(options.account_view)", "crm: Billing_Country = 'Belgium'"),
    flip("search: [ Account_Name ]"),
)
def test_BC_11_an_account_outside_the_view_is_found_by_name_fetched_and_stays_in_step(house: House) -> None:
    house.choose(account_view="Benelux")
    wanted = in_crm(house, "Accounts", Account_Name="Südwind", Billing_Country="Spain")
    in_crm(house, "Accounts", Account_Name="Ostwind", Billing_Country="Spain")
    house.run()
    assert customers(house) == {}
    said = house.must("search", "customers", "südw")
    assert f"crm.Accounts:{wanted}" in said
    assert "is not synced" in said
    assert "Ostwind" not in said
    fetched(house, f"crm.Accounts:{wanted}")
    change_crm(house, "Accounts", wanted, Website="https://sued.example")
    house.run()
    assert list(customers(house)) == ["Südwind"]
    assert in_full(house, "Südwind").get("website") == "https://sued.example"
    assert "linked to books.contacts:" in house.must("search", "customers", "südw")
    house.quiet()


@also_proves(
    SPEC,
    flip("search: [ First_Name, Last_Name ]", "search: [ Email ]", after=INDIVIDUALS),
    flip("crm: saved(options.contact_view) AND", "crm: Email_Opt_Out AND"),
)
def test_BC_11_a_contact_outside_the_view_is_found_by_first_or_last_name_and_fetched(house: House) -> None:
    house.choose(customers="contacts", contact_view="Opted out")
    ada = in_crm(house, "Contacts", First_Name="Ada", Last_Name="Veld", Email_Opt_Out=False)
    in_crm(house, "Contacts", First_Name="Bo", Last_Name="Lund", Email_Opt_Out=False)
    house.run()
    for words in ("ada", "VELD", "Ada Veld"):
        said = house.must("search", "individuals", words)
        assert f"crm.Contacts:{ada}" in said
        assert "Lund" not in said
    fetched(house, f"crm.Contacts:{ada}")
    assert list(customers(house)) == ["Ada Veld"]
    house.quiet()


@also_proves(
    SPEC,
    flip("search: [ First_Name, Last_Name ]", after=PERSONS),
    flip("under: { Account_Name.id: customers"),
)
def test_BC_11_an_account_is_found_with_its_contacts_and_fetched_with_one_of_them(house: House) -> None:
    house.choose(customers="accounts-and-contacts", account_view="Benelux", contact_view="Opted out")
    account = in_crm(house, "Accounts", Account_Name="Südwind", Billing_Country="Spain")
    at = {"Account_Name": {"id": account}}
    ada = in_crm(house, "Contacts", First_Name="Ada", Last_Name="Veld", Email_Opt_Out=False, **at)
    in_crm(house, "Contacts", First_Name="Bo", Last_Name="Lund", Email_Opt_Out=False, **at)
    house.run()
    said = house.must("search", "customers", "südwind")
    assert "Ada Veld" in said
    assert "Bo Lund" in said
    fetched(house, f"crm.Accounts:{account}", f"crm.Contacts:{ada}")
    persons = in_full(house, "Südwind").get("contact_persons", [])
    assert [one["first_name"] for one in persons] == ["Ada"]
    house.quiet()


@also_proves(
    SPEC, flip("id -> zcrm_account_id", "Fax -> zcrm_account_id", file="mappings/account-customer.yaml")
)
def test_BC_11_the_filter_of_books_finds_what_came_from_crm_and_nothing_else(house: House) -> None:
    house.choose(crm_filter=True)
    account = in_crm(house, "Accounts", Account_Name="Nordwind")
    house.visitor.books("POST", "/contacts", json={"contact_name": "Made in Books"})
    house.run()
    found = house.visitor.books("GET", "/contacts", params={"zcrm_account_id": account}).json()["contacts"]
    assert only(found)["contact_name"] == "Nordwind"
    assert in_full(house, "Nordwind").get("is_linked_with_zohocrm") is True
    assert in_full(house, "Made in Books").get("is_linked_with_zohocrm") is False
