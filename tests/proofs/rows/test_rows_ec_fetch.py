"""CRM and ERP, one record and one module: what the rows EC-12 and EC-14 promise, seen in both systems."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rows_ec import change_crm, change_erp, crm_one, customers, erp_one, in_crm, names
from rows_world import also_proves, flip, only, proves

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-erp-crm"
PERSONS = "  contact-persons:"


def fetched(house: House, *records: str, expect: int = 0) -> dict[str, Any]:
    """What `engine fetch` says of each record, by its name."""
    result = house.engine("fetch", *records, "--yes", "--format", "json")
    assert result.exit_code == expect, result.output
    return {one["record"]: one for one in json.loads(result.stdout)["records"]}


# EC-12 ------------------------------------------------------------------------------------------------------------


@proves(
    SPEC,
    flip(
        "Phone <-> billing_address.phone",
        "Phone -> billing_address.phone",
        file="mappings/account-customer.yaml",
    ),
)
def test_EC_12_one_customer_alone_is_brought_in_step_again_in_both_directions(house: House) -> None:
    one = in_crm(house, "account", Account_Name="Nordwind")
    other = in_crm(house, "account", Account_Name="Südwind")
    house.run()
    mine, its = sorted(customers(house), key=lambda row: str(row["contact_name"]))
    for account, customer in ((one, mine), (other, its)):
        change_crm(house, "account", account, Website="https://new.example")
        change_erp(house, "customer", customer["contact_id"], billing_address={"phone": "+49301234567"})
    house.forget_calls()
    told = fetched(house, f"crm.Accounts:{one}")
    assert told[f"crm.Accounts:{one}"]["to"] == f"erp.contacts:{mine['contact_id']}"
    assert erp_one(house, "customer", mine["contact_id"])["website"] == "https://new.example"
    assert crm_one(house, "account", one)["Phone"] == "+49301234567"
    assert not erp_one(house, "customer", its["contact_id"])["website"]
    assert not crm_one(house, "account", other)["Phone"]
    assert len(house.writes()) == 2
    house.run()
    assert erp_one(house, "customer", its["contact_id"])["website"] == "https://new.example"
    house.quiet()


@also_proves(
    SPEC, flip("City <-> billing_address.city", "City -> billing_address.city", file="mappings/vendor.yaml")
)
def test_EC_12_one_vendor_alone_named_by_its_id_in_erp(house: House) -> None:
    in_crm(house, "vendor", Vendor_Name="Papier AG")
    wanted = in_crm(house, "vendor", Vendor_Name="Holz AG")
    house.run()
    vendor = only([one for one in customers(house, kind="vendor") if one["contact_name"] == "Holz AG"])
    change_erp(house, "customer", vendor["contact_id"], billing_address={"city": "Essen"})
    fetched(house, f"erp.contacts:{vendor['contact_id']}")
    assert crm_one(house, "vendor", wanted)["City"] == "Essen"
    house.quiet()


@also_proves(SPEC, flip("sync: crm.Vendors <-> erp.contacts", "sync: crm.Vendors <- erp.contacts"))
def test_EC_12_one_module_is_synced_at_once_and_the_others_are_left_for_later(house: House) -> None:
    in_crm(house, "vendor", Vendor_Name="Papier AG")
    in_crm(house, "account", Account_Name="Nordwind")
    outcome = house.run("--module", "vendors")
    assert list(outcome.report["modules"]) == ["vendors"]
    assert names(customers(house, kind="vendor"), "contact_name") == ["Papier AG"]
    assert customers(house) == []
    house.run()
    assert names(customers(house), "contact_name") == ["Nordwind"]
    house.quiet()


# EC-14 ------------------------------------------------------------------------------------------------------------


@proves(
    SPEC,
    flip("crm: saved(options.account_view)", "crm: Billing_Country = 'Belgium'"),
    flip("search: [ Account_Name ]"),
)
def test_EC_14_an_account_outside_the_view_is_found_by_name_fetched_and_stays_in_step(house: House) -> None:
    house.choose(account_view="Benelux", customers="accounts")
    wanted = in_crm(house, "account", Account_Name="Südwind", Billing_Country="Spain")
    in_crm(house, "account", Account_Name="Ostwind", Billing_Country="Spain")
    house.run()
    assert customers(house) == []
    said = house.must("search", "customers", "südw")
    assert f"crm.Accounts:{wanted}" in said
    assert "Ostwind" not in said
    assert "engine fetch" in said
    fetched(house, f"crm.Accounts:{wanted}")
    assert names(customers(house), "contact_name") == ["Südwind"]
    change_crm(house, "account", wanted, Website="https://sued.example")
    house.run()
    assert only(customers(house)).get("website") == "https://sued.example"
    house.quiet()
    assert "linked" in house.must("search", "customers", "südw")


@also_proves(
    SPEC,
    flip("search: [ First_Name, Last_Name ]", after=PERSONS),
    flip("under: { Account_Name.id: customers"),
)
def test_EC_14_an_account_is_found_with_its_contacts_and_fetched_with_one_of_them(house: House) -> None:
    house.choose(account_view="Benelux", contact_view="Opted out")
    account = in_crm(house, "account", Account_Name="Südwind", Billing_Country="Spain")
    at = {"Account_Name": {"id": account}}
    ada = in_crm(house, "contact", First_Name="Ada", Last_Name="Veld", Email_Opt_Out=False, **at)
    in_crm(house, "contact", First_Name="Bo", Last_Name="Lund", Email_Opt_Out=False, **at)
    house.run()
    found = house.must("search", "customers", "südwind")
    assert "Ada Veld" in found
    assert "Bo Lund" in found
    assert f"crm.Contacts:{ada}" in found
    for name in ("ada", "Veld"):
        assert f"crm.Contacts:{ada}" in house.must("search", "contact-persons", name)
    fetched(house, f"crm.Accounts:{account}", f"crm.Contacts:{ada}")
    customer = only(customers(house))
    assert names(customer["contact_persons"], "first_name") == ["Ada"]
    house.quiet()


@also_proves(SPEC, flip("search: [ Vendor_Name ]"), flip("mapping: vendor", "mapping: account-customer"))
def test_EC_14_a_vendor_outside_the_view_is_found_and_fetched(house: House) -> None:
    house.choose(vendor_view="Carriers")
    wanted = in_crm(house, "vendor", Vendor_Name="Papier AG", Category="Paper")
    house.run()
    assert f"crm.Vendors:{wanted}" in house.must("search", "vendors", "PAPIER")
    fetched(house, f"crm.Vendors:{wanted}")
    assert names(customers(house, kind="vendor"), "contact_name") == ["Papier AG"]
    house.quiet()


@also_proves(SPEC, flip("search: [ Account_Name ]"))
def test_EC_14_what_is_not_there_is_told_and_nothing_is_written(house: House) -> None:
    house.run()
    house.forget_calls()
    assert "crm.Accounts:4711" in house.must("fetch", "crm.Accounts:4711", "--yes", expect=1)
    assert "Nobody" in house.must("search", "customers", "Nobody")
    assert house.writes() == []


@also_proves(
    SPEC, flip("id -> zcrm_account_id", "Fax -> zcrm_account_id", file="mappings/account-customer.yaml")
)
def test_EC_14_the_filter_of_erp_finds_what_came_from_crm_and_nothing_else(house: House) -> None:
    house.choose(crm_filter=True)
    account = in_crm(house, "account", Account_Name="Nordwind")
    house.visitor.erp("POST", "/contacts", json={"contact_name": "Made in ERP", "contact_type": "vendor"})
    house.run()
    found = house.visitor.erp("GET", "/contacts", params={"zcrm_account_id": account}).json()["contacts"]
    assert names(found, "contact_name") == ["Nordwind"]
    assert erp_one(house, "customer", only(found)["contact_id"])["is_linked_with_zohocrm"] is True
