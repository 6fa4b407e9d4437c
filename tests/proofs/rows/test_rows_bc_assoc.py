"""CRM and Books, deals on transactions: what the row BC-12 promises, at the command line and in both systems."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rows_world import also_proves, flip, only, proves

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-books-crm"
WHEN = "linked('customers', left.Account_Name.id, right.customer_id)"


def account(house: House, name: str) -> str:
    """A company in CRM."""
    body = {"data": [{"Account_Name": name}]}
    return str(house.visitor.crm("POST", "/Accounts", json=body).json()["data"][0]["details"]["id"])


def deal(house: House, name: str, of: str, **more: Any) -> str:
    """An open deal of a company."""
    one = {"Deal_Name": name, "Stage": "Qualification", "Account_Name": {"id": of}, **more}
    return str(house.visitor.crm("POST", "/Deals", json={"data": [one]}).json()["data"][0]["details"]["id"])


def customer(house: House, name: str) -> str:
    """The id of a customer in Books."""
    rows = house.visitor.books("GET", "/contacts").json()["contacts"]
    return str(only([row for row in rows if row["contact_name"] == name])["contact_id"])


def invoice(house: House, of: str) -> str:
    """An invoice that somebody writes in Books."""
    body = {"customer_id": of, "line_items": [{"name": "Advice", "rate": 100, "quantity": 1}]}
    return str(house.visitor.books("POST", "/invoices", json=body).json()["invoice"]["invoice_id"])


def potential(house: House, record: str) -> str | None:
    """The deal that Books shows on an invoice; None = none."""
    shown = house.visitor.books("GET", f"/invoices/{record}").json()["invoice"]
    return shown.get("zcrm_potential_id") or None


def two_customers(house: House) -> tuple[str, str, str, str]:
    """Acme with a deal and an invoice, Bolt with an invoice: (deal, Acme's invoice, Bolt's, Acme's account)."""
    house.choose(deal_associations=True)
    acme = account(house, "Acme")
    account(house, "Bolt")
    house.run()
    wanted = deal(house, "Roof", acme)
    return wanted, invoice(house, customer(house, "Acme")), invoice(house, customer(house, "Bolt")), acme


def pairs(house: House, action: str, *words: str) -> list[tuple[str, str]]:
    """(record, record) of what is listed or offered."""
    said = json.loads(house.must(f"associations {action}", *words, "--format", "json"))
    rows = said.get("pairs") or said.get("associations") or []
    return [(row["of"], row["to"]) for row in rows]


def ends(wanted: str, record: str) -> tuple[str, str, str, str]:
    """The options that name a deal and an invoice."""
    return "--of", f"crm.Deals:{wanted}", "--to", f"books.invoices:{record}"


@proves(SPEC, flip(WHEN, "left.Account_Name.id = right.customer_id"), flip("shows: id -> zcrm_potential_id"))
def test_BC_12_a_deal_is_put_on_an_invoice_of_its_customer_shown_there_and_taken_off_again(
    house: House,
) -> None:
    wanted, mine, other, _ = two_customers(house)
    here = (f"crm.Deals:{wanted}", f"books.invoices:{mine}")
    assert pairs(house, "offer", "deal-transactions") == [here]
    said = house.must("associations add", "deal-transactions", *ends(wanted, mine))
    assert "Roof" in said
    assert potential(house, mine) == wanted
    assert pairs(house, "list") == [here]
    assert pairs(house, "offer", "deal-transactions") == []
    said = house.must("associations list", "--of", f"crm.Deals:{wanted}")
    assert "Roof" in said
    assert "INV-" in said
    house.must("associations remove", *ends(wanted, mine))
    assert potential(house, mine) is None
    assert pairs(house, "list") == []
    assert potential(house, other) is None


@also_proves(SPEC, flip(WHEN, "left.Account_Name.id IS NOT NULL"))
def test_BC_12_a_deal_is_not_put_on_an_invoice_of_somebody_else(house: House) -> None:
    wanted, mine, other, _ = two_customers(house)
    house.forget_calls()
    refused = house.engine("associations add", "deal-transactions", *ends(wanted, other))
    assert refused.exit_code == 1, refused.output
    assert "do not go together" in refused.output
    assert "linked('customers'" in refused.output
    assert house.writes() == []
    assert pairs(house, "list") == []
    second = deal(house, "Door", account(house, "Acme Two"))
    house.must("associations add", "deal-transactions", *ends(wanted, mine))
    house.forget_calls()
    taken = house.engine("associations add", "deal-transactions", *ends(second, mine))
    assert taken.exit_code == 1, taken.output
    assert house.writes() == []
    assert potential(house, mine) == wanted
    assert house.bare_engine("pause", str(house.spec)).exit_code == 0
    for action in ("add deal-transactions", "remove"):
        verb, *name = action.split()
        at_rest = house.engine(f"associations {verb}", *name, *ends(wanted, mine))
        assert at_rest.exit_code == 7, at_rest.output
    assert house.writes() == []
    assert potential(house, mine) == wanted


@also_proves(SPEC, flip("offer: Record_Status__s = 'Available'", "offer: Record_Status__s = 'Trash'"))
def test_BC_12_a_deleted_deal_is_not_offered_and_what_it_was_put_on_says_that_it_is_gone(
    house: House,
) -> None:
    wanted, mine, _, acme = two_customers(house)
    kept = deal(house, "Wall", acme)
    assert {of for of, _ in pairs(house, "offer", "deal-transactions")} == {
        f"crm.Deals:{wanted}",
        f"crm.Deals:{kept}",
    }
    house.must("associations add", "deal-transactions", *ends(wanted, mine))
    house.visitor.crm("DELETE", f"/Deals/{wanted}")
    assert {of for of, _ in pairs(house, "offer", "deal-transactions")} == {f"crm.Deals:{kept}"}
    refused = house.engine("associations add", "deal-transactions", *ends(wanted, mine))
    assert refused.exit_code == 1, refused.output
    assert "deleted" in house.must("associations list")
    house.must("associations remove", *ends(wanted, mine))
    assert potential(house, mine) is None


@also_proves(
    SPEC,
    flip("associate: locked", "associate: yes", after="create: books.invoices"),
    flip("associate: locked", "associate: no", after="create: books.invoices"),
)
def test_BC_12_what_a_trigger_has_put_together_stays_together(house: House) -> None:
    house.choose(deal_associations=True, invoice_won_deals=True)
    acme = account(house, "Acme")
    wanted = deal(house, "Roof", acme, Probability=40)
    house.run()
    house.visitor.crm(
        "PUT", "/Deals", json={"data": [{"id": wanted, "Probability": 100, "Stage": "Closed Won"}]}
    )
    house.run()
    listed = house.visitor.books("GET", "/invoices").json()["invoices"]
    made = str(only(listed)["invoice_id"])
    assert pairs(house, "list", "--of", f"crm.Deals:{wanted}") == [
        (f"crm.Deals:{wanted}", f"books.invoices:{made}")
    ]
    assert potential(house, made) == wanted
    house.forget_calls()
    refused = house.engine("associations remove", *ends(wanted, made))
    assert refused.exit_code == 1, refused.output
    assert "invoice-on-won" in refused.output
    assert "locked" in refused.output
    assert house.writes() == []
    assert potential(house, made) == wanted
    assert len(pairs(house, "list")) == 1


@also_proves(SPEC, flip("if: options.deal_associations", after="  deal-transactions:"))
def test_BC_12_without_the_option_no_deal_can_be_put_on_anything(house: House) -> None:
    wanted, mine, _, _ = two_customers(house)
    house.choose(deal_associations=False)
    house.forget_calls()
    refused = house.engine("associations add", "deal-transactions", *ends(wanted, mine))
    assert refused.exit_code == 1, refused.output
    assert "has no association `deal-transactions`" in refused.output
    assert house.writes() == []


@also_proves(
    SPEC, flip("check: crm.org.license_details.paid_type <> 'free'", "check: crm.org.iso_code <> ''")
)
def test_BC_12_a_crm_without_custom_modules_is_told_before_anything_is_written(house: House) -> None:
    house.choose(deal_associations=True)
    account(house, "Acme")
    house.visitor.command("organization", product="crm", set={"license_details.paid_type": "free"})
    house.forget_calls()
    refused = house.engine("run")
    assert refused.exit_code == 1, refused.output
    assert "needs custom modules" in refused.output
    assert house.writes() == []


@also_proves(
    SPEC,
    flip("to: [ books.estimates, books.salesorders,", "to: [ books.salesorders,"),
    flip("to: [ books.estimates, books.salesorders,", "to: [ books.estimates,"),
    flip("books.invoices, books.expenses ]", "books.invoices ]"),
)
def test_BC_12_quotes_sales_orders_and_expenses_of_the_customer_take_the_deal_too(house: House) -> None:
    wanted, _, _, _ = two_customers(house)
    books, acme = house.visitor.books, customer(house, "Acme")
    sale = {"customer_id": acme, "line_items": [{"name": "Advice", "rate": 100, "quantity": 1}]}
    accounts = books("GET", "/chartofaccounts").json()["chartofaccounts"]
    ids = {row["account_type"]: row["account_id"] for row in accounts}
    cost = {
        "customer_id": acme,
        "account_id": ids["expense"],
        "paid_through_account_id": ids["cash"],
        "date": "2026-03-01",
        "amount": 40,
    }
    for stream, one, body in (
        ("estimates", "estimate", sale),
        ("salesorders", "salesorder", sale),
        ("expenses", "expense", cost),
    ):
        made = books("POST", f"/{stream}", json=body).json()[one]
        record = str(made[f"{one}_id"])
        to = ("--of", f"crm.Deals:{wanted}", "--to", f"books.{stream}:{record}")
        assert (f"crm.Deals:{wanted}", f"books.{stream}:{record}") in pairs(
            house, "offer", "deal-transactions"
        )
        house.must("associations add", "deal-transactions", *to)
        assert books("GET", f"/{stream}/{record}").json()[one].get("zcrm_potential_id") == wanted
        house.must("associations remove", *to)
        assert not books("GET", f"/{stream}/{record}").json()[one].get("zcrm_potential_id")
