"""A stage of an integration's life that is killed anywhere and ordered again ends as if nothing had happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lifecycle_world import do, doomed, kept, nothing_open, older, seven_people, standing

from engine.errors import LockedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from run_world import World

    from engine.plan.lifecycle import StageName


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with seven_people(tmp_path) as made:
        yield made


def deaths(world: World, stage: StageName, choice: str | None = None) -> Iterator[int]:
    """Order the stage and die at each step in turn; each time everything is as it was before."""
    restore = world.remember()
    steps = doomed(world, stage, choice)
    for step in range(1, steps + 1):
        restore()
        doomed(world, stage, choice, step)
        yield step


def test_disabling_killed_anywhere_and_ordered_again_ends_the_same(world: World) -> None:
    world.run()
    for step in deaths(world, "disable"):
        state = standing(world).state
        if state == "disabling":
            with pytest.raises(LockedError, match="has not finished"):
                world.run()
            with pytest.raises(LockedError, match="has not finished"):
                do(world, "enable")
        if state != "disabled":
            do(world, "disable")
        assert standing(world).state == "disabled", step
        assert [row[0] for row in kept(world)] == ["Nobody", "P0", "P1", "P2", "P3", "P6"], step
        assert {row[2] for row in kept(world) if row[0] in ("P1", "P2", "P3")} == {"closed"}, step
        assert len(world.links()) == 5, step
        nothing_open(world)
        do(world, "enable")
        world.run()
        assert sorted(row["name"] for row in world.shop.rows("people")) == [f"P{n}" for n in range(7)], step
        assert len(world.links()) == 7, step
    assert step > 30


def test_deleting_killed_anywhere_and_ordered_again_ends_the_same(world: World) -> None:
    world.run()
    do(world, "disable")
    for step in deaths(world, "delete", "some"):
        if standing(world).state != "deleted":
            do(world, "delete", "some")
        assert standing(world).state == "deleted", step
        assert [row[0] for row in kept(world)] == ["Nobody", "P0", "P1", "P2", "P3"], step
        assert world.links() == [], step
        nothing_open(world)
    assert step > 20


def test_migrating_killed_anywhere_and_ordered_again_ends_the_same(world: World) -> None:
    older(world)
    for step in deaths(world, "migrate"):
        if "migrated" not in standing(world).agreed:
            do(world, "migrate")
        assert len(world.links()) == 1, step
        world.run()
        assert len(world.links()) == 6, step
        assert [row[0] for row in kept(world)].count("P6") == 1, step
    assert step > 10
