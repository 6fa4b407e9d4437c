"""Whatever people and bad luck do between the runs, what must hold holds after each of them."""

from __future__ import annotations

import itertools
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from run_world import World, person

from engine.run.session.sync_pass import StopAskedError

MODULE = ["match: [ name = label ]", "view: { shop: \"rank <> 'out'\" }"]
LINES = ("name -> label", "mail -> mail", "city -> town")
MAPPED = {"label": "name", "mail": "mail", "town": "city"}
cities = st.sampled_from(["Pune", "Goa", "Agra", None])
picks = st.integers(0, 50)


class People(RuleBasedStateMachine):
    """One direction, memory to memory; the oracle knows what people typed and what they deleted."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.world = World(Path(self.folder.name), module=MODULE, lines=LINES, batch=2, page=3)
        self.world.__enter__()
        self.numbers = itertools.count()
        self.typed: dict[str, dict[str, Any]] = {}  #: target id -> fields that a person set there since
        self.removed: set[str] = set()  #: target ids that a person has deleted
        self.by_hand: set[str] = set()  #: target ids that a person has made
        self.settled: dict[str, dict[str, Any]] = {}  #: source id -> how it looked after a whole run
        self.disturbed = False  #: a run ended early since the last whole one

    def teardown(self) -> None:
        self.world.__exit__(None, None, None)
        self.folder.cleanup()

    def _source(self, pick: int) -> str:
        ids = list(self.world.shop.streams["people"])
        return ids[pick % len(ids)]

    def _target(self, pick: int) -> str:
        ids = list(self.world.desk.streams["clients"])
        return ids[pick % len(ids)]

    def _has_source(self) -> bool:
        return bool(self.world.shop.rows("people"))

    def _has_target(self) -> bool:
        return bool(self.world.desk.rows("clients"))

    @rule(city=cities, out=st.booleans())
    def add(self, city: str | None, out: bool) -> None:  # noqa: FBT001  # hypothesis names it
        rank = "out" if out else "in"
        self.world.shop.put("people", person(f"P{next(self.numbers)}", city=city, rank=rank))

    @rule(city=cities)
    def add_one_that_is_there_already(self, city: str | None) -> None:
        """The same person on both sides, never linked so far: it differs in nothing, or waits for a person."""
        name = f"P{next(self.numbers)}"
        self.world.shop.put("people", person(name, city=city, rank="in"))
        there = self.world.desk.put("clients", {"label": name, "mail": None, "town": "Pune"})
        self.by_hand.add(there)
        self.typed[there] = {"town": "Pune"}

    @precondition(_has_source)
    @rule(pick=picks, city=cities)
    def edit(self, pick: int, city: str | None) -> None:
        self.world.shop.edit("people", self._source(pick), city=city)

    @precondition(_has_source)
    @rule(pick=picks)
    def rename(self, pick: int) -> None:
        """The match key changes; once linked that is an edit like any other."""
        self.world.shop.edit("people", self._source(pick), name=f"P{next(self.numbers)}")

    @precondition(_has_source)
    @rule(pick=picks, out=st.booleans())
    def move(self, pick: int, out: bool) -> None:  # noqa: FBT001  # hypothesis names it
        self.world.shop.edit("people", self._source(pick), rank="out" if out else "in")

    @precondition(_has_source)
    @rule(pick=picks)
    def delete_on_source(self, pick: int) -> None:
        self.world.shop.delete("people", self._source(pick))

    @precondition(_has_target)
    @rule(pick=picks, town=cities)
    def edit_on_target(self, pick: int, town: str | None) -> None:
        record = self._target(pick)
        self.world.desk.edit("clients", record, town=town)
        self.typed.setdefault(record, {})["town"] = town

    @precondition(_has_target)
    @rule(pick=picks)
    def delete_on_target(self, pick: int) -> None:
        record = self._target(pick)
        self.removed.add(record)
        self.world.desk.delete("clients", record)

    @precondition(_has_source)
    @rule(pick=picks, city=cities, seconds=st.integers(0, 100))
    def commit_late(self, pick: int, city: str | None, seconds: int) -> None:
        """A change becomes visible now with a time that is already past, by less than the overlap."""
        self.world.wait(seconds=101)
        record = self.world.shop.streams["people"][self._source(pick)]
        stamp = (self.world.now - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        record |= {"city": city, "modified": max(stamp, record["modified"])}

    @rule(minutes=st.sampled_from([1, 30, 600]))
    def wait(self, minutes: int) -> None:
        self.world.wait(minutes=minutes)

    @rule(twice=st.booleans())
    def shift_pages(self, twice: bool) -> None:  # noqa: FBT001  # hypothesis names it
        self.world.watch.twice = twice

    @rule(step=st.integers(1, 40))
    def kill(self, step: int) -> None:
        self.disturbed = True
        self.world.doomed(step)

    @rule(writes=st.integers(0, 3))
    def stop(self, writes: int) -> None:
        """Ctrl-C after so many writes."""
        self.disturbed = True
        try:
            self.world.run(stop=lambda: len(self.world.watch.operations) >= writes)
        except StopAskedError:
            return
        self.check()

    @rule()
    def preview(self) -> None:
        before = self.world.desk.rows("clients")
        self.world.preview()
        assert self.world.desk.rows("clients") == before

    @rule()
    def run(self) -> None:
        foretold = None if self.disturbed else self.world.preview()
        report = self.world.run()
        if foretold is not None:
            assert foretold.modules == report.modules
        self.check()
        assert self.world.run().wrote == 0
        assert self.world.watch.operations == []
        self.check()

    def check(self) -> None:
        """What must hold once a run has come to its end."""
        targets = {row["id"]: row for row in self.world.desk.rows("clients")}
        links, held = self.world.links(), self.world.held()
        lefts, rights = [left for left, _, _ in links], [right for _, right, _ in links]
        assert len(set(lefts)) == len(lefts), "a record has two counterparts"
        assert len(set(rights)) == len(rights), "a record is the counterpart of two"
        assert set(targets) <= {*rights, *self.by_hand}, "the engine made a record that it does not know"
        assert set(rights) <= {*targets, *self.removed}, "the engine lost a record"
        by_left = {left: (right, state) for left, right, state in links}
        for row in self.world.shop.rows("people"):
            if row["rank"] != "out" and row["id"] not in held:
                right, state = by_left[row["id"]]  # in view and not held: linked
                if right in targets:
                    assert state == "active"
                    self.in_step(row, targets[right])
        self.disturbed = False

    def in_step(self, row: dict[str, Any], target: dict[str, Any]) -> None:
        """The target holds what the source came to hold; what a person typed stays until the source changes."""
        before, typed = self.settled.get(row["id"], {}), self.typed.pop(target["id"], {})
        for name, mine in MAPPED.items():
            changed = row[mine] != before.get(mine)
            allowed = {row[mine]} if changed or name not in typed else {typed[name]}
            if name in typed and (self.disturbed or not before):
                allowed = {row[mine], typed[name]}  # either may have come first
            assert target.get(name) in allowed, (name, row, target, before, typed)
            if name in typed and target.get(name) != row[mine]:
                self.typed.setdefault(target["id"], {})[name] = typed[name]
        self.settled[row["id"]] = row


def profile(examples: int, steps: int) -> settings:
    """So many histories of so many steps; slowness is no finding, the machine does real work."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def test_a_history_of_edits_and_accidents() -> None:
    run_state_machine_as_test(People, settings=profile(7, 15))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_long_histories_of_edits_and_accidents() -> None:
    run_state_machine_as_test(People, settings=profile(400, 50))
