"""The stages of an integration's life: what they do, in which order they may come, and what a kill leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from lifecycle_world import do, doomed, kept, look, nothing_open, older, seven_people, standing

from engine.errors import LockedError, TemporaryError, UserError
from engine.ledger import AlreadyLinked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from run_world import World

    from engine.plan.lifecycle import StageName


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with seven_people(tmp_path) as made:
        yield made


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
