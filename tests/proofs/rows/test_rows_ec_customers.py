"""CRM and ERP, customers: what the rows EC-… promise, at the command line and in both systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rows_ec import (
    change_crm,
    change_erp,
    crm_all,
    crm_one,
    customers,
    erp_one,
    in_crm,
    in_erp,
    names,
)
from rows_world import also_proves, flip, only, proves

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-erp-crm"
NARROWED = "{ to: \"->\", if: \"options.extent = 'fetch' OR options.organizations = 'several'\" }"
ACCOUNTS, PERSONS = "title: Customers\n", "  contact-persons:"


# EC-01 ------------------------------------------------------------------------------------------------------------


@proves(SPEC, flip("NOT IN ('free', 'standard')", "NOT IN ('free')"))
def test_EC_01_a_crm_below_professional_is_refused_and_nothing_is_written(house: House) -> None:
    in_crm(house, "account", Account_Name="Nordwind")
    house.visitor.command("organization", product="crm", set={"license_details.paid_type": "standard"})
    house.forget_calls()
    assert "Zoho CRM must be on the Professional plan or higher." in house.must("run", expect=1)
    assert house.writes() == []
    assert customers(house) == []
    house.visitor.command("organization", product="crm", set={"license_details.paid_type": "professional"})
    house.run()
    assert names(customers(house), "contact_name") == ["Nordwind"]


@also_proves(SPEC, flip("crm.org.iso_code = erp.organizations.currency_code", "crm.org.iso_code IS NOT NULL"))
def test_EC_01_another_base_currency_is_refused_and_nothing_is_written(house: House) -> None:
    in_crm(house, "account", Account_Name="Nordwind")
    house.visitor.command("organization", product="erp", set={"currency_code": "INR"})
    house.forget_calls()
    assert "CRM and ERP need the same base currency." in house.must("run", expect=1)
    assert house.writes() == []
    assert customers(house) == []
    house.visitor.command("organization", product="crm", set={"iso_code": "INR"})
    house.run()
    assert names(customers(house), "contact_name") == ["Nordwind"]


# EC-02 ------------------------------------------------------------------------------------------------------------


@proves(SPEC, flip("options.organizations = 'one' OR options.extent = 'fetch' ", "TRUE "))
def test_EC_02_several_erp_organisations_cannot_be_synced_both_ways(house: House) -> None:
    in_erp(house, "customer", contact_name="Mira Ltd")
    house.choose(organizations="several", extent="both")
    house.forget_calls()
    said = house.must("run", expect=1)
    assert "Several ERP organisations on one CRM organisation can only fetch from CRM." in said
    assert house.writes() == []


@also_proves(
    SPEC,
    flip("options.vendors = 'fetch' OR options.organizations = 'several'", "options.vendors = 'fetch'"),
    flip("options.items = 'fetch' OR options.organizations = 'several'", "options.items = 'fetch'"),
    flip(f"direction: {NARROWED}", "", after=ACCOUNTS),
)
def test_EC_02_with_several_erp_organisations_nothing_at_all_is_written_to_crm(house: House) -> None:
    house.choose(organizations="several", extent="fetch")
    in_crm(house, "account", Account_Name="Nordwind")
    in_crm(house, "vendor", Vendor_Name="Papier & Co")
    in_crm(house, "product", Product_Name="Lamp", Unit_Price=10)
    in_erp(house, "customer", contact_name="Mira Ltd")
    in_erp(house, "customer", contact_name="Kontor", contact_type="vendor")
    in_erp(house, "item", name="Desk", rate=300)
    house.forget_calls()
    house.run()
    assert [one for one in house.writes() if "/crm/" in one] == []
    assert names(crm_all(house, "account"), "Account_Name") == ["Nordwind"]
    assert names(customers(house), "contact_name") == ["Mira Ltd", "Nordwind"]
    assert names(customers(house, kind="vendor"), "contact_name") == ["Kontor", "Papier & Co"]
    assert names(house.visitor.records("erp", "items"), "name") == ["Desk", "Lamp"]


@also_proves(SPEC, flip("default: both", "default: fetch", after="  extent:"))
def test_EC_02_one_organisation_each_is_synced_both_ways(house: House) -> None:
    in_crm(house, "account", Account_Name="Nordwind")
    in_erp(house, "customer", contact_name="Mira Ltd", customer_sub_type="business")
    house.run()
    assert names(crm_all(house, "account"), "Account_Name") == ["Mira Ltd", "Nordwind"]
    assert names(customers(house), "contact_name") == ["Mira Ltd", "Nordwind"]
    house.quiet()


# EC-03, EC-05 -----------------------------------------------------------------------------------------------------


def _people(house: House) -> None:
    """An account with a person, and a person of no account."""
    nordwind = in_crm(house, "account", Account_Name="Nordwind")
    in_crm(house, "contact", First_Name="Ada", Last_Name="Veld", Account_Name={"id": nordwind})
    in_crm(house, "contact", First_Name="Bo", Last_Name="Lund", Email="bo@lund.example")


@proves(
    SPEC,
    flip("if: options.customers = 'contacts' OR options.lone_contacts", "if: options.lone_contacts IS NULL"),
    flip("if: options.customers <> 'contacts'\n    sync", "sync"),
)
def test_EC_03_contacts_become_customers_of_type_individual(house: House) -> None:
    house.choose(customers="contacts")
    _people(house)
    house.run()
    assert names(customers(house), "contact_name") == ["Ada Veld", "Bo Lund"]
    assert {one.get("customer_sub_type") for one in customers(house)} == {"individual"}
    bo = only([one for one in customers(house) if one["contact_name"] == "Bo Lund"])
    assert only(bo["contact_persons"]).get("email") == "bo@lund.example"
    house.quiet()


@also_proves(
    SPEC,
    flip("if: options.customers = 'accounts-and-contacts'\n    sync", "sync"),
    flip("const: business", "const: individual", file="mappings/account-customer.yaml"),
)
def test_EC_03_accounts_become_customers_of_type_business_and_contacts_nothing(house: House) -> None:
    house.choose(customers="accounts", extent="fetch")
    _people(house)
    house.run()
    customer = only(customers(house))
    assert (customer["contact_name"], customer.get("customer_sub_type")) == ("Nordwind", "business")
    assert customer["contact_persons"] == []
    house.quiet()


@also_proves(
    SPEC,
    flip(
        "if: options.customers = 'accounts-and-contacts'", "if: options.customers = 'contacts'", after=PERSONS
    ),
    flip("OR Account_Name.id IS NULL", "OR Account_Name.id IS NOT NULL"),
)
def test_EC_03_accounts_and_their_contacts_become_customers_and_contact_persons(house: House) -> None:
    _people(house)
    house.run()
    customer = only(customers(house))
    person = only(customer["contact_persons"])
    assert customer["contact_name"] == "Nordwind"
    assert (person["first_name"], person["last_name"]) == ("Ada", "Veld")
    house.choose(lone_contacts=True)
    house.run()
    lone = only([one for one in customers(house) if one["contact_name"] != "Nordwind"])
    assert (lone["contact_name"], lone.get("customer_sub_type")) == ("Bo Lund", "individual")
    house.quiet()


@proves(
    SPEC,
    flip("OR customer_sub_type = 'business'", "OR TRUE"),
    flip("OR customer_sub_type = 'individual'", "OR TRUE"),
)
def test_EC_05_a_business_of_erp_becomes_an_account_and_an_individual_a_contact(house: House) -> None:
    house.choose(lone_contacts=True)
    in_erp(house, "customer", contact_name="Mira Ltd", customer_sub_type="business")
    person = {
        "first_name": "Ida",
        "last_name": "Holm",
        "email": "ida@holm.example",
        "is_primary_contact": True,
    }
    in_erp(
        house, "customer", contact_name="Ida Holm", customer_sub_type="individual", contact_persons=[person]
    )
    house.run()
    assert names(crm_all(house, "account"), "Account_Name") == ["Mira Ltd"]
    contact = only(crm_all(house, "contact"))
    assert (contact["First_Name"], contact["Last_Name"]) == ("Ida", "Holm")
    assert contact["Email"] == "ida@holm.example"
    house.quiet()


# EC-04 ------------------------------------------------------------------------------------------------------------


@proves(SPEC, flip(f"direction: {NARROWED}", "", after=ACCOUNTS))
def test_EC_04_fetch_brings_records_of_crm_and_nothing_of_erp(house: House) -> None:
    house.choose(extent="fetch")
    in_crm(house, "account", Account_Name="Nordwind")
    in_erp(house, "customer", contact_name="Mira Ltd", customer_sub_type="business")
    house.run()
    assert names(crm_all(house, "account"), "Account_Name") == ["Nordwind"]
    assert names(customers(house), "contact_name") == ["Mira Ltd", "Nordwind"]


@also_proves(SPEC, flip("crm.Accounts <-> erp.contacts", "crm.Accounts -> erp.contacts"))
def test_EC_04_both_ways_crm_goes_first(house: House) -> None:
    """Where both have a record of one name, what CRM says stands on both sides; then edits go both ways."""
    account = in_crm(house, "account", Account_Name="Nordwind", Website="https://crm.example")
    same = {"contact_name": "Nordwind", "customer_sub_type": "business", "website": "https://erp.example"}
    customer = in_erp(house, "customer", **same)
    house.run()
    assert erp_one(house, "customer", customer).get("website") == "https://crm.example"
    assert crm_one(house, "account", account).get("Website") == "https://crm.example"
    change_erp(house, "customer", customer, notes="pays late")
    change_crm(house, "account", account, Website="https://new.example")
    house.run()
    assert crm_one(house, "account", account).get("Description") == "pays late"
    assert erp_one(house, "customer", customer).get("website") == "https://new.example"
    assert len(customers(house)) == len(crm_all(house, "account")) == 1


@also_proves(SPEC, flip(f"direction: {NARROWED}", "", after=ACCOUNTS))
def test_EC_04_back_to_fetch_what_was_pushed_to_crm_stays_there_as_it_is(house: House) -> None:
    customer = in_erp(house, "customer", contact_name="Mira Ltd", customer_sub_type="business", notes="old")
    house.run()
    account = only(crm_all(house, "account"))
    house.choose(extent="fetch")
    change_erp(house, "customer", customer, notes="new")
    house.run()
    assert crm_one(house, "account", account["id"]).get("Description") == "old"
    assert names(crm_all(house, "account"), "Account_Name") == ["Mira Ltd"]
    change_crm(house, "account", account["id"], Description="from CRM")
    house.run()
    assert erp_one(house, "customer", customer).get("notes") == "from CRM"


# EC-06 ------------------------------------------------------------------------------------------------------------


def _twins(house: House) -> tuple[str, str]:
    """An account and a customer of one name, whose websites differ."""
    account = in_crm(house, "account", Account_Name="Nordwind", Website="https://crm.example")
    same = {"contact_name": "Nordwind", "customer_sub_type": "business", "website": "https://erp.example"}
    return account, in_erp(house, "customer", **same)


@proves(
    SPEC,
    flip("match: [ Account_Name ~ contact_name ]", "match: [ Account_Number = contact_number ]"),
    flip("duplicates: ${options.duplicates}", "duplicates: skip", after=ACCOUNTS),
)
def test_EC_06_overwrite_replaces_the_details_of_the_customer_of_that_name(house: House) -> None:
    account, customer = _twins(house)
    house.choose(duplicates="overwrite")
    house.run()
    assert only(customers(house)).get("contact_id") == customer
    assert erp_one(house, "customer", customer).get("website") == "https://crm.example"
    assert crm_one(house, "account", account).get("Website") == "https://crm.example"
    house.quiet()


@also_proves(SPEC, flip("duplicates: ${options.duplicates}", "duplicates: overwrite", after=ACCOUNTS))
def test_EC_06_skip_leaves_both_as_they_are(house: House) -> None:
    account, customer = _twins(house)
    house.choose(duplicates="skip")
    house.forget_calls()
    house.run()
    assert house.writes() == []
    change_crm(house, "account", account, Website="https://later.example")
    house.run()
    assert only(customers(house)).get("contact_id") == customer
    assert erp_one(house, "customer", customer).get("website") == "https://erp.example"


@also_proves(
    SPEC,
    flip("duplicates: ${options.duplicates}", "duplicates: overwrite", after=ACCOUNTS),
    flip("erp.preferences.allow_duplicate_names ", "TRUE "),
)
def test_EC_06_clone_needs_the_preference_of_erp_and_then_makes_a_second_one(house: House) -> None:
    account, customer = _twins(house)
    house.choose(duplicates="clone")
    house.forget_calls()
    said = house.must("run", expect=1)
    assert "allow the same display name for several customers in ERP" in said
    assert house.writes() == []
    house.visitor.erp("PUT", "/settings/preferences", json={"allow_duplicate_names": True})
    house.run()
    assert names(customers(house), "contact_name") == ["Nordwind", "Nordwind"]
    assert erp_one(house, "customer", customer).get("website") == "https://erp.example"
    clone = only([one for one in customers(house) if one["contact_id"] != customer])
    assert clone.get("website") == "https://crm.example"
    assert [one["id"] for one in crm_all(house, "account")] == [account]
    house.quiet()


# EC-07 ------------------------------------------------------------------------------------------------------------


@proves(
    SPEC,
    flip("crm: saved(options.account_view)", "crm: TRUE"),
    flip("view: { crm: saved(options.contact_view) }", "", after=PERSONS),
)
def test_EC_07_one_view_each_limits_accounts_and_contacts_and_what_leaves_one_is_not_deleted(
    house: House,
) -> None:
    house.choose(account_view="Benelux", contact_view="Opted out")
    inside = in_crm(house, "account", Account_Name="Nordwind", Billing_Country="Belgium")
    in_crm(house, "account", Account_Name="Südwind", Billing_Country="Spain")
    person = {"Account_Name": {"id": inside}}
    in_crm(house, "contact", First_Name="Ada", Last_Name="Veld", Email_Opt_Out=True, **person)
    in_crm(house, "contact", First_Name="Bo", Last_Name="Lund", Email_Opt_Out=False, **person)
    house.run()
    customer = only(customers(house))
    assert customer["contact_name"] == "Nordwind"
    assert names(customer["contact_persons"], "first_name") == ["Ada"]
    house.quiet()
    change_crm(house, "account", inside, Billing_Country="Spain")
    for words in ((), ("--full",)):
        house.run(*words)
        kept = erp_one(house, "customer", customer["contact_id"])
        assert kept.get("status") == "active"
        assert names(kept["contact_persons"], "first_name") == ["Ada"]


@also_proves(SPEC, flip("crm: saved(options.account_view)", "crm: TRUE"))
def test_EC_07_a_view_that_crm_does_not_have_stops_the_run_before_it_writes(house: House) -> None:
    house.choose(account_view="Beneluxx")
    in_crm(house, "account", Account_Name="Nordwind", Billing_Country="Belgium")
    house.forget_calls()
    assert "Beneluxx" in house.must("run", expect=1)
    assert house.writes() == []


# EC-08 ------------------------------------------------------------------------------------------------------------


@proves(
    SPEC,
    flip("Billing_City <-> billing_address.city", "", file="mappings/account-customer.yaml"),
    flip("Description <-> notes", "", file="mappings/account-customer.yaml"),
)
def test_EC_08_the_fields_that_are_mapped_by_default_come_over(house: House) -> None:
    fields = {
        "Website": "https://nordwind.example",
        "Phone": "+32 2 555 01 01",
        "Description": "since 1921",
        "Billing_Street": "Rue Haute 7",
        "Billing_City": "Brussels",
        "Shipping_City": "Ghent",
    }
    in_crm(house, "account", Account_Name="Nordwind", **fields)
    house.run()
    customer = erp_one(house, "customer", only(customers(house))["contact_id"])
    assert (customer.get("website"), customer.get("notes")) == (fields["Website"], fields["Description"])
    billing, shipping = customer.get("billing_address", {}), customer.get("shipping_address", {})
    assert (billing.get("address"), billing.get("city")) == ("Rue Haute 7", "Brussels")
    assert shipping.get("city") == "Ghent"


def _map(house: House, line: str, file: str = "account-customer") -> None:
    """Somebody adds a line to the mapping, by hand."""
    path = house.root / "mappings" / f"{file}.yaml"
    path.write_text(path.read_text(encoding="utf-8") + f"  - {line}\n", encoding="utf-8")


@also_proves(SPEC, flip("mapping: account-customer", "fields: [ Account_Name <-> contact_name ]"))
def test_EC_08_a_further_field_is_mapped_by_hand_from_then_on(house: House) -> None:
    account = in_crm(house, "account", Account_Name="Nordwind", Account_Number="N 7")
    house.run()
    customer = only(customers(house))["contact_id"]
    assert erp_one(house, "customer", customer).get("contact_number") != "N 7"
    _map(house, "Account_Number <-> contact_number")
    house.run()
    assert erp_one(house, "customer", customer).get("contact_number") == "N 7"
    change_erp(house, "customer", customer, contact_number="N 8")
    house.run()
    assert crm_one(house, "account", account).get("Account_Number") == "N 8"
    house.quiet()


@also_proves(
    SPEC,
    flip(
        "if: options.custom_fields",
        "if: options.figures",
        file="mappings/account-customer.yaml",
        after="Industry",
    ),
)
def test_EC_08_custom_fields_come_over_if_one_chooses_so(house: House) -> None:
    fields = {"Industry": "Logistics", "Cost_Centre": "K7", "Rating": "Shut Down"}
    in_crm(house, "account", Account_Name="Nordwind", **fields)
    house.run()
    customer = only(customers(house))["contact_id"]
    hash_ = erp_one(house, "customer", customer).get("custom_field_hash", {})
    assert hash_ == {}
    house.choose(custom_fields=True)
    house.run()
    hash_ = erp_one(house, "customer", customer).get("custom_field_hash", {})
    assert hash_ == {"cf_industry": "Logistics", "cf_cost_centre": "K7", "cf_rating": "z"}


@also_proves(SPEC, flip("mapping: account-customer", "fields: [ Account_Name <-> contact_name ]"))
def test_EC_08_fields_of_different_types_cannot_be_mapped_and_the_place_is_told(house: House) -> None:
    in_crm(house, "account", Account_Name="Nordwind", Employees=7)
    _map(house, "Employees <-> cf_cost_centre")
    house.forget_calls()
    said = house.must("run", expect=1)
    assert "mappings/account-customer.yaml:" in said
    assert "error[type-mismatch]: `Employees` is an integer" in said
    assert house.writes() == []


# EC-13 ------------------------------------------------------------------------------------------------------------


@proves(SPEC, flip("deletes: keep", "deletes: propagate", after="  customers:"))
def test_EC_13_a_customer_pushed_to_crm_and_deleted_there_stays_in_erp_and_is_not_made_again(
    house: House,
) -> None:
    customer = in_erp(house, "customer", contact_name="Mira Ltd")
    house.run()
    account = only(crm_all(house, "account"))
    assert account["Account_Name"] == "Mira Ltd"
    house.visitor.crm("DELETE", f"/Accounts/{account['id']}")
    for words in ((), ("--full",)):
        house.run(*words)
        assert crm_all(house, "account") == []
        assert erp_one(house, "customer", customer).get("status") == "active"
    house.quiet()
