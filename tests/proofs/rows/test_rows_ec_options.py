"""CRM and ERP, preferences: asked together, kept in a profile, changed later with what that does shown before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rows_ec import crm_all, customers, in_crm, in_erp, names
from rows_world import also_proves, flip, proves

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-erp-crm"


def choose_anew(house: House, *words: str, expect: int = 0) -> str:
    """`engine init` with these choices; answers what it says."""
    return house.must("init", *[f"--set={word}" for word in words], expect=expect, sandbox=False)


@proves(
    SPEC,
    flip("if: options.vendors <> 'none'\n    sync", "sync"),
    flip("default: both", "default: fetch", after="  vendors: {"),
)
def test_EC_10_preferences_are_kept_and_changed_later_and_what_that_does_is_shown_before(
    house: House,
) -> None:
    in_erp(house, "customer", contact_name="Kontor", contact_type="vendor")
    choose_anew(house, "vendors=none")
    house.run()
    assert crm_all(house, "vendor") == []
    house.forget_calls()
    profile = house.spec.with_name(f"{SPEC}.profile.yaml")
    text = profile.read_text(encoding="utf-8")
    profile.write_text(text.replace('  vendors: "none"\n', ""), encoding="utf-8")  # a person may edit it, too
    said = choose_anew(house)
    assert "is synced now: `crm.Vendors <-> erp.contacts`" in said
    assert "may now create and update in `crm.Vendors`" in said
    assert house.writes() == []
    assert crm_all(house, "vendor") == []
    house.run()
    assert names(crm_all(house, "vendor"), "Vendor_Name") == ["Kontor"]
    house.quiet()


@also_proves(SPEC, flip("duplicates: ${options.duplicates}", "duplicates: skip", after="title: Customers\n"))
def test_EC_06_another_rule_for_duplicates_is_shown_before_and_holds_for_those_still_to_come(
    house: House,
) -> None:
    choose_anew(house, "duplicates=skip")
    in_crm(house, "account", Account_Name="Nordwind", Website="https://crm.example")
    in_erp(house, "customer", contact_name="Nordwind", customer_sub_type="business")
    house.run()
    said = choose_anew(house, "duplicates=overwrite")
    assert "a first contact: `overwrite` instead of `skip`" in said
    in_crm(house, "account", Account_Name="Südwind", Website="https://later.example")
    in_erp(house, "customer", contact_name="Südwind", customer_sub_type="business")
    house.run()
    websites = {one["contact_name"]: one.get("website") for one in customers(house)}
    assert websites["Südwind"] == "https://later.example"
    assert len(websites) == len(customers(house))


@also_proves(
    SPEC, flip("check: options.item_key = 'name' OR options.item_duplicates <> 'clone' ", "check: TRUE ")
)
def test_EC_11_cloning_by_sku_is_refused_when_one_chooses_it_and_nothing_is_kept(house: House) -> None:
    choose_anew(house, "item_key=sku")
    before = house.spec.with_name(f"{SPEC}.profile.yaml").read_text(encoding="utf-8")
    said = choose_anew(house, "item_duplicates=clone", expect=1)
    assert "Items that are recognised by SKU cannot be cloned, because no two may have the same SKU." in said
    assert house.spec.with_name(f"{SPEC}.profile.yaml").read_text(encoding="utf-8") == before


@also_proves(SPEC, flip("check: options.organizations = 'one' OR options.extent = 'fetch' ", "check: TRUE "))
def test_EC_02_several_organisations_and_both_ways_are_refused_when_one_chooses_it(house: House) -> None:
    said = choose_anew(house, "organizations=several", expect=1)
    assert "Several ERP organisations on one CRM organisation can only fetch from CRM." in said
    assert not house.spec.with_name(f"{SPEC}.profile.yaml").exists()
    choose_anew(house, "organizations=several", "extent=fetch")
    assert 'organizations: "several"' in house.spec.with_name(f"{SPEC}.profile.yaml").read_text(
        encoding="utf-8"
    )


@also_proves(
    SPEC, flip("needs: options.customers = 'accounts-and-contacts'", "needs: options.customers <> 'none'")
)
def test_EC_03_contacts_of_no_account_can_only_be_chosen_beside_accounts_and_their_contacts(
    house: House,
) -> None:
    said = choose_anew(house, "customers=accounts", "lone_contacts=true", expect=1)
    assert "`lone_contacts` of `zoho-erp-crm` only applies if" in said
    assert not house.spec.with_name(f"{SPEC}.profile.yaml").exists()
