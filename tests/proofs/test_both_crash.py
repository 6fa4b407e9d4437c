"""Both ways, killed anywhere or answered by faults: run again, the outcome is the same and nothing is doubled."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import pytest
from both_world import Both, client
from run_world import MATCH, Watched, person

from engine.errors import TemporaryError
from engine.ledger import open_ledger
from engine.record import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from engine.connectors.port import Batch

pytestmark = pytest.mark.timeout(7_200)  # with --long; else each takes seconds

LINES = ("name <-> label", "mail <-> mail", "city <-> town")
FIELDS = ("name", "mail", "city")
ITS = ("label", "mail", "town")
KEYS = {"with keys": MATCH, "without keys": "title: Nobody is recognised"}
WHOLE = 10  #: people there are in the end

#: What may become of a batch: the connection breaks before or after it was applied; the system does not say whether
#: it was; it could not take it now.
Fault = Literal["broken before", "broken after", "unknown before", "unknown after", "retry"]
FAULTS: tuple[Fault, ...] = ("broken before", "broken after", "unknown before", "unknown after", "retry")


@pytest.fixture(scope="module", params=list(KEYS))
def scenario(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenario]:
    """Five pairs, changed here, there, both in different fields, and both in one; newcomers of both sides."""
    long, keyed = bool(request.config.getoption("--long")), request.param == "with keys"
    folder = tmp_path_factory.mktemp("crash")
    with Both(folder, match=KEYS[request.param], lines=LINES, batch=2, page=4) as world:
        world.linked("P1", "P2", "P3", "P4", "P5")
        world.shop.edit("people", "1", city="Goa")
        world.desk.edit("clients", "2", town="Agra")
        world.shop.edit("people", "3", city="Goa")
        world.desk.edit("clients", "3", mail="three@example.org")
        world.shop.edit("people", "4", city="Wins")
        world.desk.edit("clients", "4", town="Typed")
        for number in (6, 7):
            world.shop.put("people", person(f"P{number}"))
        for number in (8, 9, 10):
            world.desk.put("clients", client(f"P{number}"))
        restore = world.remember()
        steps = world.doomed()
        yield Scenario(
            world=world,
            restore=restore,
            steps=steps,
            expected=world.people(*FIELDS),
            kills=list(range(1, steps + 1)) if long else world.watch.told[:: 1 if keyed else 6],
            pairs=200 if long else 3,
            keyed=keyed,
            fault_stride=1 if long else 8 if keyed else 17,
        )


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A situation to run from, and how both sides end if nothing happens."""

    world: Both
    restore: Callable[[], None]  #: begin anew
    steps: int  #: points at which the undisturbed run could have been killed
    expected: list[tuple[Any, ...]]
    kills: list[int]  #: steps to be killed at: all, or those that tell anything
    pairs: int  #: of two kills
    keyed: bool  #: records are recognised by their names
    fault_stride: int  #: of all batches with all faults, every so-manieth

    def survive(self, *kills: int) -> None:
        """Run and die at each of these steps in turn; the run after that must set everything right."""
        self.restore()
        for step in kills:
            self.world.doomed(step)
        self.world.run()
        self.assert_whole(kills)

    def assert_whole(self, said: object) -> None:
        """Both sides as they would be undisturbed; everybody has one counterpart; what was typed and lost is kept."""
        world = self.world
        assert world.people(*FIELDS) == world.clients(*ITS) == self.expected, said
        names = {row["id"]: row["name"] for row in world.shop.rows("people")}
        labels = {row["id"]: row["label"] for row in world.desk.rows("clients")}
        links = world.links()
        assert Counter(state for _, _, state in links) == {"active": WHOLE}, said
        assert all(names[left] == labels[right] for left, right, _ in links), said
        assert {loser.value for loser in world.losers()} == {"Typed"}, said
        with open_ledger(world.ledger, readonly=True) as ledger:
            assert ledger.pending_intents(world.name) == [], said
            assert ledger.held_rows(world.name) == [], said
            assert ledger.conflicts(world.name) == [], said


def test_the_undisturbed_run_brings_everybody_over(scenario: Scenario) -> None:
    scenario.restore()
    scenario.world.run()
    scenario.assert_whole("undisturbed")
    assert scenario.steps > 50
    scenario.world.settled()


@pytest.mark.parametrize("part", range(2))
def test_killed_at_any_step(scenario: Scenario, part: int) -> None:
    """Before and after every write on either side, within a batch, and around every transaction of the ledger."""
    for step in scenario.kills[part::2]:
        scenario.survive(step)
        if step % 7 == 0:
            assert scenario.world.run().wrote == 0, step


def test_killed_twice(scenario: Scenario) -> None:
    """The second time while recovering from the first, or later."""
    chance = random.Random(20260301)
    for _ in range(scenario.pairs):
        scenario.survive(chance.randint(1, scenario.steps), chance.randint(1, scenario.steps))


@pytest.mark.slow
@pytest.mark.timeout(14_400)
def test_killed_at_every_pair_of_steps(scenario: Scenario) -> None:
    """Every first step with every third second one."""
    for first in range(1, scenario.steps + 1):
        for second in range(1 + first % 3, scenario.steps + 1, 3):
            scenario.survive(first, second)


def test_edits_between_the_kill_and_the_next_run_survive(
    scenario: Scenario, request: pytest.FixtureRequest
) -> None:
    """Whatever the dead run had got to: what people typed since is an edit, and wins over what it had sent."""
    long = request.config.getoption("--long")
    world = scenario.world
    for step in scenario.kills[1 :: 1 if long else 8]:
        scenario.restore()
        world.doomed(step)
        # Without a key only its values tell what was made, so a new record that is edited at once is not known again.
        made = [row["id"] for row in world.desk.rows("clients") if scenario.keyed and row["label"] == "P7"]
        came = [row["id"] for row in world.shop.rows("people") if scenario.keyed and row["name"] == "P8"]
        world.shop.edit("people", "1", mail="one@example.org")
        world.desk.edit("clients", "2", mail="two@example.org")
        for number in made:
            world.desk.edit("clients", number, town="Typed on P7")
        for number in came:
            world.shop.edit("people", number, city="Typed on P8")
        world.run()
        assert world.people(*FIELDS) == world.clients(*ITS), step
        here = {name: (mail, city) for name, mail, city in world.people(*FIELDS)}
        assert len(here) == WHOLE, step
        assert here["P1"] == ("one@example.org", "Goa"), step
        assert here["P2"] == ("two@example.org", "Agra"), step
        assert here["P7"][1] == ("Typed on P7" if made else "Pune"), step
        assert here["P8"][1] == ("Typed on P8" if came else "Pune"), step
        assert {loser.value for loser in world.losers()} == {"Typed"}, step


def test_a_fault_in_any_batch_is_found_out_and_set_right(scenario: Scenario) -> None:
    """Before or after the batch was applied, said clearly or not: nothing is sent twice and nothing is left out."""
    world = scenario.world
    scenario.restore()
    world.run()
    every = list(itertools.product(range(world.watch.batches), FAULTS))
    assert world.watch.batches > 6
    for number, fault in every[:: scenario.fault_stride]:
        scenario.restore()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Watched, "write", faulty(number, fault))
            with suppress(TemporaryError):
                world.run()
        for _ in range(2):
            world.wait(minutes=20)
            world.run()
        scenario.assert_whole((number, fault))


def faulty(at: int, fault: Fault) -> Callable[[Watched, str, Batch], list[Receipt]]:
    """`Watched.write` with a fault in one batch."""
    real, left = Watched.write, [at]

    def write(self: Watched, stream: str, batch: Batch) -> list[Receipt]:
        left[0] -= 1
        if left[0] != -1:
            return real(self, stream, batch)
        applied = real(self, stream, batch) if fault.endswith("after") else []
        if fault.startswith("broken"):
            raise TemporaryError("The connection broke.", remedy="Try again.")
        word: Literal["unknown", "retry"] = "retry" if fault == "retry" else "unknown"
        told = applied or [Receipt(op=one.op, outcome=word) for one in batch.operations()]
        return [replace(one, outcome=word, id=None, version=None, accepted=None) for one in told]

    return write


def test_a_deletion_that_is_followed_is_finished_after_a_kill_and_takes_nobody_else(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    long = request.config.getoption("--long")
    with Both(tmp_path, "deletes: propagate", batch=2, page=4) as world:
        world.linked("P1", "P2", "P3", "P4", "P5")
        world.shop.delete("people", "1")
        world.desk.delete("clients", "2")
        world.run(whole=True)
        world.desk.edit("clients", "3", town="Goa")
        restore = world.remember()
        steps = world.doomed(whole=True)
        for step in range(1, steps + 1) if long else world.watch.told[::3]:
            restore()
            world.doomed(step, whole=True)
            for _ in range(2):
                world.run(whole=True)
            assert world.people("name") == world.clients("label") == [("P3",), ("P4",), ("P5",)], step
            assert world.people("city") == world.clients("town"), step
            assert len(world.links()) == 3, step
            assert world.held() == {}, step
