"""A field that a record does not show is never in step: it is filled where it can be, and else counted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from database_pair import database_pair

from engine.exit_codes import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from database_pair import DatabasePair

MODULE = """\
  people:
    sync: {left}.people {arrow} {right}.people
    match: [ key = key ]
    fields: [ key {arrow} key, name {arrow} name{more} ]
"""
#: (left, arrow, right); away is the file of JSON lines
WAYS = [("home", "->", "away"), ("away", "<-", "home"), ("home", "<->", "away"), ("away", "<->", "home")]


def spec(pair: DatabasePair, way: tuple[str, str, str], *fields: str) -> None:
    left, arrow, right = way
    lines = "".join(f", {field} {arrow} {field}" for field in fields)
    module = MODULE.format(left=left, arrow=arrow, right=right, more=lines)
    pair.spec(module + ("    conflicts: home\n" if arrow == "<->" else "    duplicates: overwrite\n"))
    file = pair.folder / "pair.yaml"
    text = file.read_text().splitlines()
    text[4] = (
        "  away: { connector: files, with: { folder: away, format: jsonl, streams: { people: { id: key } } } }"
    )
    file.write_text("\n".join(text))


def people(pair: DatabasePair, *records: dict[str, Any]) -> None:
    """The objects of the file, as they are."""
    (pair.folder / "away").mkdir(exist_ok=True)
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (pair.folder / "away" / "people.jsonl").write_text(lines)


def notes(pair: DatabasePair) -> list[Any]:
    """The note of each object; `-` where it has none."""
    text = (pair.folder / "away" / "people.jsonl").read_text()
    return [json.loads(line).get("note", "-") for line in text.splitlines()]


def accept(pair: DatabasePair) -> None:
    """A first run, whose first contact is approved."""
    told = pair.call("run", "--format", "json")
    if told.exit_code == ExitCode.STOPPED:
        pair.run("--accept", *json.loads(told.stdout)["error"]["accept"])


@pytest.fixture
def pair(tmp_path: Path) -> Any:
    with database_pair(tmp_path, "sqlite") as made:
        made.home("CREATE TABLE people (key TEXT PRIMARY KEY, name TEXT, note TEXT)")
        made.home("INSERT INTO people VALUES ('1', 'Ann', 'n1'), ('2', 'Bob', 'n2'), ('3', 'Cy', NULL)")
        yield made


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_a_key_that_an_object_lacks_is_filled_at_first_contact(
    pair: DatabasePair, way: tuple[str, str, str]
) -> None:
    spec(pair, way, "note")
    people(pair, *({"key": key, "name": name} for key, name in (("1", "Ann"), ("2", "Bob"), ("3", "Cy"))))
    accept(pair)
    assert notes(pair) == ["n1", "n2", "-"]
    assert pair.writes() == 0
    assert pair.writes("--full") == 0


@pytest.mark.parametrize("words", [(), ("--full",)], ids=["ordinary", "full"])
@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_a_key_that_an_object_lacks_is_filled_by_an_edit_and_by_a_new_line(
    pair: DatabasePair, way: tuple[str, str, str], words: tuple[str, ...]
) -> None:
    spec(pair, way)
    people(pair, *({"key": key, "name": name} for key, name in (("1", "Ann"), ("2", "Bob"), ("3", "Cy"))))
    accept(pair)
    spec(pair, way, "note")  # the records were linked before the line was there
    pair.run(*words)
    assert notes(pair) == ["n1", "n2", "-"]
    pair.home("UPDATE people SET note = 'typed' WHERE key = '3'")
    pair.run(*words)
    assert notes(pair) == ["n1", "n2", "typed"]
    assert pair.writes(*words) == 0


@pytest.mark.parametrize("way", WAYS[2:], ids=" ".join)
def test_a_key_that_is_taken_out_is_no_cleared_value(pair: DatabasePair, way: tuple[str, str, str]) -> None:
    spec(pair, way, "note")
    people(pair)
    pair.run()
    people(
        pair,
        {"key": "1", "name": "Ann"},
        {"key": "2", "name": "Bobby", "note": "n2"},
        {"key": "3", "name": "Cy"},
    )
    pair.run()
    assert notes(pair) == ["n1", "n2", "-"]
    assert pair.home("SELECT name, note FROM people ORDER BY key") == [
        ("Ann", "n1"),
        ("Bobby", "n2"),
        ("Cy", None),
    ]


@pytest.mark.parametrize("words", [(), ("--full",)], ids=["ordinary", "full"])
def test_what_the_source_does_not_show_is_counted_and_not_called_in_step(
    pair: DatabasePair, words: tuple[str, ...]
) -> None:
    spec(pair, ("away", "->", "home"), "note")
    people(pair, {"key": "1", "name": "Ann"}, {"key": "2", "name": "Bob", "note": "n2"})
    accept(pair)
    told = pair.call("run", *words).output
    assert "Nothing to do" in told
    assert "1 not comparable" in told
    assert "both sides are in step" not in told
    assert pair.home("SELECT note FROM people WHERE key = '1'") == [("n1",)]
