"""CRM and Books, deals that make quotes and invoices: what the row BC-08 promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rows_bc import books_all, books_one, in_crm, mark
from rows_world import also_proves, flip, only, proves

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-books-crm"
STAGES = {
    "quote_stage": "Proposal/Price Quote",
    "quote_accepted_stage": "Negotiation/Review",
    "quote_declined_stage": "Closed Lost",
}
QUOTE, INVOICE = "mappings/deal-estimate.yaml", "mappings/deal-invoice.yaml"
ADDRESS = {
    "Billing_Street": "Kai 7",
    "Billing_City": "Kiel",
    "Billing_Code": "24103",
    "Billing_Country": "DE",
}


def account(house: House, name: str = "Nordwind") -> str:
    """A company in CRM with its address."""
    return in_crm(house, "account", Account_Name=name, **ADDRESS)


def deal(house: House, **more: Any) -> str:
    """An open deal."""
    fields = {"Deal_Name": "Roof", "Description": "Slate", "Amount": 1250.5, "Stage": "Qualification", **more}
    answer = house.visitor.crm("POST", "/Deals", json={"data": [{"Probability": 10} | fields]})
    return str(answer.json()["data"][0]["details"]["id"])


def move(house: House, id_: str, stage: str, probability: int = 50) -> None:
    """Somebody in sales moves a deal."""
    house.visitor.crm("PUT", f"/Deals/{id_}", json={"data": [{"Stage": stage, "Probability": probability}]})


def made(house: House, kind: str) -> dict[str, Any]:
    """The only document of a kind in Books, in full."""
    key = {"quote": "estimate_id", "invoice": "invoice_id"}[kind]
    return books_one(house, kind, str(only(books_all(house, kind))[key]))


def line_of(document: dict[str, Any]) -> tuple[Any, ...]:
    """What is sold."""
    line = only(document.get("line_items", []))
    return line.get("name"), line.get("description"), line.get("rate")


def quoted(house: House) -> str:
    """A deal whose quote has been made; answers the deal."""
    house.choose(**STAGES)
    mine = deal(house, Account_Name={"id": account(house)})
    house.run()
    move(house, mine, STAGES["quote_stage"])
    house.run()
    return mine


@proves(
    SPEC,
    flip("becomes: Stage = options.quote_stage", "becomes: Stage = options.quote_accepted_stage"),
    flip("Owner.name -> salesperson_name", "Type -> salesperson_name", file=QUOTE),
    flip("description: Description, rate: Amount", "description: Deal_Name, rate: Amount", file=QUOTE),
    flip("id -> zcrm_potential_id ", "id -> notes ", file=QUOTE),
)
def test_BC_08_a_quote_is_made_once_at_its_stage_with_what_the_deal_says(house: House) -> None:
    mine = quoted(house)
    quote, shown = made(house, "quote"), only(crm_all_deals(house))
    assert (quote.get("customer_name"), quote.get("status")) == ("Nordwind", "draft")
    assert quote.get("salesperson_name") == shown["Owner"]["name"]
    assert line_of(quote) == ("Roof", "Slate", 1250.5)
    assert quote.get("zcrm_potential_id") == mine  # by this Books shows it on the deal
    house.quiet()
    move(house, mine, "Qualification")
    house.run()
    move(house, mine, STAGES["quote_stage"])
    house.run()
    assert len(books_all(house, "quote")) == 1
    house.quiet()


def crm_all_deals(house: House) -> list[dict[str, Any]]:
    """Every deal of CRM."""
    return house.visitor.records("crm", "Deals")


@also_proves(SPEC, flip("set: { status: accepted }", "set: { status: declined }"))
def test_BC_08_the_quote_is_accepted_at_the_chosen_stage(house: House) -> None:
    mine = quoted(house)
    move(house, mine, STAGES["quote_accepted_stage"])
    house.run()
    assert made(house, "quote").get("status") == "accepted"
    house.quiet()


@also_proves(
    SPEC,
    flip("becomes: Stage = options.quote_declined_stage", "becomes: Stage = options.quote_accepted_stage"),
)
def test_BC_08_the_quote_is_declined_at_the_chosen_stage(house: House) -> None:
    mine = quoted(house)
    move(house, mine, STAGES["quote_declined_stage"], 0)
    house.run()
    assert made(house, "quote").get("status") == "declined"
    house.quiet()


@also_proves(
    SPEC,
    flip("only: status = 'draft' ", "only: TRUE ", after="  quote-accepted:"),
    flip("only: status = 'draft'", "only: TRUE", after="  quote-declined:"),
)
def test_BC_08_a_quote_that_was_sent_is_not_moved_by_the_deal_any_more(house: House) -> None:
    mine = quoted(house)
    mark(house, "quote", str(made(house, "quote")["estimate_id"]), "sent")
    for stage in ("quote_accepted_stage", "quote_declined_stage"):
        move(house, mine, STAGES[stage])
        house.run()
        assert made(house, "quote").get("status") == "sent"
    house.quiet()


@also_proves(
    SPEC,
    flip("becomes: Probability = 100", "becomes: Probability = 90"),
    flip("becomes: Probability = 0", "becomes: Probability = 5"),
    flip(
        "Account_Name.Billing_Street -> billing_address", "Account_Name.Name -> billing_address", file=INVOICE
    ),
    flip("id -> zcrm_potential_id ", "id -> notes ", file=INVOICE),
)
def test_BC_08_a_won_deal_makes_an_invoice_and_a_lost_one_voids_it(house: House) -> None:
    house.choose(invoice_won_deals=True)
    mine = deal(house, Account_Name={"id": account(house)})
    house.run()
    move(house, mine, "Closed Won", 100)
    house.run()
    invoice = made(house, "invoice")
    address = invoice.get("billing_address", {})
    assert (invoice.get("customer_name"), invoice.get("status")) == ("Nordwind", "draft")
    assert (address.get("address"), address.get("city"), address.get("zip")) == ("Kai 7", "Kiel", "24103")
    assert invoice.get("salesperson_name") == only(crm_all_deals(house))["Owner"]["name"]
    assert line_of(invoice) == ("Roof", "Slate", 1250.5)
    assert invoice.get("zcrm_potential_id") == mine
    house.quiet()
    move(house, mine, "Closed Lost", 0)
    house.run()
    assert made(house, "invoice").get("status") == "void"
    house.quiet()


@also_proves(SPEC, flip("only: status = 'draft' ", "only: TRUE ", after="  void-on-lost:"))
def test_BC_08_an_invoice_that_was_sent_is_not_voided(house: House) -> None:
    house.choose(invoice_won_deals=True)
    mine = deal(house, Account_Name={"id": account(house)})
    house.run()
    move(house, mine, "Closed Won", 100)
    house.run()
    mark(house, "invoice", str(made(house, "invoice")["invoice_id"]), "sent")
    move(house, mine, "Closed Lost", 0)
    house.run()
    assert made(house, "invoice").get("status") == "sent"
    house.quiet()


@also_proves(
    SPEC, flip("check: linked('customers', Account_Name.id)", "check: TRUE", after="  invoice-on-won:")
)
def test_BC_08_a_deal_without_an_account_waits_until_it_has_one(house: House) -> None:
    house.choose(invoice_won_deals=True)
    nordwind, mine = account(house), deal(house)
    house.run()
    move(house, mine, "Closed Won", 100)
    house.run(expect=4)
    assert "The deal needs an account that is a customer in Books." in house.bare_engine("errors").output
    assert books_all(house, "invoice") == []
    house.visitor.crm("PUT", f"/Deals/{mine}", json={"data": [{"Account_Name": {"id": nordwind}}]})
    house.run()
    assert made(house, "invoice").get("customer_name") == "Nordwind"
    house.quiet()


@also_proves(
    SPEC,
    flip("check: linked('individuals', Contact_Name.id)", "check: FALSE", after="  invoice-on-won:"),
    flip(
        "Contact_Name.Mailing_City -> billing_address.city",
        "Contact_Name.Title -> billing_address.city",
        file=INVOICE,
    ),
)
def test_BC_08_where_only_contacts_are_synced_the_deals_contact_pays(house: House) -> None:
    house.choose(customers="contacts", invoice_won_deals=True)
    contact = in_crm(house, "contact", First_Name="Ada", Last_Name="Veld", Mailing_City="Gent")
    mine, lone = deal(house, Contact_Name={"id": contact}), deal(house, Deal_Name="Wall")
    house.run()
    move(house, mine, "Closed Won", 100)
    house.run()
    invoice = made(house, "invoice")
    assert invoice.get("customer_name") == "Ada Veld"
    assert invoice.get("billing_address", {}).get("city") == "Gent"
    move(house, lone, "Closed Won", 100)
    house.run(expect=4)
    assert "The deal needs a contact that is a customer in Books." in house.bare_engine("errors").output
    assert len(books_all(house, "invoice")) == 1
