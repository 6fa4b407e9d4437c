"""`engine fields`: every line of a mapping as a person reads it, in both forms, offline."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from both_world import Both
from click.testing import CliRunner

from engine.cli import engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINES = (
    "name <-> label",
    "{ map: city <-> town, conflicts: hold, group: address }",
    '{ to: left.note, value: "upper(memo)", on: create }',
    "{ map: rank -> grade, values: { high: a, [low, none]: b } }",
    "{ to: right.live, const: true, at-most: 3, else: false, on: create }",
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Both]:
    with Both(tmp_path, lines=LINES) as made:
        yield made


def test_each_line_says_what_becomes_what_and_how(world: Both) -> None:
    told = CliRunner().invoke(engine, ["fields", str(world.file), "people", "--format", "json"])
    assert told.exit_code == 0, told.output
    module = json.loads(told.stdout)["modules"]["people"]
    assert module["match"] == ["name = label"]
    shown = [(one["left"], one["arrow"], one["right"], one["notes"]) for one in module["fields"]]
    assert shown == [
        ("name", "<->", "label", ["shop wins conflicts"]),
        ("city", "<->", "town", ["part of the group `address`", "a person decides conflicts"]),
        ("note", "<-", "upper(memo)", ["when created"]),
        ("rank", "->", "grade", ["high = a, low, none = b"]),
        ("true", "->", "live", ["when created", "for at most 3, then false"]),
    ]


def test_the_table_has_the_same_rows(world: Both) -> None:
    told = CliRunner().invoke(engine, ["fields", str(world.file)])
    assert told.exit_code == 0, told.output
    assert "people: shop.people <-> desk.clients" in told.stdout
    (row,) = [line for line in told.stdout.splitlines() if line.startswith("city")]
    assert row.split()[:4] == ["city", "<->", "town", "text"]


def test_a_module_that_is_not_there_is_told_with_those_that_are(world: Both) -> None:
    told = CliRunner().invoke(engine, ["fields", str(world.file), "poeple"])
    assert told.exit_code == 1
    assert "no module `poeple`" in told.stderr
    assert "people" in told.stderr
