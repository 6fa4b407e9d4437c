"""A saved changeset: a run does exactly what it says, as long as that still holds."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from run_world import Fate, Killed, World, mortal, person

from engine.errors import StoppedError, UserError
from engine.run.operations.apply import apply
from engine.run.operations.preview import save
from engine.run.session.changes import open_changes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.run.session.report import Applied, RunReport

BOTH = ("match: [ name = label ]", "conflicts: shop", "deletes: propagate")
LINES = ("name <-> label", "mail <-> mail", "city <-> town")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Ann and Bob in step both ways; then people change things, and a changeset is saved."""
    with World(tmp_path, sync="shop.people <-> desk.clients", module=BOTH, lines=LINES) as world:
        for name in ("Ann", "Bob", "Cy"):
            world.shop.put("people", person(name))
        world.run()
        world.wait(hours=1)
        world.shop.put("people", person("Dee"))
        world.desk.put("clients", {"label": "Eve", "mail": None, "town": "Gent"})
        world.shop.edit("people", "1", city="Goa")
        world.desk.edit("clients", "2", town="Agra")
        yield world


def saved(world: World, **more: Any) -> Path:
    world.wait(seconds=10)
    file = world.folder / "changes.jsonl"
    world.watch.operations = []
    save(world.plan(), world.call(**more), file)
    assert world.watch.operations == []
    return file


def applied(world: World, file: Path) -> tuple[RunReport, Applied]:
    world.wait(seconds=10)
    world.watch.operations = []
    report = apply(world.plan(), world.call(), open_changes(file))
    assert report.applied is not None
    return report, report.applied


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_the_file_says_what_decided_each_field_and_what_was_seen(world: World) -> None:
    header, *changes = lines(saved(world))
    assert header["counts"] == {"people": {"create": 2, "update": 2}}
    assert (header["integration"], header["plan"]) == ("shop-desk", world.plan().fingerprint)
    by_label = {one["label"]: one for one in changes}
    ann = by_label["Ann"]
    assert (ann["kind"], ann["writes"], ann["left_id"], ann["right_id"], ann["linked"]) == (
        "update", ["right"], "1", "1", True,
    )  # fmt: skip
    assert set(ann["seen"]) == {"left", "right"}
    (field,) = ann["fields"]
    assert field["values"] == {"base_left": "Pune", "base_right": "Pune", "left": "Goa", "right": "Pune"}
    assert (field["result"], field["write"], field["to"], field["rule"]) == ("Goa", "right", "town", "left")
    assert field["place"].startswith(f"{world.file}:")
    assert by_label["Eve"]["writes"] == ["left"]
    assert {one["to"]: one["result"] for one in by_label["Dee"]["fields"]}["town"] == "Pune"


def test_exactly_the_saved_changes_are_done_and_the_rest_waits_for_a_run(world: World) -> None:
    file, before = saved(world), world.state()
    world.shop.put("people", person("Late"))
    world.desk.edit("clients", "3", town="Ghent")
    report, told = applied(world, file)
    assert (told.done, told.refused, told.stale) == (4, 0, ())
    assert (report.wrote, len(world.watch.operations)) == (4, 4)
    assert world.clients("label", "town") == [
        ("Ann", "Goa"), ("Bob", "Agra"), ("Cy", "Ghent"), ("Dee", "Pune"), ("Eve", "Gent"),
    ]  # fmt: skip
    assert {row["name"]: row["city"] for row in world.shop.rows("people")} == {
        "Ann": "Goa", "Bob": "Agra", "Cy": "Pune", "Dee": "Pune", "Eve": "Gent", "Late": "Pune",
    }  # fmt: skip
    assert world.state() == before, "only a full run moves the cursors"
    assert world.run().wrote == 2, "Late and Cy come with the next run"
    world.settled()


def test_what_changed_on_either_side_since_is_refused_and_nothing_of_it_is_written(world: World) -> None:
    file = saved(world)
    world.shop.edit("people", "1", city="Delhi")
    world.desk.edit("clients", "2", town="Leeds")
    world.desk.put("clients", {"label": "Dee"})
    report, told = applied(world, file)
    assert {one.label: one.why for one in told.stale} == {
        "Ann": "shop.people:1 has changed since.",
        "Bob": "desk.clients:2 has changed since.",
        "Dee": "A run would decide otherwise now: something that it is compared with has changed.",
    }
    assert (told.done, told.refused, report.wrote) == (1, 3, 1)
    assert world.clients("label", "town")[0] == ("Ann", "Pune")
    assert len(world.clients()) == 5, "a second Dee would be a duplicate"


def test_a_record_that_went_and_a_link_that_went_make_a_change_stale(world: World) -> None:
    file = saved(world)
    world.desk.delete("clients", "1")
    world.desk.delete("clients", "4")
    _, told = applied(world, file)
    assert {one.label: one.why for one in told.stale} == {
        "Ann": "desk.clients:1 is not there any more.",
        "Eve": "desk.clients:4 is not there any more.",
    }


def test_a_change_of_what_is_not_mapped_leaves_the_changeset_as_good_as_it_was(world: World) -> None:
    file = saved(world)
    world.shop.edit("people", "1", note="seen")
    assert applied(world, file)[1].refused == 0


def test_done_twice_the_second_time_writes_nothing(world: World) -> None:
    file = saved(world)
    applied(world, file)
    report, told = applied(world, file)
    assert (report.wrote, told.done, told.already, told.refused) == (0, 0, 4, 0)


def test_a_first_contact_that_is_in_the_file_needs_no_other_word(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        for name in ("Ann", "Bob"):
            world.shop.put("people", person(name))
        world.desk.put(
            "clients", {"label": "Ann", "mail": "Ann@example.org", "town": "Pune", "worth": "10.00"}
        )
        world.desk.put("clients", {"label": "Bob", "mail": None, "town": "Pune", "worth": "10.00"})
        file = saved(world)
        assert lines(file)[0]["counts"] == {"people": {"link": 1, "update": 1}}
        _, told = applied(world, file)
        assert (told.done, world.links()) == (2, [("1", "1", "active"), ("2", "2", "active")])
        world.settled()


def test_a_deletion_is_in_the_file_with_what_is_lost_and_is_done(world: World) -> None:
    world.run()
    world.shop.delete("people", "3")
    world.run(whole=True)
    file = saved(world, whole=True)
    (change,) = lines(file)[1:]
    assert (change["kind"], change["label"], change["writes"]) == ("delete", "Cy", ["right"])
    assert {one["values"]["right"] for one in change["fields"]} >= {"Cy", "Pune"}
    report, told = applied(world, file)
    assert (told.done, report.modules["people"].deleted["right"]) == (1, 1)
    assert "Cy" not in {name for (name,) in world.clients("label")}


def test_another_plan_and_an_altered_file_are_refused_and_nothing_is_read(world: World) -> None:
    file = saved(world)
    world.watch.requests = []
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"Goa"', '"Roma"'), encoding="utf-8")
    with pytest.raises(StoppedError, match="was altered"):
        open_changes(file)
    file.write_text(text, encoding="utf-8")
    world.say(sync="shop.people <-> desk.clients", module=BOTH, lines=LINES[:2])
    with pytest.raises(StoppedError, match="another plan"):
        applied(world, file)
    file.write_text("{}\n", encoding="utf-8")
    with pytest.raises(UserError, match="not a changeset"):
        open_changes(file)
    assert world.watch.requests == []


def test_a_killed_application_goes_on_with_the_next_run_and_doubles_nothing(world: World) -> None:
    file = saved(world)
    again = world.remember()
    for step in range(1, 40, 4):
        again()
        if not killed(world, file, step):
            break
        if step % 8 == 1:  # by the same command, or by an ordinary run
            assert applied(world, file)[1].refused == 0, step
        else:
            world.run()
        names = [name for (name,) in world.clients("label")]
        assert sorted(names) == ["Ann", "Bob", "Cy", "Dee", "Eve"], step
        assert world.run().wrote == 0, step
    assert step > 8


def killed(world: World, file: Path, step: int) -> bool:
    """Whether applying the file had so many steps; it ended at this one then."""
    fate = world.watch.fate = Fate(kill_at=frozenset({step}))
    world.wait(seconds=10)
    with mortal(fate), suppress(Killed):
        apply(world.plan(), world.call(), open_changes(file))
    world.watch.fate = Fate()
    return fate.dead
