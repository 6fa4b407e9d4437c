"""The files connector keeps the promises of the port on CSV, JSON lines and Parquet as people make them."""

from __future__ import annotations

import csv
import itertools
import json
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import csv as pa_csv
from pyarrow import parquet

from engine.connectors.files import FILES
from engine.connectors.files.can import CAN_WRITE
from engine.connectors.port import AllApplied
from engine.errors import TemporaryError
from engine.testing import (
    ConnectorSuite,
    SystemUnderTest,
    batch,
    read,
    receipts,
    refuses,
    surroundings,
    texts,
)

if TYPE_CHECKING:
    from pathlib import Path

    from engine.connectors.files.connector import FilesConnector


def _open(folder: Path, **more: Any) -> FilesConnector:
    said = {"folder": folder.name, "_base": str(folder.parent), "streams": {"people": {"id": "id"}}, **more}
    return FILES.open(said, surroundings(folder))


def _write_csv(path: Path, rows: Any) -> None:
    """A file as Python's own writer makes it; null is an empty value."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["id", "name", "city"])
        writer.writeheader()
        writer.writerows(rows)


_PEOPLE = (
    {"id": "1", "name": "Ada", "city": "London"},
    {"id": "2", "name": "Bo", "city": None},
    {"id": "3", "name": "Cy", "city": "Rome"},
)
_SCHEMA = pa.schema([(name, pa.string()) for name in ("id", "name", "city")])


def _write(path: Path, rows: Any) -> None:
    """The file as another program makes it."""
    if path.suffix == ".csv":
        _write_csv(path, rows)
    elif path.suffix == ".parquet":
        parquet.write_table(pa.Table.from_pylist(list(rows), _SCHEMA), path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _rows(path: Path) -> list[dict[str, Any]]:
    """The rows as another program sees them; a CSV of DuckDB's tells null from empty."""
    if path.suffix == ".jsonl":
        return [json.loads(line, parse_float=Decimal) for line in path.read_bytes().split(b"\n") if line]
    if path.suffix == ".parquet":
        return list(parquet.read_table(path).to_pylist())
    text = path.read_bytes().decode("utf-8")
    options = pa_csv.ParseOptions(newlines_in_values=True)
    strings = pa_csv.ConvertOptions(
        column_types=_SCHEMA, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    return list(
        pa_csv.read_csv(
            pa.BufferReader(text.encode()), parse_options=options, convert_options=strings
        ).to_pylist()
    )


def _system(tmp_path: Path, kind: str) -> SystemUnderTest:
    path = tmp_path / f"people.{kind}"
    _write(path, [])
    numbers = itertools.count(1)

    def plant(rows: Any) -> list[str]:
        new = [{"id": str(next(numbers)), **row} for row in rows]
        _write(path, [*_rows(path), *new])
        return [row["id"] for row in new]

    def edit(id_: str, values: Any) -> None:
        _write(path, [{**row, **values} if row["id"] == id_ else row for row in _rows(path)])

    def remove(id_: str) -> None:
        _write(path, [row for row in _rows(path) if row["id"] != id_])

    return SystemUnderTest(
        connect=lambda: _open(tmp_path, format=kind),
        stream="people",
        plant=plant,
        look=lambda: {row["id"]: row for row in _rows(path)},
        edit=edit,
        remove=remove,
        refused={"id": "1"},
        given_ids=True,
    )


class _FilesSuite(ConnectorSuite):
    type_ = FILES
    can = CAN_WRITE


class TestCsv(_FilesSuite):
    @pytest.fixture
    def system(self, tmp_path: Path) -> SystemUnderTest:
        return _system(tmp_path, "csv")


class TestJsonLines(_FilesSuite):
    number = "worth"

    @pytest.fixture
    def system(self, tmp_path: Path) -> SystemUnderTest:
        return _system(tmp_path, "jsonl")


class TestParquet(_FilesSuite):
    @pytest.fixture
    def system(self, tmp_path: Path) -> SystemUnderTest:
        return _system(tmp_path, "parquet")


def test_nothing_is_guessed_from_looks(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes(b'\xef\xbb\xbfid,name\r\n007,1e5\r\n008,""\r\n009,\r\n010,NULL')
    rows = texts(read(_open(tmp_path), "people", "name"), "id", "name")
    assert rows == [("007", "1e5"), ("008", ""), ("009", None), ("010", "NULL")]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
@pytest.mark.parametrize(("value", "meant"), [(b"", None), (b'""', "")])
def test_the_last_value_of_a_file_is_what_it_is_with_or_without_a_line_end(
    tmp_path: Path, end: bytes, value: bytes, meant: str | None
) -> None:
    (tmp_path / "people.csv").write_bytes(b'id,name\n"1",\n"2",' + value + end)
    assert texts(read(_open(tmp_path), "people", "name"), "id", "name") == [("1", None), ("2", meant)]


def test_a_rewrite_keeps_rows_their_order_and_the_habits_of_the_file_and_adds_columns_last(
    tmp_path: Path,
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b'\xef\xbb\xbfname;id\r\n"a;b";2\r\nc;1\r\n')
    change = batch("update", [{"_id": "1", "_set": ["city"], "city": "Bonn"}])
    connector = _open(tmp_path, delimiter=";")
    assert isinstance(connector.write("people", change), AllApplied)
    connector.write("people", batch("create", [{"id": "3", "name": None}]))
    assert path.read_bytes() == b'\xef\xbb\xbfname;id;city\r\n"a;b";2;\r\nc;1;Bonn\r\n;3;\r\n'


def test_new_rows_leave_every_byte_of_the_old_ones_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b'id,name,city\n"1","Ada" , Rome\n2,Bo,')
    _open(tmp_path).write("people", batch("create", [{"name": "Cy", "id": "3"}]))
    assert path.read_bytes() == b'id,name,city\n"1","Ada" , Rome\n2,Bo,\n3,Cy,\n'


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ['"', ",", "\n", "\r", " "]
)


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(st.none() | _TEXT, st.none() | _TEXT), min_size=1, max_size=5))
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, kind: str, rows: Any) -> None:
    folder = tmp_path_factory.mktemp("any")
    made = [{"id": str(place), "name": name, "city": city} for place, (name, city) in enumerate(rows)]
    _open(folder, format=kind, create=True).write("people", batch("create", made))
    found = texts(read(_open(folder, format=kind), "people", "name", "city"), "id", "name", "city")
    assert found == [(row["id"], row["name"], row["city"]) for row in made]


@pytest.mark.parametrize(
    ("content", "line", "word"),
    [
        (b"id,name\n1,a\n2,b,c\n", 3, "3 values"),
        (b"id,name\n1,a\n2\n", 3, "1 values"),
        (b'id,name\n1,"two\nlines"\n2,b\n2,c\n', 5, "also stands in line 4"),
        (b"id,name\n,a\n", 2, "no `id`"),
        (b"id,name\n1,\xff\n", 2, "not UTF-8"),
        (b'id,name\n1,a\n2,"open\n3,c\n', 3, "starts here"),
        (b"id,id\n1,2\n", 1, "`id` twice"),
        (b"", None, "is empty"),
        (b"name\na\n", None, "no column `id`"),
    ],
)
def test_a_broken_csv_is_refused_with_its_line(
    tmp_path: Path, content: bytes, line: int | None, word: str
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    refuses(lambda: read(_open(tmp_path), "people", "name"), f"{path}:{line}" if line else str(path), word)
    change = batch("update", [{"_id": "1", "_set": ["name"], "name": "x"}])
    refuses(lambda: _open(tmp_path).write("people", change), word)
    assert path.read_bytes() == content


def test_a_quote_inside_a_value_without_quotes_is_only_a_quote(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text('id,name\n1,5" pipe\n')
    assert texts(read(_open(tmp_path), "people", "name"), "name") == [('5" pipe',)]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b'{"id": 1}\n{"id": 1', "no JSON object"),
        (b'{"id": 1}\n[1]', "no object"),
        (b'{"id": 1}\n{"id": "1"}', "also stands in line 1"),
        (b'{"id": 1}\n{"id": 1.5}', "no `id`"),
        (b'{"id": 1}\n{"id": 2, "x": NaN}', "NaN"),
        (b'{"id": 1}\n{"id": 2, "x": 1, "x": 2}', "twice"),
        (b'{"id": 1}\n{"id": 2, "x": "\\ud800"}', "surrogates"),
        (b'{"id": 1}\n{"id": 2, "x": ' + b"[" * 100_000, "recursion"),
        (b'{"id": 1}\n{"id": 2, "x": "\xff"}', "utf-8"),
    ],
)
def test_broken_json_lines_are_refused_with_their_line(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "people.jsonl"
    path.write_bytes(content)
    refuses(lambda: read(_open(tmp_path, format="jsonl"), "people", "x"), f"{path}:2: ", word)


def test_json_numbers_stay_exact_and_nested_objects_are_kept_by_an_update_inside_them(tmp_path: Path) -> None:
    path = tmp_path / "people.jsonl"
    path.write_text('{"id": 7, "pay": 12345678901234567.890, "home": {"city": "Bonn", "zip": "007"}}\n')
    change = batch("update", [{"_id": "7", "_set": ["home.city"], "home.city": "Köln"}])
    _open(tmp_path, format="jsonl").write("people", change)
    assert path.read_text(encoding="utf-8") == (
        '{"id": 7, "pay": 12345678901234567.890, "home": {"city": "Köln", "zip": "007"}}\n'
    )
    (row,) = read(_open(tmp_path, format="jsonl"), "people", "pay", "home.zip")
    assert row == {"id": "7", "pay": Decimal("12345678901234567.890"), "home": {"zip": "007"}}


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_what_cannot_be_written_is_said_and_the_rest_is_written(tmp_path: Path, kind: str) -> None:
    _write(tmp_path / f"people.{kind}", _PEOPLE)
    rows: list[dict[str, Any]] = [
        {"id": None, "name": "a"},
        {"id": "4", "name": "b"},
        {"id": "4", "name": "c"},
        {"id": "", "name": "d"},
    ]
    answer = receipts(_open(tmp_path, format=kind).write("people", batch("create", rows)), 4)
    assert [receipt.code for receipt in answer] == ["no-id", None, "duplicate", "no-id"]
    changes = [{"_id": "1", "_set": ["id"], "id": "9"}, {"_id": "2", "_set": ["id"], "id": "2"}]
    moved, same = receipts(_open(tmp_path, format=kind).write("people", batch("update", changes)), 2)
    assert (moved.code, same.outcome) == ("id-change", "applied")
    assert [row[0] for row in texts(read(_open(tmp_path, format=kind), "people"), "id")] == [
        "1",
        "2",
        "3",
        "4",
    ]


def test_a_file_that_somebody_changes_meanwhile_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change is seen just before the new file would take the old one's place."""
    path = tmp_path / "people.csv"
    path.write_text("id,name\n1,a\n")

    def meanwhile(_handle: int) -> None:
        path.write_text("id,name\n1,somebody else's edit\n")

    monkeypatch.setattr("engine.connectors.files.replace.os.fsync", meanwhile)
    with pytest.raises(TemporaryError, match=r"changed by another program"):
        _open(tmp_path).write("people", batch("create", [{"id": "2", "name": "b"}]))
    assert path.read_text() == "id,name\n1,somebody else's edit\n"
    assert [one.name for one in tmp_path.iterdir()] == ["people.csv"]


@pytest.mark.parametrize(
    "stream", ["../people", "/etc/people", "..", "sub/people", ".hidden", "a\0b", "link"]
)
def test_nothing_outside_the_folder_is_reached(tmp_path: Path, stream: str) -> None:
    outside, folder = tmp_path / "people.csv", tmp_path / "in"
    outside.write_text("id\n1\n")
    folder.mkdir()
    (folder / "link.csv").symlink_to(outside)
    connector = _open(folder, create=True, streams={stream: {"id": "id"}})
    refuses(lambda: read(connector, stream), "out of the folder")
    refuses(lambda: connector.write(stream, batch("create", [{"id": "2"}])), "out of the folder")
    assert outside.read_text() == "id\n1\n"


def test_mistakes_are_said_with_the_place_and_what_was_meant(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,name\n1,a\n")
    refuses(lambda: read(_open(tmp_path), "poeple"), "no file", "`people`", "create: true")
    refuses(
        lambda: read(_open(tmp_path, streams={}), "people"), "which field identifies", "people: { id: FIELD }"
    )
    refuses(lambda: read(_open(tmp_path), "people", "nmae"), "no column `nmae`", "`name`")
    refuses(lambda: read(_open(tmp_path), "people", since="2026-01-01"), "as a whole")
    refuses(lambda: _open(tmp_path / "none"), "no folder")


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_files_that_a_pattern_finds_are_one_stream_that_can_only_be_read(tmp_path: Path, kind: str) -> None:
    for name, people in (("orders-2", _PEOPLE[1:]), ("orders-1", _PEOPLE[:1]), ("others", _PEOPLE[:1])):
        _write(tmp_path / f"{name}.{kind}", people)
    (tmp_path / f".orders-3.{kind}.new").write_text("half written")
    connector = _open(tmp_path, format=kind, streams={"orders": {"files": f"orders-*.{kind}", "id": "id"}})
    assert texts(read(connector, "orders", "name"), "id", "name") == [("1", "Ada"), ("2", "Bo"), ("3", "Cy")]
    assert texts(read(connector, "orders", "name", ids=("3", "9")), "id", "name") == [("3", "Cy")]
    assert not connector.catalog().streams["orders"].can.create
    assert (
        not FILES.describe({"folder": ".", "streams": {"orders": {"files": "*"}}})
        .streams["orders"]
        .can.create
    )
    refuses(lambda: connector.write("orders", batch("create", [{"id": "4"}])), "can only be read")


def test_an_id_in_two_files_and_a_pattern_that_finds_nothing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a-1.csv").write_text("id,name\n1,a\n2,b\n")
    (tmp_path / "a-2.csv").write_text("id,name\n3,c\n2,d\n")
    said = {"all": {"files": "a-*.csv", "id": "id"}, "none": {"files": "b-*.csv", "id": "id"}}
    connector = _open(tmp_path, streams={**said, "out": {"files": "../*.csv", "id": "id"}})
    refuses(lambda: read(connector, "all"), "The id `2` stands in a-1.csv and in a-2.csv")
    refuses(lambda: read(connector, "none"), "no file in it is like `b-*.csv`")
    refuses(lambda: read(connector, "out"), "no file in it is like")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b-1.csv").symlink_to(tmp_path / "a-1.csv")
    refuses(lambda: read(_open(tmp_path / "in", streams=said), "none"), "leads out of it")


def test_describing_a_folder_needs_neither_it_nor_a_heavy_library() -> None:
    check = (
        "import sys; from engine.connectors.files import FILES; "
        "catalog = FILES.describe({'folder': 'none', 'streams': {'a': {'id': 'code'}}}); "
        "assert catalog.open and catalog.streams['a'].id == 'code'; "
        "sys.exit(bool({'pyarrow', 'duckdb'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
