"""Deals make invoices in Books, and void them, as the shipped spec says; against the sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sandbox_visitor import Visitor, visit

from engine.compiler import compile_file
from engine.run.execute import Call, execute
from engine.run.work import Accepted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.plan import Plan
    from engine.run.report import RunReport

SPEC = Path(__file__).parent.parent / "specs" / "zoho-books-crm.yaml"
CHOICES = {"invoice_won_deals": "true", "quote_stage": "Qualification"}


@dataclass(frozen=True, kw_only=True)
class House:
    """The spec with its triggers switched on, and both systems."""

    visitor: Visitor
    plan: Plan
    call: Call

    def run(self) -> RunReport:
        """One run."""
        return execute(self.plan, self.call)

    def move(self, deal: str, **values: Any) -> None:
        """Somebody in sales changes a deal."""
        body = {"data": [{"id": deal, **values}], "trigger": []}
        answer = self.visitor.crm("PUT", "/Deals", json=body)
        assert answer.status_code == 200, answer.text

    def made(self, stream: str, deal: str) -> list[dict[str, Any]]:
        """What Books has for a deal, in full."""
        listed = self.visitor.books("GET", f"/{stream}").json()[stream]
        key, one = f"{stream[:-1]}_id", stream[:-1]
        full = [self.visitor.books("GET", f"/{stream}/{row[key]}").json()[one] for row in listed]
        return [row for row in full if row.get("zcrm_potential_id") == deal]

    def open_deals(self) -> list[dict[str, Any]]:
        """Deals of an account that are neither won nor lost nor at the stage that a trigger waits for."""
        fields = "id,Deal_Name,Amount,Stage,Probability,Account_Name"
        rows = self.visitor.crm("GET", "/Deals", params={"fields": fields, "per_page": 200}).json()["data"]
        quiet = (0, 100)
        return [
            row
            for row in rows
            if row["Probability"] not in quiet
            and row["Stage"] != CHOICES["quote_stage"]
            and row["Account_Name"]
        ]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A company whose accounts are customers already, and whose triggers are active."""
    folder = tmp_path_factory.mktemp("deals")
    plan = compile_file(str(SPEC), profile=CHOICES)
    with visit(folder) as visitor:
        served = visitor.running.connect()
        settings = {one.name: served[one.connector] for one in plan.systems.values()}
        call = Call(folder=folder, overrides=settings, accepted=Accepted(everything=True))
        house = House(visitor=visitor, plan=plan, call=call)
        house.run()
        yield house


def test_BC_08_a_won_deal_makes_an_invoice_that_is_voided_when_it_is_lost_unless_it_was_sent(  # noqa: N802
    house: House,
) -> None:
    first, second = house.open_deals()[:2]
    for deal in (first, second):
        house.move(deal["id"], Stage="Closed Won", Probability=100)
    assert house.run().modules["invoice-on-won"].created["right"] == 2
    (invoice,) = house.made("invoices", first["id"])
    account = house.visitor.crm("GET", f"/Accounts/{first['Account_Name']['id']}").json()["data"][0]
    assert invoice["customer_name"] == account["Account_Name"]
    assert invoice["billing_address"]["address"] == account["Billing_Street"]
    assert invoice["reference_number"] == f"Deal {first['Deal_Name']}"
    (line,) = invoice["line_items"]
    assert (line["name"], float(line["rate"])) == (first["Deal_Name"], float(first["Amount"]))
    assert invoice["salesperson_name"]
    assert invoice["status"] == "draft"
    (sent,) = house.made("invoices", second["id"])
    assert house.visitor.books("POST", f"/invoices/{sent['invoice_id']}/status/sent").status_code == 200
    for deal in (first, second):
        house.move(deal["id"], Stage="Closed Lost", Probability=0)
    assert house.run().modules["void-on-lost"].updated["right"] == 1
    assert [house.made("invoices", deal["id"])[0]["status"] for deal in (first, second)] == ["void", "sent"]
    house.move(first["id"], Stage="Closed Won", Probability=100)
    assert [house.run().wrote for _ in range(2)] == [0, 0]


def test_BC_08_a_quote_is_made_once_at_the_chosen_stage(house: House) -> None:  # noqa: N802
    deal = house.open_deals()[0]
    house.move(deal["id"], Stage=CHOICES["quote_stage"])
    assert house.run().modules["quote-at-stage"].created["right"] == 1
    (quote,) = house.made("estimates", deal["id"])
    assert (quote["status"], quote["reference_number"]) == ("draft", f"Deal {deal['Deal_Name']}")
    assert house.run().wrote == 0
