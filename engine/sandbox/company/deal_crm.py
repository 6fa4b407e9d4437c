"""What the company keeps in CRM beside people and chances: tasks, notes and documents with their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.sandbox.company.deal_finance import day
from engine.sandbox.crm.document_rows import summed, with_total
from engine.sandbox.crm.modules import MODULE_OF, MODULES

if TYPE_CHECKING:
    from engine.sandbox.company.seed import Seed

#: Module, how many of it are dealt, and the fields that some days before and after the first day fill.
_DOCUMENTS = (
    ("Quotes", 10, "Quote", {"Valid_Till": -30}),
    ("Sales_Orders", 8, "Order", {"Due_Date": -20}),
    ("Purchase_Orders", 6, "Purchase", {"PO_Date": 12, "Due_Date": -10}),
    ("Invoices", 8, "Invoice", {"Invoice_Date": 10, "Due_Date": -20}),
)
_SUBJECTS = ("Call back", "Send samples", "Ask for the measures", "Prepare the offer", "Visit the site")


def deal_crm(seed: Seed, users: list[str]) -> None:
    """Deal everything into a seed that has accounts, vendors, products and deals."""
    ids = {name: [r.id for _, module, r in seed.records if module == name] for name in MODULES}
    products = [row for _, module, row in seed.records if module == "Products"]
    for place in range(30):
        seed.crm("Tasks", _task(seed, ids, place), seed.dice.choice(users))
    for _ in range(20):
        parent = {"Parent_Id": seed.dice.choice(ids["Accounts"]), MODULE_OF: "Accounts"}
        text = {"Note_Title": "Call", "Note_Content": "Spoke on the telephone; wants an offer next week."}
        seed.crm("Notes", parent | text, seed.dice.choice(users))
    for module, count, word, days in _DOCUMENTS:
        for place in range(count):
            party = {"Account_Name": seed.dice.choice(ids["Accounts"])}
            if module == "Purchase_Orders":
                party = {"Vendor_Name": seed.dice.choice(ids["Vendors"])}
            body = {
                "Subject": f"{word} {place + 1}",
                **party,
                **{name: day(back) for name, back in days.items()},
            }
            _document(seed, module, body, products, users)


def _task(seed: Seed, ids: dict[str, list[str]], place: int) -> dict[str, Any]:
    module = seed.dice.choice(("Accounts", "Deals"))
    return {
        "Subject": _SUBJECTS[place % len(_SUBJECTS)],
        "Status": seed.dice.choice(("Not Started", "In Progress", "Waiting on someone else")),
        "Priority": seed.dice.choice(("High", "Normal", "Normal", "Low")),
        "Due_Date": day(-seed.dice.randrange(1, 40)),
        "What_Id": seed.dice.choice(ids[module]),
        MODULE_OF: module,
    }


def _document(seed: Seed, module: str, body: dict[str, Any], products: list[Any], users: list[str]) -> None:
    shape = MODULES[module]
    lines = [
        with_total(
            {
                "Product_Name": product.id,
                "Quantity": seed.dice.randrange(1, 9),
                "List_Price": product.body["Unit_Price"],
                "id": seed.crm_id(),
            }
        )
        for product in seed.dice.sample(products, seed.dice.choice((1, 2, 3)))
    ]
    if shape.items is not None:
        body[shape.items.name] = lines
    number = next((field.name for field in shape.fields.values() if field.type == "autonumber"), None)
    if number is not None:
        body[number] = lines[0]["id"]
    seed.crm(module, summed(shape, body), seed.dice.choice(users))
