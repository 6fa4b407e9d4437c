"""Records that take part once a person says so: refused with the reason, made once, marked, and taken out again."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from click.testing import CliRunner
from enrol_world import Jobs

from engine.cli import engine
from engine.connectors.memory import MemoryConnector
from engine.errors import UserError
from engine.render.plan import plan_text
from engine.run.operations.explain import explain, parse_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

    from engine.record import Operation, Receipt


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Jobs]:
    with Jobs(tmp_path) as world:
        world.begin()
        yield world


def test_only_what_is_enrolled_is_made_at_its_place_and_kept_in_step(world: Jobs) -> None:
    world.settled()
    assert (world.tasks(), world.shared()) == ([], [])
    assert world.offers("J1") == [("P1", "Asha")]
    assert world.enrol("J1") == "1"
    assert (world.tasks(), world.shared()) == ([("Job 1", "P1")], ["J1"])
    world.settled()
    world.desk.edit("jobs", "J1", label="Dig")
    world.desk.edit("jobs", "J2", label="Fill")
    world.run()
    assert world.tasks() == [("Dig", "P1")]
    world.shop.edit("tasks", "1", due="2026-07-01")
    world.shop.put("tasks", {"title": "Of the shop alone"})
    world.run()
    assert world.desk.streams["jobs"]["J1"]["ends"] == "2026-07-01"
    assert len(world.desk.rows("jobs")) == 3
    world.settled()


@pytest.mark.parametrize(
    ("job", "edit", "sentence"),
    [
        ("J1", {"state": "idea"}, "Only planned jobs are shared."),
        ("J9", {}, "desk has no record desk.jobs:J9"),
        ("J1", {"ends": "soon"}, "cannot be read"),
    ],
)
def test_what_cannot_take_part_is_refused_and_nothing_is_kept(
    world: Jobs, job: str, edit: dict[str, str], sentence: str
) -> None:
    if edit:
        world.desk.edit("jobs", job, **edit)
    for ask in (world.offers, world.enrol):
        with pytest.raises(UserError, match=sentence):
            ask(job)
    world.settled()
    assert (world.tasks(), world.enrolled()) == ([], [])
    assert not world.held()


def test_no_more_than_so_many_take_part_and_one_that_leaves_makes_room(world: Jobs) -> None:
    world.say(more="      at-most: 2")
    for job in ("J1", "J2"):
        world.enrol(job)
    with pytest.raises(UserError, match="takes 2 records at most, and 2 are enrolled"):
        world.enrol("J3")
    world.withdraw("J1")
    world.enrol("J3")
    assert world.enrolled() == ["J2", "J3"]
    assert world.shared() == ["J2", "J3"]


@pytest.mark.parametrize(("rule", "left"), [("", [("Job 1", "P1")]), ("    deletes: propagate", [])])
def test_taken_out_it_is_let_alone_or_deleted_as_the_module_says(
    world: Jobs, rule: str, left: list[tuple[str, str]]
) -> None:
    world.say(more=rule)
    world.enrol("J1")
    world.run()
    world.withdraw("J1")
    assert (world.tasks(), world.enrolled(), world.shared()) == (left, [], [])
    world.desk.edit("jobs", "J1", label="Renamed")
    world.run()
    assert world.tasks() == left
    world.settled()
    world.enrol("J1")
    assert world.tasks() == sorted([*left, ("Renamed", "P1")])


def test_what_is_deleted_there_is_not_made_again_unless_somebody_enrols_it_again(world: Jobs) -> None:
    world.enrol("J1")
    world.run()
    world.shop.delete("tasks", "1")
    for _ in range(3):
        world.run()
        world.run(whole=True)
    assert world.tasks() == []
    world.enrol("J1")
    assert (world.tasks(), world.shared()) == ([("Job 1", "P1")], ["J1"])
    world.settled()


def test_an_order_whose_answer_never_came_is_not_given_twice(world: Jobs) -> None:
    world.watch.answered = lambda receipt: replace(receipt, outcome="unknown", id=None)
    hidden = world.shop.streams.setdefault("tasks", {})
    world.enrol("J1")
    late = dict(hidden)
    hidden.clear()  # it arrived, and does not show yet
    world.watch.answered = lambda receipt: receipt
    with pytest.raises(UserError, match="did not confirm the write"):
        world.enrol("J1")
    hidden.update(late)
    world.wait(minutes=5)
    world.run()
    assert (world.tasks(), world.shared()) == ([("Job 1", "P1")], ["J1"])
    world.settled()


def test_explain_says_why_a_record_takes_no_part(world: Jobs) -> None:
    plan = world.plan()
    world.shop.put("tasks", {"id": "T1", "title": "Of the shop alone"})
    for record, words in (
        ("desk.jobs:J1", "has not been enrolled"),
        ("shop.tasks:T1", "only records of desk.jobs"),
    ):
        (placed,) = [
            one
            for one in explain(plan, world.call(), parse_name(record, plan)).modules
            if one.module == "jobs"
        ]
        assert placed.now is not None
        assert words in placed.now.next


def test_the_plan_says_how_records_come_to_take_part(world: Jobs) -> None:
    world.say(more="      at-most: 2")
    words = "engine do … jobs.enrol --record desk.jobs:ID; chooses whose; marked by shared; 2 at most"
    assert f"enrolled by    {words}" in plan_text(world.plan())


def order(world: Jobs, *words: str, answers: str | None = None) -> Result:
    """`engine do` at a terminal where somebody answers, or without one."""
    line = ["do", str(world.file), *words, "--folder", str(world.folder)]
    import_module("engine.cli.commands.do")  # before anything is patched, or it would keep the stand-in
    with ExitStack() as stack:
        for place in ("confirmation", "enrolment") if answers is not None else ():
            stack.enter_context(mock.patch(f"engine.cli.shared.{place}.can_ask", return_value=True))
        return CliRunner().invoke(engine, line, input=answers)


def test_at_a_terminal_it_asks_where_to_and_once_more_before_it_writes(world: Jobs) -> None:
    enrol = ("jobs.enrol", "--record", "desk.jobs:J1")
    with mock.patch("engine.cli.shared.enrolment.say"):
        assert order(world, *enrol, answers="n\n").exit_code == 1
        assert world.enrolled() == []
        done = order(world, *enrol, answers="y\n")
    assert done.exit_code == 0, done.output
    assert 'whose: "P1"' in done.output
    assert "desk.jobs:J1 is enrolled in `jobs`: it is now shop.tasks:1" in done.output
    told = json.loads(
        order(world, "jobs.withdraw", "--record", "desk.jobs:J1", "--yes", "--format", "json").stdout
    )
    assert (told["did"], told["record"], told["target"]) == ("withdraw", "desk.jobs:J1", "shop.tasks:1")
    assert (world.tasks(), world.enrolled()) == ([("Job 1", "P1")], [])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("jobs.enrol", "--record", "desk.jobs:J1"), "requires confirmation"),
        (("jobs.enrol", "--record", "desk.jobs:J1", "--give", "whose=P9"), "`P9` is not offered for `whose`"),
        (("jobs.enrol", "--record", "desk.jobs:J1", "--give", "title=x"), "does not ask for `title`"),
        (("people.enrol", "--record", "desk.clients:C1"), "These have records that are enrolled: jobs."),
        (("jobs.withdraw", "--record", "desk.jobs:J1", "--yes"), "is not enrolled in `jobs`"),
    ],
)
def test_an_order_that_cannot_be_followed_says_why(
    world: Jobs, words: tuple[str, ...], sentence: str
) -> None:
    done = order(world, *words)
    assert done.exit_code == 1
    assert sentence in done.output
    assert (world.tasks(), world.enrolled()) == ([], [])


def test_where_records_go_one_way_they_are_marked_and_deleted_as_well(world: Jobs) -> None:
    world.say(more="    deletes: propagate")
    text = world.file.read_text(encoding="utf-8").replace(
        "shop.tasks <-> desk.jobs", "shop.tasks <- desk.jobs"
    )
    text = text.replace("title <-> label, due <-> ends", "title <- label, due <- ends")
    text = text.replace("\n    conflicts: shop\n    fields: [ title", "\n    fields: [ title")
    world.file.write_text(text, encoding="utf-8")
    assert world.enrol("J1") == "1"
    assert (world.tasks(), world.shared()) == ([("Job 1", "P1")], ["J1"])
    world.desk.edit("jobs", "J1", label="Dig")
    world.run()
    assert world.tasks() == [("Dig", "P1")]
    world.settled()
    world.withdraw("J1")
    assert (world.tasks(), world.shared(), world.enrolled()) == ([], [], [])
    world.settled()


def test_a_mark_that_is_accepted_and_not_kept_is_told_and_written_again(
    world: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = MemoryConnector._apply

    def forgetful(self: MemoryConnector, stream: Any, operation: Operation) -> Receipt:
        values = {name: value for name, value in operation.values.items() if name != "shared"}
        return plain(self, stream, replace(operation, values=values))

    with monkeypatch.context() as ignoring:
        ignoring.setattr(MemoryConnector, "_apply", forgetful)
        assert world.enrol("J1") == "1"
        assert (world.tasks(), world.shared()) == ([("Job 1", "P1")], [])
    world.run()
    assert world.shared() == ["J1"]
    world.settled()
