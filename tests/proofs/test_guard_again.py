"""A guard is asked again by every run, parents before children; what is taken back and made again is told again."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from guard_world import INSIDE, OUTSIDE, Guarded

from engine.cli import engine

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """\
spec: 1
name: tree
systems:
  l: { connector: sql, with: { url: "sqlite:///l.db" } }
  r: { connector: sql, with: { url: "sqlite:///r.db" } }
modules:
"""
PROJECTS = """\
  projects: { sync: l.projects -> r.projects, match: [ name = name ], fields: [ name -> name, state -> state ] }
"""
TASKS = """\
  tasks:
    sync: l.tasks -> r.tasks
    match: [ name = name ]
    fields: [ name -> name, state -> state, { map: above -> above, refers: ABOVE } ]
"""
GUARD = """\
guards:
  closed: { module: tasks, refuse: state -> state, when: "above.state = 'closed'", because: It is closed above. }
"""
MAKE = """
CREATE TABLE projects (id INTEGER PRIMARY KEY, name TEXT, state TEXT);
CREATE TABLE tasks (id INTEGER PRIMARY KEY, name TEXT, state TEXT, above INTEGER REFERENCES ABOVE);
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def called(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(engine, list(words))
    assert done.exit_code == code, done.output
    return done.output


def ask(side: str, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"{side}.db")
    with connection:
        rows = connection.execute(sql).fetchall()
    connection.close()
    return rows


def world_of(folder: Path, above: str, modules: str, *statements: str) -> None:
    (folder / "s.yaml").write_text((SPEC + modules + GUARD).replace("ABOVE", above))
    for side in ("l", "r"):
        connection = sqlite3.connect(f"{side}.db")
        connection.executescript(MAKE.replace("ABOVE", above))
        connection.close()
    for statement in statements:
        ask("l", statement)


def told() -> list[Any]:
    notices: list[Any] = json.loads(called("errors", "--format", "json"))["notices"]
    return notices


@pytest.mark.parametrize(
    "modules", [PROJECTS + TASKS, TASKS + PROJECTS], ids=["parents first", "children first"]
)
@pytest.mark.parametrize("newcomer", [False, True], ids=["known", "new"])
def test_a_parent_and_its_child_that_are_opened_together_both_open_and_nobody_is_told(
    folder: Path, modules: str, *, newcomer: bool
) -> None:
    closed = ("INSERT INTO projects VALUES (1, 'P', 'closed')", "INSERT INTO tasks VALUES (1, 'T', NULL, 1)")
    world_of(folder, "projects", modules, *closed)
    called("run", "s.yaml")
    ask("l", "UPDATE projects SET state = 'open'")
    if newcomer:
        ask("l", "INSERT INTO tasks VALUES (2, 'U', 'open', 1)")
    else:
        ask("l", "UPDATE tasks SET state = 'open'")
    called("run", "s.yaml")
    assert ask("r", "SELECT state FROM projects") == [("open",)]
    assert ("U" if newcomer else "T", "open") in ask("r", "SELECT name, state FROM tasks")
    assert told() == []


def test_a_whole_branch_of_one_stream_opens_in_one_run_whatever_its_order(folder: Path) -> None:
    """The deepest child comes first, and a new one hangs below it."""
    rows = "(1, 'leaf', NULL, 2), (2, 'twig', NULL, 3), (3, 'branch', NULL, 4), (4, 'root', NULL, NULL)"
    world_of(folder, "tasks", TASKS, f"INSERT INTO tasks VALUES {rows}")
    called("run", "s.yaml")
    for side in ("l", "r"):
        ask(side, "UPDATE tasks SET state = 'closed'")
    called("run", "s.yaml")
    ask("l", "UPDATE tasks SET state = 'open'")
    ask("l", "INSERT INTO tasks VALUES (9, 'bud', 'open', 1)")
    called("run", "s.yaml")
    assert {state for (state,) in ask("r", "SELECT state FROM tasks")} == {"open"}
    assert told() == []
    assert "Nothing to do" in called("run", "s.yaml")


def test_what_stays_refused_is_told_once_and_opens_with_the_next_run_after_its_parent(folder: Path) -> None:
    closed = ("INSERT INTO projects VALUES (1, 'P', 'closed')", "INSERT INTO tasks VALUES (1, 'T', NULL, 1)")
    world_of(folder, "projects", PROJECTS + TASKS, *closed)
    called("run", "s.yaml")
    ask("l", "UPDATE tasks SET state = 'open'")
    for _ in range(3):
        called("run", "s.yaml", code=4)
    assert len(told()) == 1
    ask("r", "UPDATE projects SET state = 'open'")  # nothing on the left has changed, and no time has passed
    called("run", "s.yaml")
    assert ask("r", "SELECT state FROM tasks") == [("open",)]


def test_a_refusal_that_was_taken_back_and_made_again_is_told_again(tmp_path: Path) -> None:
    with Guarded(tmp_path) as world:
        world.begin()
        for times in (1, 2, 3):
            world.shop.edit("tasks", "1", due=OUTSIDE)
            for _ in range(2):
                assert world.run().outcome == "held"
            assert len(world.told()) == times
            world.shop.edit("tasks", "1", due=INSIDE)
            assert world.run().outcome == "done"
        assert len(world.told()) == 3


def test_a_value_that_came_between_makes_a_refusal_a_new_one(tmp_path: Path) -> None:
    with Guarded(tmp_path) as world:
        world.begin()
        for times, due in enumerate((OUTSIDE, "2026-08-01", OUTSIDE), start=1):
            world.shop.edit("tasks", "1", due=due)
            for _ in range(2):
                assert world.run().outcome == "held"
            assert len(world.told()) == times
