"""Killed anywhere and run again, the outcome is the same and nothing is doubled (in process, step by step)."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from run_world import MATCH, World, person

from engine.ledger import open_ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FIELDS = ("label", "mail", "town")
LINES = ("name -> label", "mail -> mail", "city -> town")
KEYS: dict[str, str | list[str]] = {"with keys": MATCH, "without keys": "title: Nobody is recognised"}


@pytest.fixture(scope="module", params=list(KEYS))
def scenario(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenario]:
    """Twelve people: three linked, of whom one changed and one was changed on both sides; nine to come over."""
    with World(
        tmp_path_factory.mktemp("crash"), module=KEYS[request.param], lines=LINES, batch=3, page=5
    ) as world:
        for number in range(3):
            world.shop.put("people", person(f"P{number:02}"))
        world.run()
        world.shop.edit("people", "1", city="Goa")
        world.shop.edit("people", "2", city="Agra")
        world.desk.edit("clients", "2", town="Typed")
        for number in range(3, 12):
            world.shop.put("people", person(f"P{number:02}"))
        restore = world.remember()
        steps = world.doomed()
        assert_whole(world)
        yield Scenario(
            world=world,
            restore=restore,
            steps=steps,
            expected=world.clients(*FIELDS),
            usual=request.param == "with keys" or request.config.getoption("--long"),
        )


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A situation to run from, and how the target ends if nothing happens."""

    world: World
    restore: Callable[[], None]  #: begin anew
    steps: int  #: points at which the undisturbed run could have been killed
    expected: list[tuple[Any, ...]]
    usual: bool  #: killed at every step; else at some

    def survive(self, *kills: int) -> None:
        """Run and die at each of these steps in turn; the run after that must set everything right."""
        self.restore()
        for step in kills:
            self.world.doomed(step)
        self.world.run()
        assert self.world.clients(*FIELDS) == self.expected, kills
        assert_whole(self.world)
        assert {loser.value for loser in self.world.losers()} == {"Typed"}, kills


def assert_whole(world: World) -> None:
    """Everybody has exactly one counterpart, and the ledger has nothing left to find out."""
    links = world.links()
    assert Counter(state for _, _, state in links) == {"active": 12}
    labels = {row["id"]: row["label"] for row in world.desk.rows("clients")}
    names = {row["id"]: row["name"] for row in world.shop.rows("people")}
    assert {names[left]: labels[right] for left, right, _ in links} == {name: name for name in names.values()}
    assert len(labels) == len(names) == 12
    with open_ledger(world.ledger, readonly=True) as ledger:
        assert ledger.pending_intents(world.name) == []
        assert ledger.held_rows(world.name) == []
        linked = ledger.links_table(world.name, "people")
        assert ledger.bases_table(linked["link_id"].combine_chunks()).num_rows == 12


@pytest.mark.parametrize("part", range(2))
def test_killed_at_any_step(scenario: Scenario, part: int) -> None:
    """Before and after every write, within a batch, and before and after every transaction of the ledger."""
    assert scenario.steps > 40
    for step in range(1 + part, scenario.steps + 1, 2 if scenario.usual else 8):
        scenario.survive(step)


def test_killed_twice(scenario: Scenario, request: pytest.FixtureRequest) -> None:
    """The second time while recovering from the first, or later."""
    chance = random.Random(20260301)
    for _ in range(100 if request.config.getoption("--long") else 8):
        scenario.survive(chance.randint(1, scenario.steps), chance.randint(1, scenario.steps))


def test_an_edit_of_a_new_record_between_the_crash_and_the_next_run_survives(tmp_path: Path) -> None:
    """The record is adopted with what was sent as its base, so what a person typed since is an edit."""
    with World(tmp_path, lines=LINES) as world:
        world.shop.put("people", person("Ann"))
        restore = world.remember()
        made_at = 0
        for step in range(1, world.doomed() + 1):
            restore()
            world.doomed(step)
            if not world.desk.rows("clients"):
                continue
            made_at = made_at or step
            if step > made_at + 3:
                break  # the batch is settled; later steps differ in nothing that matters here
            world.desk.edit("clients", "1", town="Typed")
            world.run()
            assert world.clients("label", "town") == [("Ann", "Typed")], step
            assert [state for _, _, state in world.links()] == ["active"]
            world.shop.edit("people", "1", city="Goa")
            world.run()
            assert world.clients("town") == [("Goa",)]
            assert [one.value for one in world.losers()] == ["Typed"], "what was typed was known as such"
        assert made_at


def test_what_a_system_fills_in_does_not_hide_what_was_made(tmp_path: Path) -> None:
    """Nothing was sent of its worth, and the system says zero: it is the same record, wherever the run died."""
    lines = ("name -> label", "amount -> worth")
    with World(tmp_path, module="title: Nobody is recognised", lines=lines) as world:
        world.shop.put("people", person("Ann", amount=None))
        world.watch.shown = lambda request, record: (
            record | {"worth": record.get("worth") or "0"} if request.stream == "clients" else record
        )
        restore = world.remember()
        for step in range(1, world.doomed() + 1):
            restore()
            world.doomed(step)
            world.run()
            assert world.clients("label") == [("Ann",)], step
