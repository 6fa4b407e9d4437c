"""A CSV stream whose values are spelled as people do goes both ways, in the form that is declared and in no other."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.connectors.files.csv_form import CsvForm

if TYPE_CHECKING:
    from pathlib import Path

GERMAN = CsvForm(
    null=("NA", "-"),
    decimal=",",
    thousands=".",
    date="DD.MM.YYYY",
    instant="DD.MM.YYYY hh:mm",
    zone="Europe/Berlin",
)
SHEET = CsvForm(date="spreadsheet", instant="spreadsheet")

READ = [
    (GERMAN, "money", "1.234,50", "1234.50"),
    (GERMAN, "decimal", "-7,5", "-7.5"),
    (GERMAN, "integer", "12.345.678", "12345678"),
    (GERMAN, "number", "0,25", "0.25"),
    (GERMAN, "date", "31.03.2026", "2026-03-31"),
    (GERMAN, "instant", "31.03.2026 12:00", "2026-03-31T10:00:00Z"),
    (GERMAN, "instant", "25.10.2026 02:30", "2026-10-25T01:30:00Z"),
    (GERMAN, "text", "NA", None),
    (GERMAN, "date", "-", None),
    (GERMAN, "text", "1.234,50", "1.234,50"),
    (SHEET, "date", "45000", "2023-03-15"),
    (SHEET, "instant", "45000.75", "2023-03-15T18:00:00Z"),
    (CsvForm(date="M/D/YYYY"), "date", "3/1/2026", "2026-03-01"),
    (CsvForm(thousands="'"), "money", "1'234.50", "1234.50"),
]
#: What is written otherwise than declared is no value of its type.
REFUSED = [
    (GERMAN, "money", "1.5"),
    (GERMAN, "money", "12.34,5"),
    (GERMAN, "money", "1,2,3"),
    (GERMAN, "integer", "1 000"),
    (GERMAN, "date", "31.02.2026"),
    (GERMAN, "date", "3/31/2026"),
    (SHEET, "date", "59"),
    (SHEET, "date", "soon"),
]
#: What the form cannot show as it is, is not written.
UNFIT = [
    (GERMAN, "text", "NA"),
    (GERMAN, "instant", "2026-03-31T10:00:30Z"),
    (GERMAN, "money", "abc"),
    (GERMAN, "date", "soon"),
    (SHEET, "date", "1899-12-31"),
]


@pytest.mark.parametrize(("form", "type_", "spelled", "value"), READ)
def test_a_value_in_the_form_is_read(form: CsvForm, type_: Any, spelled: str, value: str | None) -> None:
    assert form.plain(spelled, type_) == value


@pytest.mark.parametrize(("form", "type_", "text"), REFUSED)
def test_a_value_in_another_form_is_not_guessed(form: CsvForm, type_: Any, text: str) -> None:
    assert text in (found := form.plain(text, type_) or "")
    numbers = type_ in ("money", "integer")
    assert not numbers or "not a number" in found


@pytest.mark.parametrize(("form", "type_", "value"), UNFIT)
def test_what_a_form_cannot_show_is_not_written(form: CsvForm, type_: Any, value: str) -> None:
    assert form.shown(value, type_) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4), st.sampled_from(".,"))
def test_every_number_comes_back(number: Decimal, point: str) -> None:
    form = CsvForm(decimal=point, thousands=",.".replace(point, ""))
    assert Decimal(form.plain(form.spelled(format(number, "f"), "decimal"), "decimal") or "") == number


@given(st.dates(), st.sampled_from(["DD.MM.YYYY", "M/D/YYYY", "YYYY/MM/DD", "spreadsheet"]))
def test_every_day_comes_back(day: date, words: str) -> None:
    form = CsvForm(date=words)
    shown = form.shown(day.isoformat(), "date")
    if shown is None:
        assert words == "spreadsheet"
        assert day < date(1899, 12, 30) + timedelta(days=61)
    else:
        assert form.plain(shown, "date") == day.isoformat()


SPEC = """
spec: 1
name: sheet
systems:
  list:
    connector: files
    with:
      folder: .
      delimiter: ";"
      streams:
        people:
          id: code
          form: { null: [NA], decimal: ",", thousands: ".", date: DD.MM.YYYY }
          fields: { pay: money scale=2, born: date }
  base:
    connector: sql
    with: { url: "sqlite:///base.db", streams: { people: { fields: { pay: money scale=2, born: date } } } }
modules:
  people:
    sync: list.people <-> base.people
    match: [ code = code ]
    conflicts: list
    fields: [ code <-> code, name <-> name, pay <-> pay, born <-> born ]
"""


def _run(folder: Path, code: int = 0) -> dict[str, Any]:
    command = [sys.executable, "-m", "engine", "run", "sheet.yaml", "--format", "json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    module: dict[str, Any] = json.loads(done.stdout)["modules"]["people"]
    return module


def _ask(folder: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(folder / "base.db")) as database, database:
        return database.execute(sql).fetchall()


def test_a_list_of_a_spreadsheet_goes_both_ways_and_then_rests(tmp_path: Path) -> None:
    (tmp_path / "sheet.yaml").write_text(SPEC)
    (tmp_path / "people.csv").write_text(
        "code;name;pay;born\na;Ann;1.234,50;31.03.2026\nb;NA;NA;NA\nc;Cy;1.5;01.01.2000\n"
    )
    _ask(
        tmp_path,
        "CREATE TABLE people (id INTEGER PRIMARY KEY, code TEXT UNIQUE, name TEXT, pay TEXT, born DATE)",
    )
    first = _run(tmp_path, code=4)
    assert (first["created"]["right"], first["held"]) == (2, 1)  # 1.5 is no number of this form
    rows = _ask(tmp_path, "SELECT code, name, pay, born FROM people ORDER BY code")
    assert rows == [("a", "Ann", "1234.5", "2026-03-31"), ("b", None, None, None)]
    (tmp_path / "people.csv").write_text((tmp_path / "people.csv").read_text().replace("1.5", "1,5"))
    assert _run(tmp_path)["created"]["right"] == 1
    _ask(tmp_path, "UPDATE people SET pay = '98765.4', born = '2026-12-24', name = NULL WHERE code = 'a'")
    assert _run(tmp_path)["updated"] == {"left": 1, "right": 0}
    text = (tmp_path / "people.csv").read_text()
    assert text == "code;name;pay;born\na;NA;98765,4;24.12.2026\nb;NA;NA;NA\nc;Cy;1,5;01.01.2000\n"
    last = _run(tmp_path)
    assert (last["updated"], last["held"]) == ({"left": 0, "right": 0}, 0)
    assert (tmp_path / "people.csv").read_text() == text
