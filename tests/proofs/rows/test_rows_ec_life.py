"""CRM and ERP: connect, pause, disable, enable, delete, as the rows EC-09, EC-12, EC-15 and EC-17 promise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rows_world import also_proves, flip, only, proves
from test_rows_pc_refusals import post_office

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-erp-crm"
NO_CUSTOMERS = flip(
    "if: options.customers <> 'contacts'", "if: options.customers = 'none'", after="  customers:  "
)


def account(house: House, name: str = "Acme Ltd") -> str:
    """A new account of CRM."""
    made = house.visitor.crm("POST", "/Accounts", json={"data": [{"Account_Name": name}]}).json()
    return str(made["data"][0]["details"]["id"])


def customers(house: House) -> list[str]:
    """The names of the contacts in ERP."""
    found = house.visitor.erp("GET", "/contacts").json().get("contacts", [])
    return sorted(str(one.get("contact_name")) for one in found)


def customer(house: House, name: str) -> dict[str, Any]:
    """A contact of ERP by name; empty = there is none."""
    found = house.visitor.erp("GET", "/contacts", params={"contact_name": name}).json().get("contacts", [])
    return next((dict(one) for one in found if one.get("contact_name") == name), {})


def status(house: House) -> dict[str, Any]:
    """What `engine status` says of it."""
    told = json.loads(house.bare_engine("status", "--format", "json").stdout).get("integrations", [])
    return next((dict(one) for one in told if one["integration"] == SPEC), {})


def order(house: House, command: str, *words: str, expect: int = 0) -> str:
    """A stage, confirmed."""
    return house.must(command, "--yes", *words, expect=expect)


@proves(SPEC, NO_CUSTOMERS)
def test_EC_09_it_is_saved_and_synced_at_once_or_saved_only_and_synced_later(house: House) -> None:
    account(house)
    order(house, "connect", "--later")
    assert customers(house) == []
    assert status(house).get("state") == "active"
    assert status(house).get("modules") == {}
    told = order(house, "connect")
    assert "1 created" in told
    assert customers(house) == ["Acme Ltd"]
    told = house.bare_engine("status").output
    assert "active since" in told
    assert "last run" in told
    assert "customers" in told


@also_proves(SPEC, NO_CUSTOMERS)
def test_EC_12_paused_nothing_runs_and_resumed_it_goes_on(house: House) -> None:
    account(house)
    house.run()
    assert "paused since" in house.bare_engine("pause", str(house.spec)).output
    account(house, "Beta GmbH")
    house.forget_calls()
    assert "engine resume" in house.must("run", expect=7)
    assert house.writes() == []
    assert status(house).get("state") == "paused"
    house.bare_engine("resume", str(house.spec))
    house.run()
    assert customers(house) == ["Acme Ltd", "Beta GmbH"]


@also_proves(
    SPEC,
    flip(
        "{ to: \"->\", if: \"options.extent = 'fetch' OR options.organizations = 'several'\" }",
        '"->"',
        after="  customers:  ",
    ),
    flip(
        "if: \"options.extent = 'fetch' OR options.organizations = 'several'\"",
        "if: \"options.organizations = 'several'\"",
        after="  customers:  ",
    ),
)
def test_EC_12_edited_preferences_apply_from_the_next_sync(house: House) -> None:
    account(house)
    house.visitor.erp("POST", "/contacts", json={"contact_name": "Mira Ltd"})
    house.choose(extent="fetch")
    house.run()
    assert [one["Account_Name"] for one in house.visitor.records("crm", "Accounts")] == ["Acme Ltd"]
    house.choose(extent="both")
    house.run()
    names = [one["Account_Name"] for one in house.visitor.records("crm", "Accounts")]
    assert names == ["Acme Ltd", "Mira Ltd"]


@also_proves(
    SPEC,
    flip(
        "  - check: crm.org.iso_code = erp.organizations.currency_code",
        "  - check: options.figures = options.figures",
    ),
)
def test_EC_12_the_history_shows_what_was_added_updated_and_deleted_when_and_why_a_sync_failed(
    house: House,
) -> None:
    mine = account(house)
    house.run()
    house.visitor.crm("PUT", f"/Accounts/{mine}", json={"data": [{"Website": "https://acme.example"}]})
    house.run()
    house.visitor.command("organization", product="erp", set={"currency_code": "USD"})
    house.must("run", expect=1)
    runs = json.loads(house.bare_engine("history", "--format", "json").stdout)["runs"]
    assert [one["outcome"] for one in runs] == ["failed", "done", "done"]
    assert "same base currency" in str(runs[0]["error"])
    counts = [one["counts"].get("customers", {}) for one in (runs[1], runs[2])]
    assert [one.get("updated", {}).get("right") for one in counts] == [1, 0]
    assert [one.get("created", {}).get("right") for one in counts] == [0, 1]
    assert [one.get("deleted", {}).get("right") for one in counts] == [0, 0]
    assert all(one["started"] and one["ended"] for one in runs)
    told = house.bare_engine("history").output
    assert "add/upd/del" in told
    assert "1/0/0" in told
    assert "CRM and ERP need the same base currency." in told


def used(house: House, name: str) -> None:
    """The customer gets an invoice."""
    visitor = house.visitor
    item = visitor.erp("POST", "/items", json={"name": f"Work for {name}", "rate": 10}).json()["item"]
    invoice = {
        "customer_id": customer(house, name).get("contact_id"),
        "line_items": [{"item_id": item["item_id"], "quantity": 1}],
    }
    answer = visitor.erp("POST", "/invoices", json=invoice)
    assert answer.status_code == 201, answer.text


@proves(
    SPEC,
    flip(
        "disable: { says: Records are no longer synced until the integration is enabled again. }",
        "disable: {}",
    ),
    NO_CUSTOMERS,
)
def test_EC_15_disabled_nothing_is_synced_and_enabled_it_goes_on_from_the_last_sync(house: House) -> None:
    account(house)
    house.run()
    assert "no longer synced until" in order(house, "disable")
    account(house, "Beta GmbH")
    house.forget_calls()
    assert "engine enable" in house.must("run", expect=7)
    assert house.writes() == []
    order(house, "enable")
    house.run()
    assert customers(house) == ["Acme Ltd", "Beta GmbH"]
    house.quiet()


@also_proves(SPEC, flip("    needs: [ disabled ]\n", "", after="  delete:"))
def test_EC_15_it_can_be_deleted_only_when_it_is_disabled(house: House) -> None:
    account(house)
    house.run()
    house.forget_calls()
    assert "engine disable" in order(house, "delete", "--choice", "convert-used", expect=1)
    assert house.writes() == []
    assert status(house).get("state") == "active"
    house.quiet()


@also_proves(
    SPEC,
    flip("finance apps of the\n      organisation lose the integration, too.", "things happen."),
    flip("        - { convert: customers }\n", ""),
    flip("only: options.crm_filter AND linked()", "only: options.figures AND linked()"),
)
def test_EC_15_deleted_with_convert_all_every_record_becomes_a_plain_one_of_erp(house: House) -> None:
    house.choose(crm_filter=True)
    mine = account(house)
    house.run()
    used(house, "Acme Ltd")
    assert only(house.visitor.records("erp", "contacts")).get("zcrm_account_id") == mine
    order(house, "disable")
    house.forget_calls()
    told = order(house, "delete", "--choice", "convert-all")
    assert "Other finance apps of the organisation lose the integration, too." in told
    assert "let the records of `customers` become plain ones: 1 link" in told
    assert len(house.writes()) == 1
    assert customers(house) == ["Acme Ltd"]
    assert not only(house.visitor.records("erp", "contacts")).get("zcrm_account_id")
    house.visitor.crm("PUT", f"/Accounts/{mine}", json={"data": [{"Account_Name": "Acme Inc"}]})
    assert "engine connect" in house.must("run", expect=7)
    assert customers(house) == ["Acme Ltd"]


@also_proves(
    SPEC,
    flip("origin() = 'crm' AND has_transaction = false", "origin() = 'crm'"),
    flip("origin() = 'crm' AND has_transaction = false", "has_transaction = false"),
    flip("        - { delete: erp.contacts, only: \"origin() = 'crm' AND has_transaction = false\" }\n", ""),
    flip("    mail: { to: asked_by, template: integration-deleted }", ""),
)
def test_EC_15_deleted_with_convert_used_those_from_crm_without_transactions_are_deleted(
    house: House,
) -> None:
    for name in ("Acme Ltd", "Beta GmbH"):
        account(house, name)
    house.visitor.erp("POST", "/contacts", json={"contact_name": "Mira Ltd"})
    house.run()
    used(house, "Acme Ltd")
    order(house, "disable")
    with post_office(house) as inbox:
        told = order(house, "delete", "--choice", "convert-used", "--by", "ada@example.com")
    assert [mail["To"] for mail in inbox.mails] == ["ada@example.com"]
    assert "the integration was deleted" in str(inbox.mails[0]["Subject"])
    assert "1 record deleted" in " ".join(inbox.mails[0].get_content().split())
    assert "- Beta GmbH" in told
    assert "1 record deleted" in told
    assert customers(house) == ["Acme Ltd", "Mira Ltd"]
    accounts = house.visitor.records("crm", "Accounts")
    assert sorted(one["Account_Name"] for one in accounts) == ["Acme Ltd", "Beta GmbH", "Mira Ltd"]
    told = house.bare_engine("errors").output
    assert "Notices about the integration itself" in told
    assert "1 record deleted" in told
    assert "ada@example.com" in told
    assert status(house).get("state") == "deleted"
    assert status(house).get("modules") == {}


@proves(
    SPEC,
    flip('  - { to: crm, what: "The name, mail address and country of your ERP organisation." }\n', ""),
    flip('  - { to: crm, what: "The details of all your users in ERP." }\n', ""),
)
def test_EC_17_what_connecting_discloses_is_shown_and_must_be_confirmed(house: House) -> None:
    account(house)
    house.forget_calls()
    told = house.must("connect", expect=1)
    assert "Connecting shows to crm: The name, mail address and country of your ERP organisation." in told
    assert "Connecting shows to crm: The details of all your users in ERP." in told
    assert "Lindenhof Trading" in told
    assert "--yes" in told
    assert house.writes() == []
    assert customers(house) == []
    assert status(house) == {}
    order(house, "connect")
    assert customers(house) == ["Acme Ltd"]
