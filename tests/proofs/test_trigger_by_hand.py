"""`engine do` starts a trigger for one record: it shows first, asks for what it needs, and does it once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from trigger_world import ANEW, LOST, WON, Deals

from engine.cli import engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

ASK = """\
    by: hand
    ask:
      title: { default: "For {{ name }}", help: Title of the invoice., required: true }
      total: { type: number }
"""
BY_HAND = WON + ASK


@pytest.fixture
def deals(tmp_path: Path) -> Iterator[Deals]:
    """A world in which invoices may also be made by hand."""
    with Deals(tmp_path) as world:
        world.say(triggers=[BY_HAND])
        yield world


def do(world: Deals, record: str, *more: str, trigger: str = "won") -> Result:
    """The command."""
    words = ["do", str(world.file), trigger, "--record", record, "--folder", str(world.folder), *more]
    return CliRunner().invoke(engine, words)


def test_an_invoice_is_made_by_hand_once_with_what_the_person_gives(deals: Deals) -> None:
    """Answers win over defaults, defaults over the mapping; the deal need not be won, and winning it adds nothing."""
    deal = deals.active()
    done = do(deals, f"shop.deals:{deal}", "--give", "total=7.50", "--yes", "--format", "json")
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    assert (told["target"], told["fields"]["title"]) == ("desk.invoices:1", [None, "For Deal open"])
    assert "+ create on the right: Deal open because requested by a person" in done.stderr
    assert [(row["title"], str(row["total"])[:4], row["client"]) for row in deals.desk.rows("invoices")] == [
        ("For Deal open", "7.50", "C1")
    ]
    deals.move(deal, "won")
    deals.settled()
    again = do(deals, f"shop.deals:{deal}", "--yes")
    assert again.exit_code == 1
    assert f"`won` was done for shop.deals:{deal} already by run {told['run']}" in again.stderr
    assert "it has made desk.invoices:1" in again.stderr
    assert len(deals.invoices()) == 1


def test_what_was_so_at_activation_can_be_done_by_hand_and_each_time_allows_more(deals: Deals) -> None:
    deals.say(triggers=[BY_HAND + ANEW])
    deals.customer()
    deal = deals.deal("won")
    deals.run()
    for number in (1, 2):
        assert do(deals, f"shop.deals:{deal}", "--yes").stdout.startswith(
            f"won created desk.invoices:{number} for shop.deals:{deal} (run "
        )
    assert deals.links("won") == [(deal, "2", "active"), (f"{deal}␟1", "1", "active")]
    deals.settled()
    deals.move(deal, "open", "won")
    assert len(deals.invoices()) == 3


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--record", "shop.deals:9", "--yes"], "shop has no record shop.deals:9."),
        (["--record", "shop.people:P1", "--yes"], "`won` is started for a record of shop.deals"),
        (["--record", "shop.deals:1"], "Nothing was done: this requires confirmation"),
        (["--record", "shop.deals:2", "--yes"], "shop.deals:2: The deal needs a customer."),
        (
            ["--record", "shop.deals:1", "--yes", "--give", "total=much"],
            "`much` is not a valid value for `total`.",
        ),
        (["--record", "shop.deals:1", "--yes", "--give", "status=x"], "`won` does not ask for `status`."),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_is_written(
    deals: Deals, words: list[str], sentence: str
) -> None:
    deals.active()
    deals.deal("open", person=None)
    done = CliRunner().invoke(engine, ["do", str(deals.file), "won", "--folder", str(deals.folder), *words])
    assert done.exit_code == 1
    assert sentence in done.stderr
    assert deals.invoices() == []
    assert not deals.held()


def test_a_trigger_that_nobody_may_start_says_which_can_be(deals: Deals) -> None:
    deals.say(triggers=[BY_HAND, LOST])
    deal = deals.active()
    done = do(deals, f"shop.deals:{deal}", "--yes", trigger="lost")
    assert done.exit_code == 1
    assert "it does not say `by: hand`" in done.stderr
    assert "These can be started by hand: won." in done.stderr


def test_a_change_is_made_by_hand_as_well_and_only_to_what_was_made(deals: Deals) -> None:
    deals.say(triggers=[BY_HAND, LOST + "    by: hand\n"])
    deal = deals.active()
    early = do(deals, f"shop.deals:{deal}", "--yes", trigger="lost")
    assert f"`won` has made nothing of shop.deals:{deal}, so there is nothing to change." in early.stderr
    deals.move(deal, "won")
    assert do(deals, f"shop.deals:{deal}", "--yes", trigger="lost").exit_code == 0
    assert deals.invoices("status") == [("void",)]
    deals.settled()


def test_killed_while_it_is_done_by_hand_the_next_time_finds_what_was_made(deals: Deals) -> None:
    deal = deals.active()
    deals.watch.answered = lambda _receipt: (_ for _ in ()).throw(KeyboardInterrupt)
    do(deals, f"shop.deals:{deal}", "--yes")
    deals.watch.answered = lambda receipt: receipt
    assert len(deals.invoices()) == 1
    deals.run()
    assert deals.links("won") == [(deal, "1", "active")]
    assert len(deals.invoices()) == 1
