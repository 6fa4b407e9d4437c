"""Parquet files keep their types; values arrive as exact text and are refused where they do not fit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import parquet

from engine.connectors.files import FILES
from engine.testing import batch, read, receipts, refuses, surroundings, texts

if TYPE_CHECKING:
    from pathlib import Path

    from engine.connectors.files.connector import FilesConnector


def _open(folder: Path, **more: Any) -> FilesConnector:
    said = {"folder": str(folder), "format": "parquet", "streams": {"people": {"id": "id"}}, **more}
    return FILES.open(said, surroundings(folder))


_TYPED = pa.schema(
    [
        ("id", pa.int64()),
        ("pay", pa.decimal128(12, 2)),
        ("yes", pa.bool_()),
        ("at", pa.timestamp("us", "Europe/Berlin")),
        ("clock", pa.timestamp("ns")),
        ("day", pa.date32()),
        ("home", pa.struct([("city", pa.string())])),
        ("tags", pa.list_(pa.string())),
        ("size", pa.float64()),
        ("kind", pa.dictionary(pa.int8(), pa.string())),
        ("photo", pa.binary()),
    ]
)
_TYPED_ROW = {
    "id": 7,
    "pay": Decimal("1234567890.10"),
    "yes": True,
    "at": dt.datetime(2026, 1, 31, 10, 0, 0, 250_000, dt.UTC),
    "clock": dt.datetime(2026, 1, 31, 10, 0),  # noqa: DTZ001 - a time without a zone is the case
    "day": dt.date(2026, 1, 31),
    "home": {"city": "Köln"},
    "tags": ["a", "b"],
    "size": 0.1 + 0.2,
    "kind": "small",
    "photo": b"\xff",
}


def test_parquet_columns_have_their_types_and_arrive_as_exact_text(tmp_path: Path) -> None:
    parquet.write_table(pa.Table.from_pylist([_TYPED_ROW, {"id": 8}], _TYPED), tmp_path / "people.parquet")
    said = {"people": {"id": "id", "fields": {"clock": "instant"}}}
    connector = _open(tmp_path)
    names = ("pay", "yes", "at", "clock", "day", "home.city", "tags", "size", "kind")
    one, two = texts(read(connector, "people", *names), "id", *names)
    assert one == (
        "7",
        "1234567890.1",
        "true",
        "2026-01-31T10:00:00.25Z",
        "2026-01-31T10:00:00",
        "2026-01-31",
        "Köln",
        '["a","b"]',
        "0.30000000000000004",
        "small",
    )
    assert two == ("8", *[None] * 9)
    told = _open(tmp_path, streams=said)
    assert texts(read(told, "people", "clock", ids=("7",)), "clock") == [("2026-01-31T10:00:00Z",)]
    fields = told.catalog().streams["people"].fields
    assert [
        fields[name].type for name in ("id", "pay", "yes", "at", "clock", "day", "home", "tags", "kind")
    ] == [*("id", "decimal", "boolean", "instant", "instant", "date", "object", "list", "text")]
    assert fields["pay"].scale == 2
    refuses(lambda: read(connector, "people", "photo"), "`photo`", "binary")
    refuses(lambda: read(connector, "people", "nmae"), "no column `nmae`")


def test_a_parquet_file_keeps_its_types_and_refuses_only_rows_that_do_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    parquet.write_table(pa.Table.from_pylist([_TYPED_ROW], _TYPED), path)
    connector = _open(tmp_path)
    rows: list[dict[str, Any]] = [
        {"id": "8", "pay": "19.999", "clock": None, "tags": None, "new": "x"},
        {"id": "9", "pay": "19.99", "clock": "2026-01-31T10:00:00Z", "tags": '["c"]', "new": "y"},
        {"id": "ten", "pay": None, "clock": None, "tags": None, "new": None},
    ]
    answer = receipts(connector.write("people", batch("create", rows)), 3)
    assert [receipt.code for receipt in answer] == ["unfit", None, "unfit"]
    changes: list[dict[str, Any]] = [
        {"_id": "7", "_set": ["pay", "at"], "pay": "0.5", "at": "2026-02-01T00:00:00Z"},
        {"_id": "9", "_set": ["pay"], "pay": "much", "at": None},
    ]
    assert [one.code for one in receipts(connector.write("people", batch("update", changes)), 2)] == [
        None,
        "unfit",
    ]
    held = parquet.read_table(path)
    assert [held.schema.field(name).type for name in ("id", "pay", "clock", "tags")] == [
        _TYPED.field(name).type for name in ("id", "pay", "clock", "tags")
    ]
    assert held["pay"].to_pylist() == [Decimal("0.50"), Decimal("19.99")]
    assert held["new"].to_pylist() == [None, "y"]
    assert held["tags"].to_pylist() == [["a", "b"], ["c"]]
    assert held["photo"].to_pylist() == [b"\xff", None]


def test_what_is_no_parquet_file_or_has_no_clear_ids_is_said(tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    path.write_text("id,name\n1,a\n")
    refuses(lambda: read(_open(tmp_path), "people"), f"{path} is no Parquet file")
    for ids, word in (([1, 1], "more than one row with the id `1`"), ([1, None], "rows without a `id`")):
        parquet.write_table(pa.table({"id": ids}), path)
        refuses(lambda: read(_open(tmp_path), "people"), word)
        refuses(lambda: _open(tmp_path).write("people", batch("delete", [{"_id": "1"}])), word)
    parquet.write_table(pa.table({"code": [1]}), path)
    refuses(lambda: read(_open(tmp_path), "people"), "no column `id`", "code")
    refuses(lambda: _open(tmp_path).write("people", batch("delete", [{"_id": "1"}])), "`id`")
