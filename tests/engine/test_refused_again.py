"""What a target refused is tried again once its rules, the record or the spec change, or a person says so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlite_world import SqliteWorld, sqlite_world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RULE = "CREATE TRIGGER rule BEFORE {} ON clients WHEN new.town = 'Rome' BEGIN SELECT raise(abort, 'not now'); END"


@pytest.fixture
def world(tmp_path: Path) -> SqliteWorld:
    """An update and a new record that the desk refuses; one that it took."""
    world = sqlite_world(tmp_path, more="duplicates: overwrite")
    world.rows("DELETE FROM clients")
    assert world.call("run", world.spec).exit_code == 0
    for kind in ("INSERT", "UPDATE"):
        world.rows(RULE.replace("rule", f"on_{kind}").format(kind))
    # Whoever still needs a rule can change what it looks at, and no schema tells.
    world.rows("UPDATE people SET city = 'Rome' WHERE name = 'Ann'", "shop")
    world.rows("INSERT INTO people (name, city) VALUES ('Dee', 'Rome')", "shop")
    assert world.call("run", world.spec).exit_code == 4
    return world


def tries(world: SqliteWorld) -> dict[str, int]:
    return {one["label"]: one["attempts"] for one in world.asked("errors")["held"]}


def allow(world: SqliteWorld) -> None:
    world.rows("DROP TRIGGER on_INSERT")
    world.rows("DROP TRIGGER on_UPDATE")


def declare(world: SqliteWorld) -> None:
    """The spec says more of the table; nothing that the module reads."""
    spec = world.folder / "shop.yaml"
    more = 'url: "sqlite:///desk.sqlite", streams: { clients: { fields: { town: text max=30 } } }'
    spec.write_text(
        spec.read_text(encoding="utf-8").replace('url: "sqlite:///desk.sqlite"', more), encoding="utf-8"
    )


def test_without_any_change_it_waits(world: SqliteWorld) -> None:
    for _ in range(2):
        assert world.call("run", world.spec).exit_code == 4
    assert tries(world) == {"Ann": 1, "Dee": 1}


@pytest.mark.parametrize(
    "change",
    [
        lambda world: world.rows("ALTER TABLE clients ADD COLUMN note TEXT"),
        lambda world: world.rows("CREATE INDEX towns ON clients (town)"),
        declare,
    ],
    ids=["a column", "an index", "the declaration"],
)
def test_a_change_of_what_its_system_asks_tries_it_again(
    world: SqliteWorld, change: Callable[[SqliteWorld], Any]
) -> None:
    change(world)
    world.call("run", world.spec)
    assert tries(world) == {"Ann": 2, "Dee": 2}
    world.call("run", world.spec)
    assert tries(world) == {"Ann": 2, "Dee": 2}, "once for each change"


def test_it_comes_over_with_the_next_run_after_the_rule_is_gone(world: SqliteWorld) -> None:
    allow(world)
    assert world.call("run", world.spec).exit_code == 0
    assert [row for row in world.towns() if row[1] == "Rome"] == [("Ann", "Rome"), ("Dee", "Rome")]
    assert "Nothing to do" in world.call("run", world.spec).output


@pytest.mark.parametrize(
    ("words", "tried"),
    [
        (("--all",), {"Ann", "Dee"}),
        (("--code", "refused"), {"Ann", "Dee"}),
        (("shop.people:1",), {"Ann"}),
        (("shop.people:4", "--code", "refused"), {"Dee"}),
    ],
)
def test_retry_tries_those_that_are_named_and_no_others(
    world: SqliteWorld, words: tuple[str, ...], tried: set[str]
) -> None:
    world.rows("INSERT INTO people (name, city) VALUES ('Eve', 'Gent')", "shop")
    result = world.call("retry", world.spec, *words)
    assert result.exit_code == 4, result.output
    assert tries(world) == {name: 2 if name in tried else 1 for name in ("Ann", "Dee")}
    assert "Eve" not in {name for name, _ in world.towns()}
    allow(world)
    world.call("retry", world.spec, *words)
    assert {name for name, town in world.towns() if town == "Rome"} == tried
    assert world.call("run", world.spec).exit_code == 0
    assert ("Eve", "Gent") in world.towns()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ((), 2, "Say which"),
        (("--all", "--code", "refused"), 2, "cannot be combined"),
        (("--code", "guarded"), 1, "No record is held that is meant here"),
        (("shop.people:2",), 1, "No record is held that is meant here"),
        (("shop.animals:2",), 1, "has the stream `shop.animals`"),
    ],
)
def test_retry_says_what_it_needs(world: SqliteWorld, words: tuple[str, ...], code: int, says: str) -> None:
    result = world.call("retry", world.spec, *words)
    assert (result.exit_code, says in result.output) == (code, True), result.output


def test_retry_answers_as_a_run_does(world: SqliteWorld) -> None:
    allow(world)
    report = json.loads(world.call("retry", world.spec, "--all", "--format", "json").stdout)
    assert (report["outcome"], report["held_now"]) == ("done", 0)
