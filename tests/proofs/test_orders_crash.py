"""What a person orders, what a guard refuses, who is fetched: killed anywhere, it is done once or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from enrol_world import Jobs
from guard_world import INSIDE, OUTSIDE, Guarded
from linked_world import BELOW, LinkedWorld, firms, with_a_view_that_shows_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    with Jobs(tmp_path) as world:
        world.begin()
        yield world


def test_killed_at_every_step_of_enrolling_it_is_made_once_or_not_at_all(jobs: Jobs) -> None:
    restore = jobs.remember()
    steps = jobs.doomed_order(0, lambda: jobs.enrol("J1"))
    assert steps > 8
    for step in range(1, steps + 1):
        restore()
        jobs.doomed_order(step, lambda: jobs.enrol("J1"))
        said = jobs.enrolled() == ["J1"]
        jobs.run()
        assert (jobs.tasks(), jobs.shared()) == (([("Job 1", "P1")], ["J1"]) if said else ([], [])), step
        assert jobs.run().wrote == 0, step


@pytest.mark.parametrize("rule", ["", "    deletes: propagate"])
def test_killed_at_every_step_of_taking_out_nothing_else_is_lost(jobs: Jobs, rule: str) -> None:
    jobs.say(more=rule)
    for job in ("J1", "J2"):
        jobs.enrol(job)
    jobs.run()
    restore = jobs.remember()
    steps = jobs.doomed_order(0, lambda: jobs.withdraw("J1"))
    for step in range(1, steps + 1):
        restore()
        jobs.doomed_order(step, lambda: jobs.withdraw("J1"))
        jobs.run()
        if jobs.enrolled() == ["J1", "J2"]:
            jobs.withdraw("J1")
        assert jobs.enrolled() == ["J2"], step
        assert [one[0] for one in jobs.tasks()] == (["Job 2"] if rule else ["Job 1", "Job 2"]), step
        assert sorted(jobs.desk.streams["jobs"]) == ["J1", "J2", "J3"], step
        assert jobs.run().wrote == 0, step


@pytest.mark.parametrize("leave", ["as-is", "restore"])
def test_killed_anywhere_the_refusal_is_told_once_and_never_written(tmp_path: Path, leave: str) -> None:
    with Guarded(tmp_path) as world:
        world.begin()
        world.say(more=f"    leave: {leave}")
        world.shop.edit("tasks", "1", due=OUTSIDE, title="New title")
        restore = world.remember()
        world.doomed()
        for step in world.watch.told:
            restore()
            world.doomed(step)
            world.again()
            world.again()
            assert world.job() == ("New title", INSIDE), step
            assert world.task() == ("New title", OUTSIDE if leave == "as-is" else INSIDE), step
            assert len(world.told()) == 1, step
            assert list(world.held()) == (["1"] if leave == "as-is" else []), step


def test_who_is_killed_anywhere_while_a_parent_is_fetched_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_view_that_shows_nothing(monkeypatch)
    with LinkedWorld(tmp_path, firms("view: { shop: \"saved('few')\" }"), BELOW) as world:
        world.person("Ann", firm=world.firm("Acme"))
        restore = world.remember()
        world.doomed()
        for step in world.watch.told:
            restore()
            world.doomed(step)
            world.run()
            world.run()
            assert (world.accounts(), world.names()) == (["Acme"], ["Ann"]), step
