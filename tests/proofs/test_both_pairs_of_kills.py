"""One record on its way: killed at every point of push, settle and recover, and at every pair of them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from both_world import Both
from run_world import person

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LINES = ("name <-> label", "mail <-> mail", "city <-> town")


def newcomer(world: Both) -> None:
    """Somebody new on the left: a write to the right, and a link."""
    world.shop.put("people", person("New", mail="n@example.org", city="Goa"))


def both_edited(world: Both) -> None:
    """A pair that has to be written on both sides, and where a typed value loses."""
    world.linked("New")
    world.shop.edit("people", "1", city="Goa")
    world.desk.edit("clients", "1", town="Typed", mail="n@example.org")


@pytest.mark.parametrize("story", [newcomer, both_edited])
def test_a_record_arrives_once_whichever_two_points_its_runs_die_at(
    tmp_path: Path, story: Callable[[Both], Any], request: pytest.FixtureRequest
) -> None:
    """The second death may be in the recovery from the first; nothing is doubled, lost or left open.

    With --long every pair of points; else every first one with a third of the second ones, all of them in turn.
    """
    third = 1 if request.config.getoption("--long") else 3
    with Both(tmp_path, lines=LINES) as world:
        story(world)
        restore = world.remember()
        world.doomed()
        points = [
            *world.watch.told,
            10_000,
        ]  # the last one is never reached: the run before it dies once only
        assert len(points) > 3
        for number, kills in enumerate(itertools.product(points, points)):
            if (number + number // len(points)) % third:
                continue
            restore()
            for step in kills:
                world.doomed(step)
            world.run()
            assert world.people("name", "mail", "city") == [("New", "n@example.org", "Goa")], kills
            assert world.clients("label", "mail", "town") == [("New", "n@example.org", "Goa")], kills
            assert world.links() == [("1", "1", "active")], kills
            assert {loser.value for loser in world.losers()} <= {"Typed"}, kills
            assert world.held() == {}, kills
            assert world.run().wrote == 0, kills
