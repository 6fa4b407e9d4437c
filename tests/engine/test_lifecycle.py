"""The stages of an integration's life: what they do, in which order they may come, and what a kill leaves."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from run_world import MATCH, Fate, Killed, World, mortal, person

from engine.errors import LockedError, TemporaryError, UserError
from engine.ledger import AlreadyLinked, open_ledger
from engine.run.operations.lifecycle import Order, carry, foresee
from engine.run.operations.states import choice_of, stage_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.ledger.standing import Standing
    from engine.plan.lifecycle import StageName
    from engine.run.operations.lifecycle import Carried, Foreseen

TOP = """\
lifecycle:
  disable:
    says: Everything stops.
    do:
      - { set: desk.clients, only: "linked() AND town = 'Pune'", to: { memo: closed, live: true } }
      - { delete: desk.clients, only: "origin() = 'shop' AND town = 'Agra'" }
  delete:
    needs: disabled
    choices:
      all: [ { convert: people }, { forget: links } ]
      some:
        - { delete: desk.clients, only: "origin() = 'shop' AND memo IS NULL" }
        - { forget: links }
  migrate:
    do: [ { import: links, from: desk.clients.memo, only: "town = 'Pune'" } ]
"""
LINES = ("name -> label", "city -> town")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Seven people, of whom the first was there on both sides and is paired; two clients of nobody."""
    with World(tmp_path, module=[MATCH, "deletes: propagate"], lines=LINES, top=TOP, batch=2, page=3) as made:
        for number, city in enumerate(["Agra", "Pune", "Pune", "Pune", "Agra", "Agra", "Goa"]):
            made.shop.put("people", person(f"P{number}", city=city))
        made.desk.put("clients", {"label": "P0", "town": "Agra"})
        made.desk.put("clients", {"label": "Nobody", "town": "Agra"})
        yield made


def order(world: World, stage: StageName, choice: str | None = None, by: str | None = None) -> Order:
    """A stage as somebody at the command line orders it."""
    plan, known = world.plan(), standing(world)
    return Order(
        stage=stage_of(plan, stage), choice=choice_of(plan, stage_of(plan, stage), known, choice), by=by
    )


def look(world: World, stage: StageName, choice: str | None = None) -> Foreseen:
    """What it would do."""
    world.wait(seconds=10)
    return foresee(world.plan(), world.call(), order(world, stage, choice))


def do(world: World, stage: StageName, choice: str | None = None) -> Carried:
    """Look and do."""
    return carry(world.plan(), world.call(), look(world, stage, choice))


def doomed(world: World, stage: StageName, choice: str | None = None, *steps: int) -> int:
    """Do it, and end the process at these steps; answers how many there were."""
    fate = world.watch.fate = Fate(kill_at=frozenset(steps))
    with mortal(fate), suppress(Killed):
        do(world, stage, choice)
    world.watch.fate = Fate()
    return fate.steps


def standing(world: World) -> Standing:
    """Where it stands."""
    if not world.ledger.exists():
        world.call().folder.mkdir(exist_ok=True)
        with open_ledger(world.ledger) as ledger:
            return ledger.standing(world.name)
    with open_ledger(world.ledger, readonly=True) as ledger:
        return ledger.standing(world.name)


def kept(world: World) -> list[tuple[Any, ...]]:
    """What the target holds."""
    return world.clients("label", "town", "memo", "live")


def nothing_open(world: World) -> None:
    """No batch is left whose outcome is not known."""
    with open_ledger(world.ledger, readonly=True) as ledger:
        assert ledger.pending_intents(world.name) == []


def test_what_a_stage_would_do_is_known_record_by_record_before_anything_is_done(world: World) -> None:
    world.run()
    seen = look(world, "disable")
    assert [[one.label for one in step.records] for step in seen.steps] == [["P1", "P2", "P3"], ["P4", "P5"]]
    assert standing(world).state == "active"
    assert world.run().wrote == 0


def test_disabling_does_its_steps_forgets_the_links_of_what_it_deletes_and_refuses_runs(world: World) -> None:
    world.run()
    done = do(world, "disable")
    assert [one.records for one in done.steps] == [3, 2]
    assert [row[0] for row in kept(world)] == ["Nobody", "P0", "P1", "P2", "P3", "P6"]
    assert [row[2:] for row in kept(world) if row[0] in ("P1", "P6")] == [("closed", True), (None, None)]
    assert len(world.links()) == 5
    with pytest.raises(LockedError, match="has been disabled since"):
        world.run()
    do(world, "enable")
    assert world.run().modules["people"].created["right"] == 2
    assert len(world.links()) == 7
    world.settled()


def test_only_what_came_from_the_other_system_is_deleted(world: World) -> None:
    world.run()
    do(world, "disable")
    done = do(world, "delete", "some")
    assert [one.records for one in done.steps] == [1, 4]
    assert [row[0] for row in kept(world)] == ["Nobody", "P0", "P1", "P2", "P3"]
    assert world.links() == []
    with pytest.raises(LockedError, match="was deleted at"):
        world.run()
    do(world, "connect")
    world.run()
    assert len(world.links()) == 7


@pytest.mark.parametrize("step", range(1, 60))
def test_disabling_killed_anywhere_and_ordered_again_ends_the_same(world: World, step: int) -> None:
    world.run()
    if doomed(world, "disable", None, step) >= step:
        state = standing(world).state
        if state == "disabling":
            with pytest.raises(LockedError, match="is not finished"):
                world.run()
            with pytest.raises(LockedError, match="is not finished"):
                do(world, "enable")
        if state != "disabled":
            do(world, "disable")
    assert standing(world).state == "disabled"
    assert [row[0] for row in kept(world)] == ["Nobody", "P0", "P1", "P2", "P3", "P6"]
    assert {row[2] for row in kept(world) if row[0] in ("P1", "P2", "P3")} == {"closed"}
    assert len(world.links()) == 5
    nothing_open(world)
    do(world, "enable")
    world.run()
    assert sorted(row["name"] for row in world.shop.rows("people")) == [f"P{n}" for n in range(7)]
    assert len(world.links()) == 7


@pytest.mark.parametrize("step", range(1, 36))
def test_deleting_killed_anywhere_and_ordered_again_ends_the_same(world: World, step: int) -> None:
    world.run()
    do(world, "disable")
    doomed(world, "delete", "some", step)
    if standing(world).state != "deleted":
        do(world, "delete", "some")
    assert standing(world).state == "deleted"
    assert [row[0] for row in kept(world)] == ["Nobody", "P0", "P1", "P2", "P3"]
    assert world.links() == []
    nothing_open(world)


def test_a_deletion_that_has_begun_is_finished_as_it_began(world: World) -> None:
    world.run()
    do(world, "disable")
    doomed(world, "delete", "some", 8)
    assert standing(world).state == "deleting"
    with pytest.raises(UserError, match="has begun with `some`"):
        do(world, "delete", "all")
    do(world, "delete")
    assert standing(world).state == "deleted"


def test_a_choice_must_be_one_that_the_spec_knows(world: World) -> None:
    world.run()
    do(world, "disable")
    for wrong in (None, "none"):
        with pytest.raises(UserError) as told:
            do(world, "delete", wrong)
        assert "--choice all" in str(told.value.remedy)
    assert standing(world).state == "disabled"


def older(world: World) -> None:
    """Three clients that an older integration has linked: one that moves, one that does not, one of nobody."""
    world.desk.put("clients", {"label": "Other name", "town": "Pune", "memo": "2"})
    world.desk.put("clients", {"label": "P6", "town": "Goa", "memo": "7"})
    world.desk.put("clients", {"label": "Lost", "town": "Pune", "memo": "99"})


def test_links_of_an_older_integration_move_and_what_does_not_move_is_left_alone(world: World) -> None:
    older(world)
    done = do(world, "migrate")
    assert [one.records for one in done.steps] == [1]
    assert "has no record 99" in done.steps[0].refused[0][1]
    world.run()
    assert ("2", "3", "active") in world.links()
    assert [row[0] for row in kept(world)].count("P6") == 1
    assert "7" not in {left for left, _, _ in world.links()}
    world.settled()
    with pytest.raises(UserError, match="there is no way back"):
        do(world, "migrate")


@pytest.mark.parametrize("step", range(1, 20))
def test_migrating_killed_anywhere_and_ordered_again_ends_the_same(world: World, step: int) -> None:
    older(world)
    doomed(world, "migrate", None, step)
    if "migrated" not in standing(world).agreed:
        do(world, "migrate")
    assert len(world.links()) == 1
    world.run()
    assert len(world.links()) == 6
    assert [row[0] for row in kept(world)].count("P6") == 1


def test_a_link_that_is_in_the_way_of_one_to_be_moved_is_told_before_anything_is_done(world: World) -> None:
    older(world)
    world.run()
    with pytest.raises(AlreadyLinked) as told:
        do(world, "migrate")
    assert "people 2 = " in told.value.message
    assert standing(world).state == "active"


@pytest.mark.parametrize(
    ("stage", "words"),
    [("enable", "is active, so it cannot be enabled"), ("delete", "only when it is disabled")],
)
def test_a_stage_that_has_no_place_now_is_refused(world: World, stage: StageName, words: str) -> None:
    world.run()
    with pytest.raises(UserError, match=words):
        do(world, stage, "all" if stage == "delete" else None)
    assert standing(world).state == "active"


def test_what_a_system_refuses_to_delete_stays_and_is_told(world: World) -> None:
    """A refused record is told; it does not keep the stage from its end."""
    world.run()
    world.watch.answered = lambda receipt: (
        replace(receipt, outcome="refused", message="It is in use.") if receipt.op == "delete/7" else receipt
    )
    done = do(world, "disable")
    assert done.steps[1].refused == (("P5 (7)", "It is in use."),)
    assert standing(world).state == "disabled"


def test_an_outcome_that_nobody_knows_leaves_the_stage_open_until_it_is_ordered_again(world: World) -> None:
    world.run()
    world.watch.answered = lambda receipt: (
        replace(receipt, outcome="unknown") if receipt.op == "delete/7" else receipt
    )
    with pytest.raises(TemporaryError, match="not known"):
        do(world, "disable")
    assert standing(world).state == "disabling"
    world.watch.answered = lambda receipt: receipt
    do(world, "disable")
    assert standing(world).state == "disabled"
    assert len(world.links()) == 5
    nothing_open(world)
