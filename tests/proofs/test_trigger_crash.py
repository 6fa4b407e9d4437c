"""Killed anywhere and run again, a trigger has acted exactly once on what became so, and on nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from trigger_world import ANEW, GONE, LOST, WON, Deals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from engine.record import Receipt

#: What happens to the three deals before the run that is killed, by name of the story.
STORIES: dict[str, tuple[list[str], tuple[str, str, str]]] = {
    "made": ([WON], ("won", "won", "open")),
    "made once more": ([WON + ANEW], ("won", "open", "won")),
    "changed": ([WON, LOST], ("lost", "lost", "won")),
    "deleted": ([WON, GONE], ("gone", "gone", "won")),
}


@dataclass(frozen=True, kw_only=True)
class Story:
    """A situation to run from, and how it ends if nothing happens."""

    world: Deals
    restore: Callable[[], None]
    steps: int
    expected: list[tuple[Any, ...]]
    every: int  #: so many steps lie between two deaths

    def survive(self, step: int) -> None:
        """Run and die at this step; the runs after that must set everything right."""
        self.restore()
        self.world.doomed(step)
        self.world.run()
        assert outcome(self.world) == self.expected, step
        assert self.world.run().wrote == 0, step
        assert outcome(self.world) == self.expected, step
        assert not self.world.held(), step


def outcome(world: Deals) -> list[tuple[Any, ...]]:
    """Every invoice, whichever came first."""
    return sorted(world.invoices("deal", "status", "client"))


@pytest.fixture(params=list(STORIES))
def story(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Story]:
    """Three deals; two of them were won before, if the story needs an invoice; one was so at activation."""
    triggers, stages = STORIES[request.param]
    with Deals(tmp_path) as world:
        world.say(triggers=triggers)
        world.deal("won", name="Old")
        deals = [world.active(), world.deal("open"), world.deal("open")]
        world.run()
        if request.param != "made":
            for deal in deals[:2]:
                world.move(deal, "won")
        if request.param == "made once more":
            world.move(deals[0], "open")
        for deal, stage in zip(deals, stages, strict=True):
            world.shop.edit("deals", deal, stage=stage)
        restore = world.remember()
        steps = world.doomed()
        expected = outcome(world)
        usual = request.param == "made" or request.config.getoption("--long")
        yield Story(world=world, restore=restore, steps=steps, expected=expected, every=1 if usual else 3)


def test_killed_at_every_step_nothing_is_doubled_and_nothing_is_missed(story: Story) -> None:
    assert story.steps > 12
    for step in range(1, story.steps + 1, story.every):
        story.survive(step)


def test_killed_while_it_is_activated_it_still_acts_on_nothing_that_was_so(tmp_path: Path) -> None:
    """What was so is remembered before the activation is."""
    with Deals(tmp_path) as world:
        world.customer()
        world.deal("won")
        restore = world.remember()
        for step in range(1, world.doomed() + 1):
            restore()
            world.doomed(step)
            world.settled()
            assert world.invoices() == [], step


def test_an_answer_that_never_came_makes_no_second_invoice(tmp_path: Path) -> None:
    """The deal's id in the invoice tells, although a person has edited all the rest of it meanwhile."""
    with Deals(tmp_path) as world:
        deal = world.active()

        def lost(receipt: Receipt) -> Receipt:
            return replace(receipt, outcome="unknown", id=None, accepted=None)

        world.watch.answered = lost
        world.move(deal, "won")
        world.watch.answered = lambda receipt: receipt
        assert world.held()[deal].code == "unconfirmed"
        world.desk.edit("invoices", "1", title="Edited", total="12.00", status="sent")
        world.run()
        assert world.links("won") == [(deal, "1", "active")]
        assert not world.held()
        world.settled()
        assert world.invoices() == [("Edited", "sent")]
