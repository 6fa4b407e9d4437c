"""Whoever is told that a record is held is shown the value that holds it, cut; a sensitive one is shown to nobody."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from engine.cli import engine

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """\
spec: 1
name: reasons
systems:
  l:
    connector: files
    with: { folder: l, format: csv, streams: { p: { id: id, fields: { value: TYPE FLAG } }, q: { id: id } } }
  r: { connector: sql, with: { url: "sqlite:///r.db" } }
modules:
  parents: { sync: l.q -> r.parents, match: [ name = name ], fields: [ name -> name ], creates: none }
  m:
    sync: l.p -> r.t
    match: [ MATCH ]
    fields: [ id -> code, LINE ]
    MORE
"""
GUARD = "\nguards:\n  no: { module: m, refuse: value -> value, when: length(value) > 5, because: Too much. }"


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One reason to hold a record, with the value that is to blame."""

    code: str
    value: str
    line: str = "value -> value"
    declared: str = "text"
    column: str = "value text"
    more: str = ""
    match: str = "id = code"
    twice: bool = False


REASONS = {
    "date": Reason(code="unreadable", value="31/31/x987", declared="date", column="value date"),
    "integer": Reason(code="unreadable", value="12 pieces", declared="integer", column="value integer"),
    "money": Reason(code="unreadable", value="1.234,50", declared="money", column="value decimal(10,2)"),
    "instant": Reason(code="unreadable", value="yesterday", declared="instant", column="value datetime"),
    "value map": Reason(
        code="unmapped-value", value="Atlantis", line="{ map: value -> value, values: { be: Belgium } }"
    ),
    "length": Reason(code="does-not-fit", value="beginning-" + "z" * 3000, column="value varchar(12)"),
    "computed": Reason(
        code="does-not-fit",
        value="Worldwide Trading",
        line='{ to: right.value, value: "upper(value)" }',
        column="value varchar(4)",
    ),
    "scale": Reason(code="does-not-fit", value="1.23456", declared="decimal", column="value decimal(10,2)"),
    "reference": Reason(
        code="blocked",
        value="nobody-7",
        declared="text refers=q",
        line="{ map: value -> value, refers: parents, required: true }",
    ),
    "check": Reason(
        code="not-allowed",
        value="Dissolved",
        more="needs: [ { check: length(value) < 5, else: It is too long. } ]",
    ),
    "guard": Reason(code="guarded", value="far too much", more=GUARD),
    "refused by the target": Reason(
        code="refused", value="forbidden word", column="value text check (value <> 'forbidden word')"
    ),
    "match key": Reason(code="ambiguous", value="Twin Twin", match="value = value", twice=True),
}
COMMANDS = (
    ("errors",),
    ("errors", "--format", "json"),
    ("preview", "s.yaml"),
    ("run", "s.yaml", "--full"),
    ("explain", "s.yaml", "l.p:1"),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "l").mkdir()
    return tmp_path


def called(*words: str) -> str:
    return CliRunner(env={"COLUMNS": "400"}).invoke(engine, list(words)).output


def world_of(folder: Path, reason: Reason, flag: str) -> None:
    rows = [f'1,"{reason.value}"', *([f'2,"{reason.value}"'] if reason.twice else [])]
    (folder / "l/p.csv").write_text("id,value\n" + "".join(f"{row}\n" for row in rows))
    (folder / "l/q.csv").write_text("id,name\n1,Parent\n")
    words = {
        "TYPE": reason.declared,
        "FLAG": flag,
        "MATCH": reason.match,
        "LINE": reason.line,
        "MORE": reason.more,
    }
    text = SPEC
    for word, said in words.items():
        text = text.replace(word, said)
    (folder / "s.yaml").write_text(text)
    with sqlite3.connect(folder / "r.db") as made:
        made.execute("CREATE TABLE parents (id integer PRIMARY KEY, name text)")
        made.execute(f"CREATE TABLE t (id integer PRIMARY KEY, code text, {reason.column})")
    made.close()


@pytest.mark.parametrize("name", REASONS)
def test_every_reason_to_hold_a_record_shows_the_value_in_every_command_that_lists_it(
    folder: Path, name: str
) -> None:
    reason = REASONS[name]
    world_of(folder, reason, "")
    called("run", "s.yaml")
    held = json.loads(called("errors", "--format", "json"))
    assert {one["code"] for one in held["held"]} == {reason.code}, held
    shown = reason.value if len(reason.value) <= 80 else reason.value[:79] + "…"
    assert all(shown.lower() in str(one["offending"]).lower() for one in held["held"]), held
    assert [one["records"] for one in held["causes"]] == [len(held["held"])]
    for command in COMMANDS:
        told = called(*command)
        assert shown[:30].lower() in told.lower(), (command, told)
        assert "z" * 200 not in told or command[0] == "explain", command


@pytest.mark.parametrize("name", REASONS)
def test_a_sensitive_value_is_told_by_no_command_that_lists_what_is_held(folder: Path, name: str) -> None:
    reason = REASONS[name]
    world_of(folder, reason, "sensitive")
    first = called("run", "s.yaml")
    assert reason.value[:30] not in first
    for command in COMMANDS[:-1]:  # whoever asks for one record sees its fields
        told = called(*command)
        assert reason.value[:30] not in told, (command, told)
        assert "(sensitive)" in told, (command, told)


def test_equal_values_are_put_together_and_counted(folder: Path) -> None:
    world_of(folder, REASONS["value map"], "")
    rows = "".join(f"{number},{'Norway' if number < 15 else 'Oz'}\n" for number in range(1, 17))
    (folder / "l/p.csv").write_text(f"id,value\n{rows}")
    ran = called("run", "s.yaml")
    told = called("errors")
    for text in (ran, told):
        assert 'value: "Norway" ×14' in text, text  # noqa: RUF001
        assert 'value: "Oz" ×2' in text, text  # noqa: RUF001
        assert "Add it to `values:`" in text
    causes = json.loads(called("errors", "--format", "json"))["causes"]
    assert [(one["offending"], one["records"]) for one in causes] == [
        ({"value": "Norway"}, 14),
        ({"value": "Oz"}, 2),
    ]
