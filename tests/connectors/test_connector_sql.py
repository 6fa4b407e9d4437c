"""The sql connector keeps the promises of the port on SQLite files as people make them."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from open_connectors import close_all, opened

from engine.connectors.port import AllApplied, Batch, ReadRequest
from engine.connectors.sql import SQL
from engine.connectors.sql.can import CAN_WRITE
from engine.errors import TemporaryError
from engine.event import Event, Noted
from engine.testing import (
    Bench,
    ConnectorSuite,
    SystemUnderTest,
    batch,
    read,
    receipts,
    refuses,
    surroundings,
    texts,
)

__all__ = ["close_all"]  # the fixture is used by being here

if TYPE_CHECKING:
    from pathlib import Path

    from engine.connectors.sql.connector import SqlConnector

_TABLE = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT, changed_at TEXT);
CREATE INDEX people_changed ON people (changed_at);
CREATE TRIGGER people_touched AFTER UPDATE OF name, city ON people BEGIN
  UPDATE people SET changed_at = strftime('%Y-%m-%d %H:%M:%f') WHERE id = new.id;
END;
"""


def _make(path: Path, script: str, rows: Any = ()) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.executescript(script)
        for table, values in rows:
            database.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)
        database.commit()


def _open(path: Path, seen: list[Event] | None = None, **more: Any) -> SqlConnector:
    said = {"url": f"sqlite:///{path.name}", "_base": str(path.parent), **more}
    connector: SqlConnector = opened(SQL.open(said, surroundings(path.parent, seen)))
    return connector


def _ask(path: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(sql).fetchall()


class TestSqlite(ConnectorSuite):
    type_ = SQL
    can = CAN_WRITE

    @pytest.fixture
    def system(self, tmp_path: Path) -> SystemUnderTest:
        path = tmp_path / "people.db"
        _make(path, _TABLE)

        def run(sql: str, *values: Any) -> list[Any]:
            with closing(sqlite3.connect(path)) as database, database:
                return database.execute(sql, values).fetchall()

        def plant(rows: Any) -> list[str]:
            stamp = "2026-01-01 00:00:00"
            with closing(sqlite3.connect(path)) as database, database:
                new = "INSERT INTO people (name, city, changed_at) VALUES (?, ?, ?)"
                made = [database.execute(new, (row["name"], row.get("city"), stamp)) for row in rows]
                return [str(one.lastrowid) for one in made]

        def edit(id_: str, values: Any) -> None:
            for name, value in values.items():
                run(f"UPDATE people SET {name} = ? WHERE id = ?", value, id_)

        return SystemUnderTest(
            connect=lambda: _open(path, streams={"people": {"modified": "changed_at"}}),
            stream="people",
            plant=plant,
            look=lambda: {
                str(id_): {"name": name, "city": city}
                for id_, name, city in run("SELECT id, name, city FROM people")
            },
            edit=edit,
            remove=lambda id_: run("DELETE FROM people WHERE id = ?", id_).clear(),
            refused={"name": None},
        )

    def test_a_batch_that_goes_whole_is_one_answer_with_the_versions_that_triggers_set(
        self, bench: Bench
    ) -> None:
        ids = bench.plant_people()
        change = batch("update", [{"_id": ids[1], "_set": ["name"], "name": "Bob"}])
        answer = bench.open().write("people", change)
        assert isinstance(answer, AllApplied)
        assert answer.versions is not None
        ((_, modified),) = texts(bench.read(ids=(ids[1],)), "id", "changed_at")
        assert answer.versions.to_pylist() == [modified]
        assert modified != "2026-01-01 00:00:00"


def test_values_arrive_exactly_whatever_type_sqlite_gave_them(tmp_path: Path) -> None:
    """SQLite keeps any value in any column: each arrives as its own exact text, and none aborts the read."""
    path = tmp_path / "odd.db"
    _make(path, "CREATE TABLE t (id TEXT PRIMARY KEY, amount DECIMAL(12,2), n INTEGER, yes BOOLEAN, x)")
    with closing(sqlite3.connect(path)) as database:
        database.execute("INSERT INTO t VALUES ('001', NULL, NULL, NULL, NULL)")
        database.execute("INSERT INTO t VALUES ('002', 19.99, 9007199254740993, 1, 1.5)")
        database.execute("INSERT INTO t VALUES ('003', 'n/a', 'twelve', 'maybe', '007')")
        database.execute("INSERT INTO t VALUES ('004', 0.1 + 0.2, -1, 0, 12)")
        database.commit()
    rows = read(_open(path), "t", "amount", "n", "yes", "x")
    assert texts(rows, "id", "amount", "n", "yes", "x") == [
        ("001", None, None, None, None),
        ("002", "19.99", "9007199254740993", "true", "1.5"),
        ("003", "n/a", "twelve", "maybe", "007"),
        ("004", "0.30000000000000004", "-1", "false", "12"),
    ]


def test_a_text_that_appears_after_many_numbers_is_still_read(tmp_path: Path) -> None:
    """The driver guesses types from its first 100,000 rows; what comes later is not lost to the guess."""
    path = tmp_path / "late.db"
    _make(path, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)")
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 120000) "
            "INSERT INTO t SELECT i, CASE i WHEN 120000 THEN 'late' END FROM c"
        )
        database.commit()
    pages = list(_open(path).read(ReadRequest(stream="t", fields=("n",))))
    assert [page.complete for page in pages] == [False, True]
    assert sum(len(page) for page in pages) == 120_000
    assert pages[-1].table is not None
    assert pages[-1].table["n"][-1].as_py() == "late"


@pytest.mark.parametrize("place", [1, 120_000])
def test_binary_values_that_are_no_text_are_refused_wherever_they_stand(tmp_path: Path, place: int) -> None:
    path = tmp_path / "blob.db"
    _make(path, "CREATE TABLE t (id INTEGER PRIMARY KEY, photo)")
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 120000) "
            f"INSERT INTO t SELECT i, CASE i WHEN {place} THEN x'ff00' ELSE 'x' END FROM c"
        )
        database.commit()
    refuses(lambda: read(_open(path), "t", "photo"), "`t", "binary")
    assert len(read(_open(path), "t")) == 120_000


def test_a_cursor_finds_changes_in_either_way_of_writing_times(tmp_path: Path) -> None:
    """`T` sorts after a blank: texts are compared in the column's form; rows without a time always come."""
    path = tmp_path / "times.db"
    _make(
        path,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, m TEXT)",
        [("t", (1, "2026-01-02 09:59:59")), ("t", (2, "2026-01-02 10:00:00")), ("t", (3, None))],
    )
    connector = _open(path, streams={"t": {"modified": "m"}})
    for since in ("2026-01-02T10:00:00Z", "2026-01-02 10:00:00", "2026-01-02T10:00:00.250000Z"):
        assert texts(read(connector, "t", since=since), "id") == [("2",), ("3",)]


def test_what_sqlite_gets_is_exact_and_of_its_own_kind(tmp_path: Path) -> None:
    path = tmp_path / "kinds.db"
    _make(
        path,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, price TEXT, yes BOOLEAN, word TEXT, tags TEXT, day TEXT)",
    )
    table = pa.table(
        {
            "_op": ["a"],
            "_id": pa.array([None], pa.string()),
            "_version": pa.array([None], pa.string()),
            "price": pa.array([Decimal("12345678901234567.890000000")]),
            "yes": [True],
            "word": [False],
            "tags": [["ü", "b"]],
            "day": pa.array([0], pa.timestamp("us", "UTC")),
        }
    )
    _open(path).write("t", Batch(kind="create", table=table))
    assert _ask(path, "SELECT price, yes, word, tags, day FROM t") == [
        ("12345678901234567.89", 1, "false", '["ü","b"]', "1970-01-01T00:00:00Z")
    ]


def test_among_many_rows_only_those_that_break_a_rule_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "unique.db"
    _make(path, "CREATE TABLE t (id INTEGER PRIMARY KEY, mail TEXT UNIQUE, age INTEGER CHECK (age < 150))")
    rows: list[dict[str, Any]] = [
        {"mail": f"m{n % 490}", "age": 999 if n == 77 else n % 100} for n in range(500)
    ]
    answer = receipts(_open(path).write("t", batch("create", rows)), 500)
    refused = [place for place, receipt in enumerate(answer) if receipt.outcome == "refused"]
    assert refused == [77, *range(490, 500)]
    assert answer[77].message == "CHECK constraint failed: age < 150"
    assert answer[490].message == "UNIQUE constraint failed: t.mail"
    assert _ask(path, "SELECT count(*) FROM t") == [(489,)]


def test_a_text_key_that_nobody_gives_is_refused_and_one_that_is_given_is_the_id(tmp_path: Path) -> None:
    path = tmp_path / "codes.db"
    _make(path, "CREATE TABLE t (code TEXT PRIMARY KEY, name TEXT)")
    rows: list[dict[str, Any]] = [{"code": "007", "name": "Bond"}, {"code": None, "name": "Nobody"}]
    known, nobody = receipts(_open(path).write("t", batch("create", rows)), 2)
    assert (known.outcome, known.id) == ("applied", "007")
    assert (nobody.outcome, nobody.code) == ("refused", "no-id")
    assert _ask(path, "SELECT code FROM t") == [("007",)]


@pytest.mark.parametrize(
    ("script", "ids"),
    [
        ("CREATE TABLE notes (id TEXT PRIMARY KEY, body TEXT);", ["a", "b"]),
        (
            """CREATE TABLE notes (id TEXT PRIMARY KEY, body TEXT);
            CREATE TRIGGER tidy BEFORE INSERT ON notes BEGIN DELETE FROM notes WHERE id = 'old'; END;""",
            ["a", "b"],
        ),
        (
            "CREATE TABLE notes (id TEXT COLLATE NOCASE PRIMARY KEY ON CONFLICT REPLACE, body TEXT);",
            ["a", "b"],
        ),
        ("CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT);", ["1", "2"]),
    ],
)
def test_the_ids_that_are_told_are_those_that_the_table_holds(
    tmp_path: Path, script: str, ids: list[str]
) -> None:
    """Whether the batch brings them, a trigger stands in between, or the database counts them."""
    _make(tmp_path / "notes.db", script)
    columns = {"_op": ["1", "2"], "_id": [None, None], "_version": [None, None], "body": ["x", "y"]}
    if ids[0] == "a":
        columns["id"] = ids
    done = _open(tmp_path / "notes.db").write("notes", Batch(kind="create", table=pa.table(columns)))
    assert isinstance(done, AllApplied)
    assert done.ids.to_pylist() == ids
    assert [str(row[0]) for row in _ask(tmp_path / "notes.db", "SELECT id FROM notes ORDER BY id")] == ids


def test_an_update_cannot_move_a_record_to_another_id_nor_hit_one_that_only_looks_alike(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ids.db"
    _make(path, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)", [("t", (7, "seven"))])
    changes: list[dict[str, Any]] = [
        {"_id": "007", "_set": ["name"], "name": "x", "id": None},
        {"_id": "7", "_set": ["id"], "name": None, "id": "8"},
    ]
    alike, moved = receipts(_open(path).write("t", batch("update", changes)), 2)
    assert (alike.outcome, moved.outcome, moved.code) == ("gone", "refused", "id-change")
    assert _ask(path, "SELECT * FROM t") == [(7, "seven")]


@pytest.mark.parametrize(
    ("mark", "set_", "open_"),
    [("BOOLEAN NOT NULL DEFAULT 0", 1, 0), ("TEXT", "2026-01-01", None), ("TEXT", "2026-01-01", "")],
)
def test_a_row_with_the_mark_of_deletion_counts_as_absent_and_a_delete_sets_it(
    tmp_path: Path, mark: str, set_: Any, open_: Any
) -> None:
    path = tmp_path / "marked.db"
    rows = [("t", (1, "a", open_)), ("t", (2, "b", set_)), ("t", (3, "c", open_))]
    _make(path, f"CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, gone {mark})", rows)
    connector = _open(path, streams={"t": {"deleted": "gone"}})
    assert texts(read(connector, "t"), "id") == [("1",), ("3",)]
    assert read(connector, "t", ids=("2",)) == []
    first, second = receipts(connector.write("t", batch("delete", [{"_id": "1"}, {"_id": "2"}])), 2)
    assert (first.outcome, second.outcome) == ("applied", "gone")
    change = {"_id": "1", "_set": ["name"], "name": "x"}
    assert [one.outcome for one in receipts(connector.write("t", batch("update", [change])), 1)] == ["gone"]
    assert texts(read(connector, "t"), "id") == [("3",)]
    assert _ask(path, "SELECT count(*) FROM t") == [(3,)]


def test_create_makes_the_database_and_its_table_at_the_first_write(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    connector = _open(path, create=True)
    assert read(connector, "customers", "name") == []
    answer = receipts(connector.write("customers", batch("create", [{"name": "007"}, {"name": None}])), 2)
    assert [receipt.id for receipt in answer] == ["1", "2"]
    assert texts(read(connector, "customers", "name"), "id", "name") == [("1", "007"), ("2", None)]
    connector.close()
    assert path.is_file()
    assert _open(path).catalog().streams["customers"].id == "id"


def test_without_create_nothing_is_ever_made(tmp_path: Path) -> None:
    path = tmp_path / "missing.db"
    refuses(lambda: _open(path), str(path), "create: true")
    assert not path.exists()


def test_what_is_to_be_made_is_described_before_it_exists(tmp_path: Path) -> None:
    """Offline a key is known where it is declared or the engine will make the table; else it is left open."""
    path = tmp_path / "later.db"
    said: dict[str, Any] = {"url": "sqlite:///later.db", "streams": {"a": {}, "b": {"id": "code"}}}
    assert {name: stream.id for name, stream in SQL.describe(said).streams.items()} == {"a": "", "b": "code"}
    made = _open(path, create=True, streams=said["streams"]).catalog()
    assert {name: stream.id for name, stream in made.streams.items()} == {"a": "id", "b": "code"}
    assert made.streams == SQL.describe({**said, "create": True}).streams


def test_a_query_is_a_stream_that_can_only_be_read(tmp_path: Path) -> None:
    path = tmp_path / "query.db"
    _make(path, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)", [("t", (1, "a")), ("t", (2, "b"))])
    said = {"big": {"query": "SELECT id AS code, upper(name) AS name FROM t WHERE id > 1;", "id": "code"}}
    connector = _open(path, streams=said)
    assert texts(read(connector, "big", "name"), "code", "name") == [("2", "B")]
    assert not connector.catalog().streams["big"].can.create
    refuses(lambda: connector.write("big", batch("create", [{"name": "c"}])), "`big`", "only be read")
    writing = {"bad": {"query": "DELETE FROM t RETURNING id", "id": "id"}}
    refuses(lambda: read(_open(path, streams=writing), "bad"), "syntax error")
    assert _ask(path, "SELECT count(*) FROM t") == [(2,)]


def test_the_catalog_knows_what_the_database_demands(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    _make(
        path,
        "CREATE TABLE teams (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE);"
        'CREATE TABLE "the people" (id INTEGER PRIMARY KEY, team INTEGER REFERENCES teams, '
        "pay DECIMAL(10,2), joined DATE, twice INTEGER AS (id * 2));"
        "CREATE TABLE pairs (a INTEGER, b INTEGER, PRIMARY KEY (a, b));",
    )
    streams = _open(path, streams={"the people": {"fields": {"pay": "money scale=2"}}}).catalog().streams
    assert sorted(streams) == ["pairs", "teams", "the people"]
    assert streams["pairs"].id == "a+b"
    name = streams["teams"].fields["name"]
    assert (name.type, name.max_length, name.required, name.unique) == ("text", 40, True, True)
    people = streams["the people"].fields
    assert {one: people[one].type for one in people} == {
        "id": "id",
        "team": "integer",
        "pay": "money",
        "joined": "date",
        "twice": "integer",
    }
    assert people["team"].refers == "teams"
    assert not people["twice"].writable


def test_a_key_without_an_index_works_and_is_pointed_out_once(tmp_path: Path) -> None:
    path = tmp_path / "slow.db"
    _make(path, "CREATE TABLE t (code, name TEXT)", [("t", (7, "a")), ("t", ("x", "b"))])
    seen: list[Event] = []
    connector = _open(path, seen, streams={"t": {"id": "code"}})
    changes = [{"_id": "7", "_set": ["name"], "name": "A"}, {"_id": "x", "_set": ["name"], "name": "B"}]
    for _ in range(2):
        assert isinstance(connector.write("t", batch("update", changes)), AllApplied)
    assert texts(read(connector, "t", "name"), "code", "name") == [("7", "A"), ("x", "B")]
    assert ["no unique index" in event.message for event in seen if isinstance(event, Noted)] == [True]


def test_rows_that_cannot_be_told_apart_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.db"
    _make(
        path,
        "CREATE TABLE t (code TEXT, name TEXT)",
        [("t", ("a", "1")), ("t", ("a", "2")), ("t", ("b", "3"))],
    )
    refuses(lambda: read(_open(path), "t"), "which column identifies", "id: COLUMN", "code, name")
    refuses(lambda: read(_open(path, streams={"t": {"id": "code"}}), "t"), "more than one row", "`a`")
    _make(path, "DELETE FROM t; INSERT INTO t VALUES (NULL, 'n')")
    refuses(lambda: read(_open(path, streams={"t": {"id": "code"}}), "t"), "id `code` is null")


def test_a_database_that_another_program_is_writing_is_a_matter_of_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.connectors.sql.sqlite.session._PATIENCE_MS", 50)
    path = tmp_path / "locked.db"
    _make(path, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)")
    hold = (
        "import sqlite3, sys; other = sqlite3.connect(sys.argv[1]); "
        "other.execute('BEGIN EXCLUSIVE'); print('held', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(TemporaryError, match=r"Another program is writing to .*locked\.db"):
            _open(path).write("t", batch("create", [{"name": "a"}]))
        other.communicate("\n")
    assert _ask(path, "SELECT count(*) FROM t") == [(0,)]


def test_a_full_disk_or_a_file_that_may_not_be_written_loses_nothing_and_is_said(tmp_path: Path) -> None:
    path = tmp_path / "full.db"
    _make(path, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)", [("t", (1, "a"))])
    connector = _open(path)
    with connector.database.session(writing=True) as session:
        session.run("PRAGMA max_page_count = 20")
    with pytest.raises(TemporaryError, match="disk is full"):
        connector.write("t", batch("create", [{"name": "x" * 5_000} for _ in range(50)]))
    assert isinstance(connector.write("t", batch("create", [{"name": "b"}])), AllApplied)
    assert _ask(path, "SELECT name FROM t") == [("a",), ("b",)]
    with connector.database.session() as reading:
        refuses(lambda: reading.run("DELETE FROM t"), "may not be written")


@pytest.mark.parametrize("when", ["", "DEFERRABLE INITIALLY DEFERRED"])
def test_a_reference_to_nothing_is_refused_also_where_the_database_looks_only_at_the_end(
    tmp_path: Path, when: str
) -> None:
    path = tmp_path / "refers.db"
    _make(
        path,
        "CREATE TABLE teams (id INTEGER PRIMARY KEY); INSERT INTO teams VALUES (1);"
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, team INTEGER REFERENCES teams {when});",
    )
    answer = receipts(_open(path).write("t", batch("create", [{"team": 1}, {"team": 2}, {"team": None}])), 3)
    assert [receipt.outcome for receipt in answer] == ["applied", "refused", "applied"]
    assert answer[1].message == "FOREIGN KEY constraint failed"


_KEYS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None)
@given(keys=st.lists(_KEYS, min_size=1, max_size=5, unique=True))
def test_a_record_is_found_and_changed_under_any_key(
    tmp_path_factory: pytest.TempPathFactory, keys: list[str]
) -> None:
    path = tmp_path_factory.mktemp("keys") / "keys.db"
    _make(path, "CREATE TABLE t (code TEXT PRIMARY KEY, name TEXT)")
    connector = _open(path)
    connector.write("t", batch("create", [{"code": key, "name": None} for key in keys]))
    changes = [{"_id": key, "_set": ["name"], "name": f"named {key}"} for key in keys]
    answer = connector.write("t", batch("update", changes))
    assert isinstance(answer, AllApplied)
    assert answer.ids.to_pylist() == keys
    found = texts(read(connector, "t", "name", ids=tuple(keys)), "code", "name")
    assert sorted(found) == sorted((key, f"named {key}") for key in keys)
    connector.close()


def test_mistakes_are_said_with_the_place_and_what_was_meant(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    _make(path, "CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT)")
    refuses(lambda: read(_open(path), "acounts"), "no table `acounts`", "`accounts`")
    refuses(lambda: read(_open(path), "accounts", "nmae"), "no column `nmae`", "`name`")
    refuses(lambda: read(_open(path), "accounts", since="2026-01-01"), "modified: COLUMN")
    refuses(
        lambda: SQL.open({"url": "oracle://db/x"}, surroundings(tmp_path)),
        "`oracle`",
        "postgresql://",
    )
    other = tmp_path / "notes.db"
    other.write_text("These are notes, not a database. " * 40)
    refuses(lambda: _open(other), "is not a SQLite database")


def test_describing_a_database_needs_neither_it_nor_a_driver() -> None:
    check = (
        "import sys; from engine.connectors.sql import SQL; "
        "catalog = SQL.describe({'url': 'sqlite:///no.db', 'streams': {'a': {'fields': {'x': 'money'}}}}); "
        "assert catalog.open and catalog.streams['a'].fields['x'].type == 'money'; "
        "sys.exit(bool({'pyarrow', 'adbc_driver_sqlite', 'duckdb', 'sqlalchemy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_a_file_whose_last_writer_was_killed_is_recovered_by_whoever_reads_first(tmp_path: Path) -> None:
    path, work = tmp_path / "killed.db", tmp_path / "work.db"
    with closing(sqlite3.connect(work)) as database:
        database.executescript("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); PRAGMA cache_size = 2;")
        database.executemany("INSERT INTO t VALUES (?, ?)", [(place, "x" * 900) for place in range(400)])
        database.commit()
        database.execute("UPDATE t SET name = 'half done'")
        shutil.copy(work, path)
        shutil.copy(f"{work}-journal", f"{path}-journal")  # as a kill leaves it
    names = {name for (name,) in texts(read(_open(path), "t", "name"), "name")}
    assert names == {"x" * 900}
