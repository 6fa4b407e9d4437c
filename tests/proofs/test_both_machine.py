"""Two systems, the real engine between them, and whatever people and bad luck do: what must hold holds in the end."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from both_oracle import Oracle
from both_world import Both, keeps, lagging, silent
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from run_world import Watched
from test_both_crash import FAULTS, faulty

from engine.errors import LockedError, TemporaryError

if TYPE_CHECKING:
    from engine.connectors.port import ReadRequest

LINES = ("name <-> label", "mail <-> mail", "city <-> town", "amount <-> worth")
VIEW = "view: { shop: \"rank <> 'out'\" }"
POLICIES = ("shop", "desk", "hold", "newest", "[newest, shop]")
picks = st.integers(0, 30)
sides = st.sampled_from(["left", "right"])
fields = st.sampled_from(["mail", "city"])
faults = st.sampled_from(FAULTS)


class Both_(RuleBasedStateMachine):  # noqa: N801 - the class is the story, its rules are the sentences
    """People on both sides, accidents between them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.patch = pytest.MonkeyPatch()
        self.world = Both(Path(self.folder.name), VIEW, lines=LINES, batch=2, page=3)
        self.world.__enter__()
        self.oracle = Oracle(self.world)
        self.spec: dict[str, Any] = {"conflicts": "shop", "lines": LINES, "rules": (VIEW,)}

    @initialize(
        policy=st.sampled_from(POLICIES),
        follow=st.booleans(),
        tells=st.booleans(),
        skew=st.sampled_from([-75, 0, 75]),
        keeps_less=st.booleans(),
        people=st.integers(1, 4),
    )
    def begin(
        self, policy: str, *, follow: bool, tells: bool, skew: int, keeps_less: bool, people: int
    ) -> None:
        """What kind of systems they are, and some people who are linked."""
        world = self.world
        world.desk.clock = lambda: world.now + timedelta(seconds=skew)
        if keeps_less:
            keeps(self.patch, world.desk, town=lambda text: f" {text.upper()}", mail=str.upper)
        world.watch.answered = (lambda receipt: receipt) if tells else silent
        self.spec["conflicts"] = policy
        self.spec["rules"] = (
            VIEW,
            f"deletes: {'propagate' if follow else 'keep'}",
            "limits: { deletes: none }",
        )
        world.now_says(*self.spec["rules"], conflicts=policy, lines=LINES)
        for number in range(people):
            self.oracle.add("left" if number % 2 else "right")
        world.run()
        world.wait(minutes=10)

    def teardown(self) -> None:
        try:
            if hasattr(self, "world"):
                self.quiet()
        finally:
            self.patch.undo()
            self.world.__exit__(None, None, None)
            self.folder.cleanup()

    def someone(self, side: str, pick: int) -> str | None:
        """A record of a side."""
        ids = self.oracle.ends[side].ids
        return ids[pick % len(ids)] if ids else None

    def known(self, side: str, pick: int) -> str | None:
        """A record of a side that people made or that is linked for sure."""
        record = self.someone(side, pick)
        if record is None or (side, record) in self.oracle.people:
            return record
        return record if self.oracle.counterpart(side, record) else None

    @rule(side=sides, out=st.booleans())
    def add(self, side: str, *, out: bool) -> None:
        record = self.oracle.add(side)
        if side == "left" and out:
            self.world.shop.edit("people", record, rank="out")

    @rule()
    def add_on_both_sides(self) -> None:
        """Two people make the same record at the same time, before any run has seen either."""
        name = self.oracle.fresh()
        self.oracle.add("left", name=name)
        self.oracle.add("right", name=name)

    @rule(side=sides, pick=picks, field=fields, clear=st.booleans())
    def edit(self, side: str, pick: int, field: str, *, clear: bool) -> None:
        record = self.someone(side, pick)
        if record:
            self.oracle.edit(side, record, field, None if clear else self.oracle.fresh())

    @rule(pick=picks, field=fields)
    def edit_both(self, pick: int, field: str) -> None:
        """The same field of a pair is typed on both sides."""
        links = self.world.links() if self.world.ledger.exists() else []
        if links:
            for side, record in zip(("left", "right"), links[pick % len(links)][:2], strict=True):
                if record in self.oracle.ends[side].ids:
                    self.oracle.edit(side, record, field, self.oracle.fresh())

    @rule(side=sides, pick=picks)
    def rename(self, side: str, pick: int) -> None:
        """The match key changes; once linked that is an edit like any other."""
        record = self.known(side, pick)
        if record:
            self.oracle.edit(side, record, "name", self.oracle.fresh())

    @rule(side=sides, pick=picks)
    def delete(self, side: str, pick: int) -> None:
        record = self.someone(side, pick)
        if record and self.oracle.counterpart(side, record):
            self.oracle.delete(side, record)

    @precondition(lambda self: self.oracle.removed)
    @rule(pick=picks)
    def restore(self, pick: int) -> None:
        side, record = list(self.oracle.removed)[pick % len(self.oracle.removed)]
        if self.oracle.counterpart(side, record):
            self.oracle.restore(side, record)

    @rule(pick=picks, out=st.booleans())
    def move(self, pick: int, *, out: bool) -> None:
        """A record leaves the view, or comes back."""
        record = self.someone("left", pick)
        if record:
            self.world.shop.edit("people", record, rank="out" if out else "in")

    @rule(side=sides, pick=picks)
    def garble(self, side: str, pick: int) -> None:
        """A number that is none: nobody knows what it means until somebody corrects it."""
        record, end = self.someone(side, pick), self.oracle.ends[side]
        if record:
            end.store.edit(end.stream, record, **{"amount" if side == "left" else "worth": "ten"})

    @rule(side=sides, pick=picks, field=fields, seconds=st.integers(0, 100))
    def commit_late(self, side: str, pick: int, field: str, seconds: int) -> None:
        """A change becomes visible now with a time that is already past, by less than the overlap."""
        record, end = self.someone(side, pick), self.oracle.ends[side]
        if record:
            self.world.wait(seconds=101)
            before = end.store.streams[end.stream][record]["modified"]
            self.oracle.edit(side, record, field, self.oracle.fresh())
            row = end.store.streams[end.stream][record]
            stamp = (end.store.clock() - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            row["modified"] = max(stamp, before) if max(stamp, before) != before else row["modified"]

    @rule(side=sides, field=fields)
    def stamp_alike(self, side: str, field: str) -> None:
        """Somebody changes every record at once: all get the same time."""
        end = self.oracle.ends[side]
        for record in end.ids:
            self.oracle.edit(side, record, field, self.oracle.fresh())
        rows = end.store.streams[end.stream].values()
        latest = max((row["modified"] for row in rows), default=None)
        for row in rows:
            row["modified"] = latest

    @rule(minutes=st.sampled_from([1, 30, 600]))
    def wait(self, minutes: int) -> None:
        self.world.wait(minutes=minutes)

    @rule(twice=st.booleans())
    def shift_pages(self, *, twice: bool) -> None:
        self.world.watch.twice = twice

    @rule(take=sides)
    def decide(self, take: Any) -> None:
        """A person decides what waits for one; a run may find other values by then."""
        if self.world.ledger.exists() and self.world.conflicts():
            self.world.decide(take)

    @rule(policy=st.sampled_from(POLICIES))
    def change_the_policy(self, policy: str) -> None:
        self.spec["conflicts"] = policy
        self.say()

    @rule(arrow=st.sampled_from(["->", "<-"]))
    def narrow(self, arrow: str) -> None:
        """One direction for a while, with runs in between."""
        self.say(sync=f"shop.people {arrow} desk.clients")
        self.world.run()
        self.say()

    @rule()
    def add_a_line(self) -> None:
        self.spec["lines"] = (*LINES, "note <-> memo")
        self.say()

    def say(self, **more: Any) -> None:
        spec = self.spec
        self.world.now_says(*spec["rules"], conflicts=spec["conflicts"], lines=spec["lines"], **more)

    @rule(step=st.integers(1, 70))
    def kill(self, step: int) -> None:
        self.world.doomed(step)

    @rule(at=st.integers(0, 5), fault=faults)
    def run_with_a_fault(self, at: int, fault: Any) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Watched, "write", faulty(at, fault))
            with suppress(TemporaryError):
                self.world.run()

    @rule(at=st.integers(0, 8), side=sides, pick=picks, field=fields)
    def run_while_somebody_types(self, at: int, side: str, pick: int, field: str) -> None:
        """An edit right before one of the run's reads or looks."""
        self.run_with(at, lambda: self.edit(side=side, pick=pick, field=field, clear=False))

    @rule(at=st.integers(0, 8))
    def run_that_freezes_while_another_takes_over(self, at: int) -> None:
        """The lease runs out, somebody else runs; the sleeper wakes up and may write nothing more."""

        def freeze() -> None:
            self.world.wait(minutes=10)
            self.world.run()

        with suppress(LockedError):
            self.run_with(at, freeze)

    def run_with(self, at: int, happens: Any) -> None:
        """Run, and let something happen right before one of the reads."""
        left = [at]

        def hook(_request: ReadRequest) -> None:
            left[0] -= 1
            if left[0] == -1:
                happens()

        self.world.watch.before_read = hook
        try:
            self.world.run()
        finally:
            self.world.watch.before_read = lambda _request: None

    @rule(side=sides, pick=picks, field=fields)
    def run_with_a_listing_that_lags(self, side: str, pick: int, field: str) -> None:
        """What a run has just written is listed as it was before."""
        end = self.oracle.ends[side]
        other = "right" if side == "left" else "left"
        self.edit(side=other, pick=pick, field=field, clear=False)
        old = {row["id"]: row for row in end.store.rows(end.stream)}
        self.world.run()
        self.world.watch.shown = lagging(end.stream, old)
        self.world.run()
        self.world.watch.shown = lambda _request, record: record
        self.world.run()

    @rule(whole=st.booleans())
    def run(self, *, whole: bool) -> None:
        self.world.run(whole=whole)

    @rule()
    def quiet(self) -> None:
        """Nobody types and nothing breaks: three runs bring everything in step, and the next one writes nothing."""
        world = self.world
        world.watch.twice = False
        for row in world.shop.rows("people"):
            if row.get("amount") == "ten":
                world.shop.edit("people", row["id"], amount="5.00")
        for row in world.desk.rows("clients"):
            if row.get("worth") == "ten":
                world.desk.edit("clients", row["id"], worth="5.00")
        for _ in range(3):
            world.wait(hours=7)
            world.run(whole=True)
        world.wait(hours=7)
        assert world.run().wrote == 0, world.written()
        assert world.watch.operations == []
        self.oracle.check()


def profile(examples: int, steps: int) -> settings:
    """So many histories of so many steps; slowness is no finding, the machine does real work."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=examples < 100,
        suppress_health_check=list(HealthCheck),
    )


def test_a_history_of_both_sides() -> None:
    run_state_machine_as_test(Both_, settings=profile(6, 12))


@pytest.mark.slow
@pytest.mark.timeout(14_400)
def test_many_long_histories_of_both_sides() -> None:
    run_state_machine_as_test(Both_, settings=profile(1_000, 30))
