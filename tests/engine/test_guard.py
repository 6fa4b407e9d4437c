"""Guards: a change that a rule refuses is never written, is told once, and is in nobody's way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from guard_world import INSIDE, OUTSIDE, Guarded

from engine.run.operations.explain import explain, parse_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Guarded]:
    with Guarded(tmp_path) as world:
        world.begin()
        yield world


def test_a_date_outside_a_strict_project_is_refused_and_the_other_fields_of_the_task_go_on(
    world: Guarded,
) -> None:
    world.shop.edit("tasks", "1", due=OUTSIDE, title="New title")
    report = world.run()
    assert world.job() == ("New title", INSIDE)
    assert world.task() == ("New title", OUTSIDE)
    assert [(one.held.code, one.held.side, one.held.id) for one in report.held] == [("guarded", "left", "1")]
    (notice,) = world.told()
    for word in ("strict-schedule", "Strictly", OUTSIDE, "2026-06-01", "2026-06-30"):
        assert word in notice.message


def test_the_same_value_is_told_once_however_often_it_is_tried(world: Guarded) -> None:
    world.shop.edit("tasks", "1", due=OUTSIDE)
    world.run()
    world.shop.edit("tasks", "1", title="Something else")
    for _ in range(3):
        assert world.again().outcome == "held"
    assert world.run(whole=True).outcome == "held"
    assert world.job() == ("Something else", INSIDE)
    assert len(world.told()) == 1
    world.shop.edit("tasks", "1", due="2026-08-01")
    world.again()
    assert len(world.told()) == 2


def test_a_value_that_is_corrected_comes_over_and_the_record_is_no_longer_held(world: Guarded) -> None:
    world.shop.edit("tasks", "1", due=OUTSIDE)
    world.run()
    world.shop.edit("tasks", "1", due="2026-06-20")
    assert world.again().outcome == "done"
    assert world.job() == ("Task 1", "2026-06-20")


def test_what_the_guard_looks_at_may_change_and_then_the_value_comes_over_by_itself(world: Guarded) -> None:
    world.shop.edit("tasks", "1", due=OUTSIDE)
    world.run()
    world.desk.edit("projects", "P1", last="2026-07-31")
    assert world.again().outcome == "done"
    assert world.job() == ("Task 1", OUTSIDE)


def test_the_twin_in_a_free_project_is_written_and_stays_when_the_project_becomes_strict(
    world: Guarded,
) -> None:
    world.shop.edit("tasks", "2", due=OUTSIDE)
    assert world.run().outcome == "done"
    assert (world.job("2"), world.told()) == (("Task 2", OUTSIDE), [])
    world.desk.edit("projects", "P2", strict=True)
    assert world.again().outcome == "done"
    assert world.job("2") == ("Task 2", OUTSIDE)
    world.shop.edit("tasks", "2", due="2026-07-06")
    assert world.again().outcome == "held"
    assert world.job("2") == ("Task 2", OUTSIDE)


def test_a_task_that_moves_to_a_strict_project_is_judged_by_that_project(world: Guarded) -> None:
    world.shop.edit("tasks", "2", due=OUTSIDE, project="P1")
    world.run()
    (row,) = [one for one in world.desk.rows("jobs") if one["label"] == "Task 2"]
    assert (row["project_id"], row["ends"]) == ("P1", INSIDE)


def test_the_desk_may_say_what_the_shop_may_not(world: Guarded) -> None:
    job = next(one for one in world.desk.rows("jobs") if one["project_id"] == "P1")
    world.desk.edit("jobs", job["id"], ends=OUTSIDE)
    assert world.run().outcome == "done"
    assert world.task() == ("Task 1", OUTSIDE)


def test_a_newcomer_that_would_be_refused_is_not_made_until_it_may_be(world: Guarded) -> None:
    late = {"id": "3", "title": "Late", "due": OUTSIDE, "state": "open", "project": "P1"}
    world.shop.put("tasks", late)
    world.shop.put("tasks", {**late, "id": "4", "title": "Free", "project": "P2"})
    report = world.run()
    assert [one["label"] for one in world.desk.rows("jobs")] == ["Task 1", "Task 2", "Free"]
    assert [(one.held.code, one.held.id) for one in report.held] == [("guarded", "3")]
    world.again()
    assert len(world.told()) == 1
    world.shop.edit("tasks", "3", due=INSIDE)
    assert world.again().outcome == "done"
    assert "Late" in [one["label"] for one in world.desk.rows("jobs")]


def test_restore_gives_the_source_back_what_the_target_holds(world: Guarded) -> None:
    world.say(more="    leave: restore")
    world.shop.edit("tasks", "1", due=OUTSIDE, title="New title")
    report = world.run()
    assert (report.outcome, world.task(), world.job()) == (
        "done",
        ("New title", INSIDE),
        ("New title", INSIDE),
    )
    assert [(one.field, one.value) for one in world.losers()] == [("ends", OUTSIDE)]
    assert len(world.told()) == 1
    assert world.again().wrote == 0


def test_preview_shows_what_would_be_refused_and_neither_tells_nor_writes(world: Guarded) -> None:
    world.shop.edit("tasks", "1", due=OUTSIDE)
    changeset = world.preview()
    assert [one.held.code for one in changeset.held] == ["guarded"]
    assert (changeset.lines, world.told()) == ((), [])


def test_a_guard_of_the_whole_record_lets_nothing_of_a_closed_task_through(world: Guarded) -> None:
    closed = "  closed: { module: tasks, when: state = 'closed', because: It is closed. }"
    world.say(more=closed)
    world.shop.edit("tasks", "1", state="closed", title="New title")
    world.run()
    assert world.job() == ("Task 1", INSIDE)
    assert [one.rule for one in world.told()] == ["closed"]


def test_explain_says_what_a_guard_refuses_and_why(world: Guarded) -> None:
    world.shop.edit("tasks", "1", due=OUTSIDE, title="New title")
    plan = world.plan()
    (placed,) = explain(plan, world.call(), parse_name("shop.tasks:1", plan)).modules
    assert placed.now is not None
    written, _, refused = placed.now.next.partition("Guard")
    assert "label of" in written
    assert "ends" not in written
    assert "`strict-schedule` refuses a change: 2026-07-05 is outside Strictly" in refused
