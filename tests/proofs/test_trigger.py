"""A trigger acts once, on what becomes so after it was activated, and remembers that it did."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from trigger_world import ANEW, GONE, LOST, WON, Deals

from engine.event import Noted
from engine.render.plan import plan_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def deals(tmp_path: Path) -> Iterator[Deals]:
    """A world with the trigger `won`."""
    with Deals(tmp_path) as world:
        yield world


def test_a_deal_that_is_won_makes_one_invoice_and_only_one(deals: Deals) -> None:
    """Not again when it is edited, read in full, or won a second time; what people do to the invoice stays."""
    deal = deals.active()
    deals.move(deal, "won")
    assert deals.invoices("title", "status", "total", "deal", "client") == [
        ("Deal open", "draft", Decimal(10), deal, "C1")
    ]
    assert deals.links("won") == [(deal, "1", "active")]
    deals.desk.edit("invoices", "1", status="sent", total="99.00")
    deals.shop.edit("deals", deal, amount="20.00", name="Renamed")
    deals.settled()
    assert deals.run(whole=True).wrote == 0
    deals.move(deal, "open", "won")
    assert deals.invoices("status", "total") == [("sent", "99.00")]


def test_what_was_so_at_activation_counts_only_once_it_has_stopped_being_so(deals: Deals) -> None:
    """A deal that appears later counts as having been open before, even if it is won when it is first seen."""
    deals.customer()
    old = deals.deal("won")
    told: list[str] = []
    deals.run(listen=lambda event: told.append(event.message) if isinstance(event, Noted) else None)
    assert told[1:] == [
        "1 record meets the condition already. The trigger acts on records that meet it from now on."
    ]
    deals.settled()
    assert deals.run(whole=True).wrote == 0
    new = deals.deal("won")
    deals.run()
    assert [row[0] for row in deals.invoices("deal")] == [new]
    deals.move(old, "open", "won")
    assert [row[0] for row in deals.invoices("deal")] == [new, old]
    deals.settled()


def test_each_time_makes_one_more_at_every_transition_and_numbers_those_before(deals: Deals) -> None:
    deals.say(triggers=[WON + ANEW])
    deal = deals.active()
    deals.move(deal, "won", "open", "won", "won", "open", "won")
    assert len(deals.invoices()) == 3
    assert deals.links("won") == [
        (deal, "3", "active"),
        (f"{deal}␟1", "1", "suspended"),
        (f"{deal}␟2", "2", "suspended"),
    ]
    deals.settled()


def test_a_deal_that_lacks_what_it_needs_is_held_and_follows_once_it_has_it(deals: Deals) -> None:
    deal = deals.active()
    orphan = deals.deal("won", person="P7")
    deals.move(deal, "won", person=None)
    held = deals.held()
    assert {held[one].message for one in (deal, orphan)} == {"The deal needs a customer."}
    deals.shop.put("people", {"id": "P7", "name": "Ravi"})
    deals.run()
    deals.shop.edit("deals", deal, person="P1")
    deals.run()
    assert not deals.held()
    assert sorted(deals.invoices("deal", "client")) == [(deal, "C1"), (orphan, "1")]


def test_a_held_deal_that_is_no_longer_won_is_let_go(deals: Deals) -> None:
    deal = deals.active()
    deals.move(deal, "won", person=None)
    deals.move(deal, "open", person="P1")
    assert not deals.held()
    assert deals.invoices() == []


def test_a_draft_is_voided_once_and_what_was_sent_is_left_alone(deals: Deals) -> None:
    """The value that somebody set is kept as a loser; a refusal is remembered, too: the transition is over."""
    deals.say(triggers=[WON, LOST])
    first, second = deals.active(), deals.deal("open")
    deals.move(first, "won")
    deals.move(second, "won")
    deals.desk.edit("invoices", "2", status="sent")
    told: list[str] = []
    for deal in (first, second):
        deals.shop.edit("deals", deal, stage="lost")
    deals.run(listen=lambda event: told.append(event.message) if isinstance(event, Noted) else None)
    assert deals.invoices("status") == [("void",), ("sent",)]
    left = "leaves desk.invoices:2 unchanged: the record that it would act on was not as `only` asks."
    assert told == [f"shop.deals:{second} {left}"]
    assert [(one.field, one.value) for one in deals.losers()] == [("status", "draft")]
    deals.desk.edit("invoices", "1", status="draft")
    deals.desk.edit("invoices", "2", status="draft")
    deals.settled()
    assert deals.run(whole=True).wrote == 0
    deals.move(second, "open", "lost")
    assert deals.invoices("status") == [("draft",), ("void",)]


def test_a_change_each_time_follows_every_transition(deals: Deals) -> None:
    deals.say(triggers=[WON + ANEW, LOST + ANEW])
    deal = deals.active()
    deals.move(deal, "won", "lost")
    deals.desk.edit("invoices", "1", status="draft")
    deals.move(deal, "open", "lost")
    assert deals.invoices("status") == [("void",)]
    deals.move(deal, "won", "lost")
    assert deals.invoices("status") == [("void",), ("void",)]
    deals.settled()


def test_what_was_never_made_is_neither_changed_nor_remembered(deals: Deals) -> None:
    """Nor is a record that somebody has deleted: the run says so and goes on."""
    deals.say(triggers=[WON, LOST])
    deal, other = deals.active(), deals.deal("open")
    deals.move(other, "lost")
    deals.move(deal, "won")
    deals.desk.delete("invoices", "1")
    deals.move(deal, "lost")
    assert deals.invoices() == []
    assert deals.links("lost") == []
    assert not deals.held()
    deals.settled()


def test_a_record_that_a_trigger_made_is_deleted_by_another_one_as_long_as_it_may_be(deals: Deals) -> None:
    deals.say(triggers=[WON, GONE])
    first, second = deals.active(), deals.deal("open")
    for deal in (first, second):
        deals.move(deal, "won")
    deals.desk.edit("invoices", "2", status="sent")
    for deal in (first, second):
        deals.shop.edit("deals", deal, stage="gone")
    assert deals.preview().modules["gone"].deleted["right"] == 1
    report = deals.run()
    assert report.modules["gone"].deleted["right"] == 1
    assert deals.invoices("deal", "status") == [(second, "sent")]
    assert deals.links("gone") == [(first, "1", "gone-right")]
    deals.settled()
    deals.move(first, "won")
    assert len(deals.invoices()) == 1


def test_a_preview_shows_what_the_triggers_would_do_and_why(deals: Deals) -> None:
    deals.say(triggers=[WON, LOST])
    deal, other = deals.active(), deals.deal("open")
    deals.move(other, "won")
    deals.shop.edit("deals", deal, stage="won")
    deals.shop.edit("deals", other, stage="lost")
    lines = [(one.module, one.kind, one.why) for one in deals.preview().lines]
    assert lines == [
        ("won", "create", "the condition became true: stage = 'won'"),
        ("lost", "update", "the condition became true: stage = 'lost'"),
    ]
    deals.run()
    assert deals.invoices("status") == [("void",), ("draft",)]


def test_another_condition_and_a_pause_begin_anew(deals: Deals) -> None:
    """Nobody wants invoices for all that happens to fulfil a new condition, or became so while it was switched off."""
    deal, signed = deals.active(), deals.deal("signed")
    deals.run()
    deals.say(triggers=[WON.replace("stage = 'won'", "stage IN ('won', 'signed')")])
    deals.settled()
    deals.say(triggers=[WON])
    deals.run()
    deals.say(triggers=[WON.replace("options.invoicing", "NOT options.invoicing")])
    deals.move(deal, "won")
    deals.say(triggers=[WON])
    deals.settled()
    deals.move(signed, "won")
    deals.move(deal, "open", "won")
    assert [row[0] for row in deals.invoices("deal")] == [signed, deal]


def test_a_mapping_that_changed_touches_nothing_that_was_made(deals: Deals) -> None:
    deal = deals.active()
    deals.move(deal, "won")
    deals.say(triggers=[WON.replace("name -> title", "stage -> title")])
    deals.settled()
    deals.shop.edit("deals", deal, amount="11.00")
    deals.settled()


def test_a_plan_says_when_a_trigger_acts_and_on_what(deals: Deals) -> None:
    deals.say(triggers=[WON + ANEW, LOST])
    text = plan_text(deals.plan())
    assert "trigger won: shop.deals -> desk.invoices" in text
    assert "  acts when      `stage = 'won'` becomes true, each time\n" in text
    assert "  does           changes what `won` created, only if `status = 'draft'`\n" in text
