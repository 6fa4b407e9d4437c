"""CRM and Books or ERP, vendors: the same promises as for customers, with choices of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rows_bc import change_crm, crm_all, crm_one, in_crm, names
from rows_finance import change_finance, finance, finance_one, in_finance, vendors
from rows_world import flip, only, proves_alike

if TYPE_CHECKING:
    from rows_world import House

VENDORS = "title: Vendors\n"
PRODUCTS = {"books": "Books", "erp": "ERP"}


@proves_alike(
    "BC-04",
    "EC-10",
    flips=[flip("crm.Vendors <-> FINANCE.contacts", "crm.Vendors -> FINANCE.contacts")],
    sampled="BC-04",
)
def test_vendors_go_both_ways_as_contacts_of_type_vendor(house: House) -> None:
    house.choose(vendors="both")
    in_crm(house, "vendor", Vendor_Name="Papier & Co", Email="shop@papier.example", City="Ghent")
    in_finance(
        house, "customer", contact_name="Kontor", contact_type="vendor", website="https://kontor.example"
    )
    house.run()
    paper = only([one for one in vendors(house) if one["contact_name"] == "Papier & Co"])
    assert only(paper["contact_persons"]).get("email") == "shop@papier.example"
    assert paper.get("billing_address", {}).get("city") == "Ghent"
    assert names(crm_all(house, "vendor"), "Vendor_Name") == ["Kontor", "Papier & Co"]
    kontor = only([one for one in crm_all(house, "vendor") if one["Vendor_Name"] == "Kontor"])
    assert kontor.get("Website") == "https://kontor.example"
    assert crm_all(house, "account") == []
    assert len(vendors(house)) == len(house.visitor.records(house.finance, "contacts"))
    house.quiet()


@proves_alike("BC-04", "EC-10", flips=[flip("options.vendors = 'fetch' OR", "FALSE OR")])
def test_vendors_are_only_fetched_if_one_chooses_so_and_what_was_pushed_stays(house: House) -> None:
    house.choose(vendors="both")
    vendor = in_finance(house, "customer", contact_name="Kontor", contact_type="vendor", notes="old")
    house.run()
    pushed = only(crm_all(house, "vendor"))["id"]
    house.choose(vendors="fetch")
    change_finance(house, "customer", vendor, notes="new")
    in_finance(house, "customer", contact_name="Werft", contact_type="vendor")
    house.run()
    assert names(crm_all(house, "vendor"), "Vendor_Name") == ["Kontor"]
    assert crm_one(house, "vendor", pushed).get("Description") == "old"


@proves_alike("BC-04", "EC-10", flips=[flip("if: options.vendors <> 'none'\n    sync", "sync")])
def test_vendors_can_be_left_out(house: House) -> None:
    house.choose(vendors="none")
    in_crm(house, "vendor", Vendor_Name="Papier & Co")
    in_finance(house, "customer", contact_name="Kontor", contact_type="vendor")
    house.run()
    assert names(crm_all(house, "vendor"), "Vendor_Name") == ["Papier & Co"]
    assert names(vendors(house), "contact_name") == ["Kontor"]


def _twins(house: House) -> tuple[str, str]:
    """A vendor of one name on both sides, whose websites differ."""
    vendor = in_crm(house, "vendor", Vendor_Name="Kontor", Website="https://crm.example")
    same = {"contact_name": "Kontor", "contact_type": "vendor", "website": "https://finance.example"}
    return vendor, in_finance(house, "customer", **same)


@proves_alike(
    "BC-04",
    "EC-10",
    flips=[
        flip("duplicates: ${options.vendor_duplicates}", "duplicates: skip"),
        flip("match: [ Vendor_Name = contact_name ]", "match: [ Email = email ]"),
    ],
)
def test_overwrite_replaces_the_vendor_of_that_name(house: House) -> None:
    house.choose(vendors="both")
    _, there = _twins(house)
    house.run()
    assert only(vendors(house)).get("contact_id") == there
    assert finance_one(house, "customer", there).get("website") == "https://crm.example"
    house.quiet()


@proves_alike(
    "BC-04",
    "EC-10",
    flips=[flip("duplicates: ${options.vendor_duplicates}", "duplicates: ${options.duplicates}")],
)
def test_skip_leaves_both_vendors_as_they_are(house: House) -> None:
    house.choose(vendors="both")
    _, there = _twins(house)
    house.choose(vendor_duplicates="skip")
    house.forget_calls()
    house.run()
    assert house.writes() == []
    assert only(vendors(house)).get("contact_id") == there


@proves_alike(
    "BC-04",
    "EC-10",
    flips=[
        flip("duplicates: ${options.vendor_duplicates}", "duplicates: ${options.duplicates}"),
        flip("OR (options.vendors <> 'none' AND options.vendor_duplicates = 'clone')", ""),
    ],
)
def test_clone_makes_a_second_vendor_once_finance_allows_it(house: House) -> None:
    house.choose(vendors="both")
    _, there = _twins(house)
    house.choose(vendor_duplicates="clone")
    house.forget_calls()
    assert "allow the same display name for several customers in " + PRODUCTS[house.finance] in house.must(
        "run", expect=1
    )
    assert house.writes() == []
    finance(house, "PUT", "/settings/preferences", allow_duplicate_names=True)
    house.run()
    assert names(vendors(house), "contact_name") == ["Kontor", "Kontor"]
    assert finance_one(house, "customer", there).get("website") == "https://finance.example"
    house.quiet()


@proves_alike("BC-04", "EC-10", flips=[flip("crm: saved(options.vendor_view)", "crm: TRUE")])
def test_a_view_limits_vendors_and_what_leaves_it_is_not_deleted(house: House) -> None:
    house.choose(vendors="both")
    house.choose(vendor_view="Carriers")
    inside = in_crm(house, "vendor", Vendor_Name="Kurier", Category="Carrier")
    in_crm(house, "vendor", Vendor_Name="Papier & Co", Category="Paper")
    house.run()
    there = only(vendors(house))
    assert there["contact_name"] == "Kurier"
    change_crm(house, "vendor", inside, Category="Paper")
    for words in ((), ("--full",)):
        house.run(*words)
        assert finance_one(house, "customer", there["contact_id"]).get("status") == "active"


@proves_alike(
    "BC-04",
    "EC-10",
    flips=[flip("mapping: vendor", "fields: [ Vendor_Name <-> contact_name ]", after=VENDORS)],
)
def test_a_further_field_of_vendors_is_mapped_by_hand(house: House) -> None:
    house.choose(vendors="both")
    vendor = in_crm(house, "vendor", Vendor_Name="Kontor", Category="Paper")
    path = house.root / "mappings" / "vendor.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "  - Category <-> cf_cost_centre\n", encoding="utf-8")
    house.run()
    there = only(vendors(house))["contact_id"]
    assert finance_one(house, "customer", there).get("custom_field_hash") == {"cf_cost_centre": "Paper"}
    assert crm_one(house, "vendor", vendor).get("Category") == "Paper"
    house.quiet()


@proves_alike("BC-10", "EC-13", flips=[flip("deletes: keep", "deletes: propagate", after=VENDORS)])
def test_a_vendor_pushed_to_crm_and_deleted_there_stays_in_finance_and_is_not_made_again(
    house: House,
) -> None:
    house.choose(vendors="both")
    vendor = in_finance(house, "customer", contact_name="Kontor", contact_type="vendor")
    house.run()
    house.visitor.crm("DELETE", f"/Vendors/{only(crm_all(house, 'vendor'))['id']}")
    for words in ((), ("--full",)):
        house.run(*words)
        assert crm_all(house, "vendor") == []
        assert finance_one(house, "customer", vendor).get("status") == "active"
    house.quiet()
