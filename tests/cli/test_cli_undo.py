"""`engine undo` from the command line: shown first, done with --apply."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from sqlite_world import sqlite_world

if TYPE_CHECKING:
    from pathlib import Path

    from sqlite_world import SqliteWorld

#: A second module that takes on what the first one makes.
COPIES = """\
  copies:
    sync: desk.clients -> desk.copies
    match: [ label = name ]
    fields:
      - label -> name
"""


def ran(folder: Path, more: str = "") -> tuple[SqliteWorld, str]:
    """A world after its first run, and the run."""
    world = sqlite_world(folder)
    spec = folder / "shop.yaml"
    spec.write_text(spec.read_text(encoding="utf-8") + more, encoding="utf-8")
    world.rows("CREATE TABLE copies (id INTEGER PRIMARY KEY, name TEXT)")
    codes = [one["code"] for one in world.asked("preview", world.spec)["asks"]]
    report = world.asked("run", world.spec, *(word for code in codes for word in ("--accept", code)))
    return world, report["run"]


def test_a_run_is_shown_taken_back_and_not_done_again(tmp_path: Path) -> None:
    world, run = ran(tmp_path)
    shown = world.call("undo", run, "--detailed-exitcode")
    assert shown.exit_code == 3, shown.output
    change = f"  ~ update on the right: Ann (1) because run {run} changed it\n"
    assert f'{change}      town: "Gent" -> "Typed"\n' in shown.stdout
    assert "The undo would result in 1 restored and 2 deleted; nothing was written" in shown.stdout
    assert "1 pair that it linked stays linked" in shown.stdout
    assert len(world.towns()) == 3
    _, command, *words = shlex.split(shown.stdout.splitlines()[-1].removeprefix("To do it: "))
    done = world.call(command, *words)
    assert done.exit_code == 0, done.output
    assert f"Undid run {run}" in done.stdout
    assert world.towns() == [("Ann", "Typed")]
    assert "Nothing to do" in world.call("run", world.spec).stdout
    runs = world.asked("history")["runs"]
    assert len(runs) == 3


def test_what_somebody_edited_since_is_left_alone_and_named(tmp_path: Path) -> None:
    world, run = ran(tmp_path)
    world.rows("UPDATE clients SET town = 'By hand' WHERE label IN ('Ann', 'Bob')")
    done = world.asked("undo", run, world.spec, "--apply")
    assert done["writes"] == {"update": 0, "create": 0, "delete": 1}
    assert {(one["label"], one["what"]) for one in done["spared"]} == {("Ann", "update"), ("Bob", "create")}
    assert all("has been changed since" in one["why"] for one in done["spared"])
    assert world.towns() == [("Ann", "By hand"), ("Bob", "By hand")]


def test_what_another_module_has_linked_stays_unless_that_goes_as_well(tmp_path: Path) -> None:
    world, run = ran(tmp_path, COPIES)
    assert world.rows("SELECT count(*) FROM copies") == [(3,)]
    world.rows("UPDATE copies SET name = 'Robert' WHERE name = 'Bob'")
    done = world.asked("undo", run, "--apply")
    assert world.rows("SELECT name FROM copies") == [("Robert",)]
    assert world.towns() == [("Ann", "Typed"), ("Bob", "Pune")]
    assert [(one["module"], one["label"]) for one in done["spared"]] == [
        ("copies", "Robert"),
        ("people", "Bob"),
    ]
    assert done["spared"][1]["why"] == "It is linked in the module copies, too."


def test_a_run_is_named_by_its_beginning_and_a_wrong_name_is_answered_with_runs(tmp_path: Path) -> None:
    world, run = ran(tmp_path)
    assert world.asked("undo", run[:8])["run"] == run
    wrong = world.call("undo", "nonsense")
    assert wrong.exit_code == 1
    assert f"`engine history` lists the runs, such as {run}" in wrong.stderr
    error = json.loads(world.call("undo", "x", "--format", "json").stdout)["error"]
    assert error["kind"] == "UserError"
