"""CRM and Books, quotes, orders and invoices in the finance module of CRM: what the row BC-06 promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rows_bc import books_all, books_one, change_books, customers, in_books, in_crm, names
from rows_world import also_proves, flip, only, proves

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-books-crm"
#: By kind: its module in CRM, the field of its number in Books, the option that switches it on.
KINDS = {
    "quote": ("Finance_Quotes", "estimate_number", "quotes"),
    "sales order": ("Finance_Sales_Orders", "salesorder_number", "sales_orders"),
    "purchase order": ("Finance_Purchase_Orders", "purchaseorder_number", "purchase_orders"),
    "invoice": ("Finance_Invoices", "invoice_number", "invoices"),
}
LINE = {"name": "Roof", "rate": 250, "quantity": 2}
ORIGIN = {"api_name": "cf_origin", "value": "by phone"}


def all_kinds(house: House) -> tuple[str, str]:
    """Every kind is chosen, and a customer and a vendor are on both sides; answers the account and the vendor."""
    chosen = {option: True for _, _, option in KINDS.values()}
    house.choose(vendors="both", **chosen)
    account = in_crm(house, "account", Account_Name="Nordwind")
    vendor = in_crm(house, "vendor", Vendor_Name="Kontor")
    house.run()
    return account, vendor


def whose(house: House, kind: str) -> dict[str, str]:
    """Who a document of Books is for, or of."""
    if kind == "purchase order":
        return {"vendor_id": only(customers(house, kind="vendor"))["contact_id"]}
    return {"customer_id": only(customers(house))["contact_id"]}


def in_tab(house: House, kind: str) -> list[dict[str, Any]]:
    """What the finance module of CRM shows of a kind."""
    return house.visitor.records("crm", KINDS[kind][0])


def made_in_tab(house: House, kind: str, **fields: Any) -> str:
    """Somebody makes a document in the finance module of CRM; answers its id."""
    body = {"data": [{"Lines": [LINE], "Date": "2026-11-03"} | fields]}
    answer = house.visitor.crm("POST", f"/{KINDS[kind][0]}", json=body).json()["data"][0]
    assert answer["code"] == "SUCCESS", answer
    return str(answer["details"]["id"])


@proves(
    SPEC,
    *(
        flip(f"    if: options.{option}\n", "    if: options.figures\n", after=f"title: {title}")
        for option, title in (
            ("quotes", "Quotes"),
            ("sales_orders", "Sales orders"),
            ("purchase_orders", "Purchase orders"),
            ("invoices", "Invoices"),
        )
    ),
    flip("- Custom <- custom_fields", "- Terms <- notes", file="mappings/finance-quote.yaml"),
)
def test_BC_06_what_is_made_in_books_shows_in_the_finance_module_with_its_custom_fields(house: House) -> None:
    account, vendor = all_kinds(house)
    ids = {
        kind: in_books(house, kind, line_items=[LINE], custom_fields=[ORIGIN], **whose(house, kind))
        for kind in KINDS
    }
    house.run()
    for kind, (_, number, _) in KINDS.items():
        shown = only(in_tab(house, kind))
        assert shown.get("Number") == books_one(house, kind, ids[kind]).get(number)
        assert shown.get("Total") == 500
        assert (shown.get("Account") or shown.get("Vendor") or {}).get("id") in (account, vendor)
        assert "by phone" in [one.get("value") for one in shown.get("Custom") or []]
    house.quiet()


@also_proves(
    SPEC,
    flip("crm.Finance_Quotes <-> books.estimates", "crm.Finance_Quotes <- books.estimates"),
    flip("crm.Finance_Sales_Orders <-> books", "crm.Finance_Sales_Orders <- books"),
    flip("crm.Finance_Purchase_Orders <-> books", "crm.Finance_Purchase_Orders <- books"),
    flip("crm.Finance_Invoices <-> books", "crm.Finance_Invoices <- books"),
)
def test_BC_06_what_is_made_in_the_finance_module_is_made_in_books_and_gets_its_number_there(
    house: House,
) -> None:
    account, vendor = all_kinds(house)
    for kind in KINDS:
        side = {"Vendor": {"id": vendor}} if kind == "purchase order" else {"Account": {"id": account}}
        made_in_tab(house, kind, Notes="by lorry", **side)
    house.run()
    for kind, (_, number, _) in KINDS.items():
        made = only(books_all(house, kind))
        assert (made.get("total"), made.get("notes")) == (500, "by lorry")
        assert whose(house, kind).items() <= made.items()
        assert only(in_tab(house, kind)).get("Number") == made.get(number)
    house.quiet()


@also_proves(
    SPEC,
    flip("crm.Finance_Quotes <-> books.estimates", "crm.Finance_Quotes -> books.estimates"),
    flip("deletes: propagate", "deletes: keep", after="title: Quotes"),
)
def test_BC_06_a_quote_is_changed_and_deleted_on_either_side(house: House) -> None:
    account, _ = all_kinds(house)
    mine = made_in_tab(house, "quote", Account={"id": account})
    house.run()
    there = only(books_all(house, "quote"))["estimate_id"]
    change_books(house, "quote", there, notes="second floor")
    house.run()
    assert only(in_tab(house, "quote")).get("Notes") == "second floor"
    house.visitor.crm("PUT", f"/Finance_Quotes/{mine}", json={"data": [{"Notes": "third floor"}]})
    house.run()
    assert books_one(house, "quote", there).get("notes") == "third floor"
    house.visitor.books("DELETE", f"/estimates/{there}")
    for _ in range(2):  # Books has no list of what was deleted: whoever is missing twice is gone
        house.run("--full")
    assert in_tab(house, "quote") == []
    another = made_in_tab(house, "quote", Account={"id": account})
    house.run()
    house.visitor.crm("DELETE", f"/Finance_Quotes/{another}")
    house.run()
    assert books_all(house, "quote") == []
    house.quiet()


@also_proves(SPEC, flip("crm.Finance_Quotes <-> books.estimates", "crm.Quotes <-> books.estimates"))
def test_BC_06_only_what_is_made_in_the_finance_module_is_fetched(house: House) -> None:
    """The quotes that CRM has of its own stay where they are."""
    house.choose(quotes=True)
    account = in_crm(house, "account", Account_Name="Nordwind")
    own = {"Subject": "Of CRM", "Account_Name": {"id": account}}
    assert house.visitor.crm("POST", "/Quotes", json={"data": [own]}).status_code == 201
    made_in_tab(house, "quote", Account={"id": account}, Reference="Of the tab")
    house.run("--module", "quotes")  # at once; the customer comes along
    assert names(books_all(house, "quote"), "reference_number") == ["Of the tab"]
    assert names(customers(house), "contact_name") == ["Nordwind"]
    house.quiet()


@also_proves(SPEC, flip("    if: options.invoices\n", "", after="title: Invoices"))
def test_BC_06_only_the_kinds_that_one_has_chosen_are_synced(house: House) -> None:
    house.choose(quotes=True)
    in_crm(house, "account", Account_Name="Nordwind")
    house.run()
    for kind in ("quote", "invoice"):
        in_books(house, kind, line_items=[LINE], **whose(house, kind))
    house.run()
    assert (len(in_tab(house, "quote")), len(in_tab(house, "invoice"))) == (1, 0)
    house.quiet()
