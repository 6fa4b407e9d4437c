"""Tables whose key has several columns are streams, on every kind of database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from database_servers import Server, mariadb, postgres, sqlite
from hypothesis import given
from hypothesis import strategies as st
from open_connectors import close_all

from engine.connectors.sql.record_ids import joined, parts_of, split
from engine.testing import batch, read, receipts, refuses, texts

__all__ = ["close_all"]  # the fixture is used by being here

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KINDS = {"sqlite": sqlite, "postgres": postgres, "mariadb": mariadb}
#: Types of the two columns of the key -> two keys that differ in one part only.
KEYS = {
    ("int", "int"): [("1", "10"), ("1", "11")],
    ("varchar(20)", "int"): [("a/b%2F", "1"), ("a", "1")],
    ("varchar(20)", "varchar(20)"): [("", "x"), ("x/", "%")],
    ("date", "bigint"): [("2026-01-31", "-7"), ("2026-01-30", "-7")],
}


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    with KINDS[request.param](tmp_path) as one:
        yield one


@pytest.mark.parametrize("declared", [False, True], ids=["primary key", "declared"])
@pytest.mark.parametrize("types", KEYS, ids=" ".join)
def test_records_are_made_found_changed_and_deleted_by_all_columns_of_their_key(
    database: Server, types: tuple[str, str], *, declared: bool
) -> None:
    key = "" if declared else ", PRIMARY KEY (a, b)"
    not_null = "NOT NULL" if declared else ""
    database.make(f"CREATE TABLE t (a {types[0]} {not_null}, b {types[1]} {not_null}, name varchar(9){key})")
    one, two = KEYS[types]
    connector = database.open(streams={"t": {"id": ["a", "b"]}} if declared else {})
    rows = [{"a": a, "b": b, "name": "new"} for a, b in (one, two)]
    made = [receipt.id for receipt in receipts(connector.write("t", batch("create", rows)), 2)]
    assert [parts_of(id_ or "", 2) for id_ in made] == [one, two]
    assert connector.catalog().streams["t"].id == "a+b"
    assert sorted(texts(read(connector, "t", "name"), "a+b")) == sorted((id_,) for id_ in made)
    assert texts(read(connector, "t", "name", ids=(made[0], "nobody", "no/body")), "a+b") == [(made[0],)]
    change = {"_id": made[1], "_set": ["name", "b"], "name": "changed", "b": two[1]}
    gone = {"_id": "nobody", "_set": ["name"], "name": "x", "b": None}
    done = receipts(connector.write("t", batch("update", [change, gone])), 2)
    assert [receipt.outcome for receipt in done] == ["applied", "gone"]
    assert {name for (name,) in database.ask("SELECT name FROM t")} == {"new", "changed"}
    moved = {"_id": made[1], "_set": ["b"], "b": "99"}
    (refused,) = receipts(connector.write("t", batch("update", [moved])), 1)
    assert (refused.outcome, refused.code) == ("refused", "id-change")
    receipts(connector.write("t", batch("delete", [{"_id": made[0]}])), 1)
    assert database.ask("SELECT name FROM t") in ([("changed",)], [["changed"]])


def test_a_table_is_made_with_the_key_that_is_declared(database: Server) -> None:
    connector = database.open(create=True, streams={"made": {"id": ["a", "b"]}})
    receipts(connector.write("made", batch("create", [{"a": "1", "b": "2", "name": "x"}])), 1)
    (again,) = receipts(connector.write("made", batch("create", [{"a": "1", "b": "2", "name": "y"}])), 1)
    assert again.outcome == "refused"
    assert texts(read(connector, "made", "name"), "a+b", "name") == [("1/2", "x")]


def test_columns_that_do_not_identify_are_said(database: Server) -> None:
    database.make("CREATE TABLE t (a int NOT NULL, b int NOT NULL);\nINSERT INTO t VALUES (1, 2), (1, 2)")
    said = database.open(streams={"t": {"id": ["a", "b"]}})
    refuses(lambda: read(said, "t", "a"), "more than one row with the id `1/2`")
    refuses(lambda: read(database.open(streams={"t": {"id": ["a", "c"]}}), "t"), "has no column `c`")


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), min_size=1))
def test_an_id_of_several_parts_has_one_reading(rows: list[list[str]]) -> None:
    safe = [[part.encode(errors="ignore").decode() for part in row] for row in rows]
    columns = [pa.chunked_array([[row[place] for row in safe]], pa.string()) for place in (0, 1)]
    ids = joined(columns)
    assert [list(parts_of(id_, 2) or ()) for id_ in ids.to_pylist()] == safe
    assert [column.to_pylist() for column in split(ids, 2)] == [column.to_pylist() for column in columns]
