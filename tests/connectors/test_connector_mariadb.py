"""The sql connector keeps the promises of the port on a real MariaDB server."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from database_servers import Mariadb, mariadb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from open_connectors import close_all

from engine.connectors.port import AllApplied, Batch
from engine.connectors.sql import SQL
from engine.connectors.sql.can import CAN_WRITE
from engine.connectors.sql.mariadb import session
from engine.testing import ConnectorSuite, SystemUnderTest, batch, read, receipts, refuses, texts

__all__ = ["close_all"]  # the fixture is used by being here

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PEOPLE = """
CREATE TABLE people (id int AUTO_INCREMENT PRIMARY KEY, name text NOT NULL, city text,
  changed_at timestamp(6) NOT NULL DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6))
  AUTO_INCREMENT = 5000;
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Mariadb]:
    with mariadb(tmp_path) as one:
        yield one


class TestMariadb(ConnectorSuite):
    type_ = SQL
    can = CAN_WRITE

    @pytest.fixture
    def system(self, server: Mariadb) -> SystemUnderTest:
        return server.system(_PEOPLE)


def test_values_arrive_exactly_as_text_of_one_form(server: Mariadb) -> None:
    """Whatever zone or charset the server would use by itself."""
    server.make(
        "CREATE TABLE t (id int PRIMARY KEY, n decimal(30,10), yes boolean, b bit(1), bits bit(4), at timestamp(2) "
        "NULL, clock datetime, day date, f double, js json, u uuid, mood enum('sad', 'o''k'), c char(4), "
        "old varchar(20) CHARACTER SET latin1, big bigint unsigned, y year);\n"
        "SET time_zone = '+02:00';\n"
        "INSERT INTO t VALUES (1, 12345678901234567890.1234567890, true, 1, 5, '2026-01-31 12:00:00.25', "
        "'2026-01-31 12:00:00', '2026-01-31', 0.1e0 + 0.2e0, '{\"a\": 1.50}', "
        "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'o''k', 'ab', 'é\"ü', 18446744073709551615, 2026)"
    )
    server.ask("INSERT INTO t (id, yes) VALUES (2, 7)")
    fields = ("n", "yes", "b", "bits", "at", "clock", "day", "f", "js", "u", "mood", "c", "old", "big", "y")
    said = {"t": {"fields": {"clock": "instant"}}}
    one, two = texts(read(server.open(streams=said), "t", *fields), "id", *fields)
    assert one == (
        "1",
        "12345678901234567890.1234567890",
        "true",
        "true",
        "5",
        "2026-01-31T10:00:00.25+00:00",
        "2026-01-31T12:00:00+00:00",
        "2026-01-31",
        "0.30000000000000004",
        '{"a":1.5}',
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "o'k",
        "ab",
        'é"ü',
        "18446744073709551615",
        "2026",
    )
    assert two == ("2", None, "7", *[None] * 13)


def test_values_written_are_read_back_alike_and_a_text_too_long_is_refused_not_cut(server: Mariadb) -> None:
    server.make(
        "CREATE TABLE t (id int PRIMARY KEY, n decimal(12,2), yes boolean, at timestamp NULL, clock datetime, "
        "day date, js json, code varchar(3))"
    )
    columns: dict[str, Any] = {
        "n": pa.array([Decimal("19.990"), None]),
        "yes": [True, None],
        "at": pa.array([86_400_000_000, None], pa.timestamp("us", "UTC")),
        "clock": ["2026-01-31T10:00:00Z", None],
        "day": ["2026-01-31", None],
        "js": ['{"a":[1,2]}', None],
        "code": ["abc", "abcd"],
    }
    rows = {**batch("create", [{"id": "1"}, {"id": "2"}]).table.to_pydict(), **columns}
    first, second = receipts(server.open().write("t", Batch(kind="create", table=pa.table(rows))), 2)
    assert (first.outcome, second.outcome) == ("applied", "refused")
    assert "Data too long for column 'code'" in (second.message or "")
    (found,) = texts(read(server.open(), "t", *columns), *columns)
    assert found == (
        "19.99",
        "true",
        "1970-01-02T00:00:00+00:00",
        "2026-01-31T10:00:00",
        "2026-01-31",
        '{"a":[1,2]}',
        "abc",
    )


def test_the_catalog_knows_what_the_database_demands(server: Mariadb) -> None:
    server.make(
        "CREATE TABLE teams (id int AUTO_INCREMENT PRIMARY KEY, name varchar(40) NOT NULL UNIQUE, a int, b int, "
        "UNIQUE (a, b), notes text);\n"
        "CREATE TABLE `the people` (id varchar(36) PRIMARY KEY, team int NOT NULL, pay decimal(10,2), "
        "mood enum('sad', 'it''s ok') NOT NULL DEFAULT 'sad', twice int AS (team * 2) STORED, photo blob, "
        "js json, FOREIGN KEY (team) REFERENCES teams (id));\n"
        "CREATE VIEW rich AS SELECT * FROM teams;\nCREATE TABLE pairs (a int, b int, PRIMARY KEY (a, b));\n"
        "CREATE TABLE old (id int PRIMARY KEY) ENGINE = MyISAM"
    )
    streams = server.open(streams={"rich": {"id": "id"}}).catalog().streams
    assert sorted(streams) == ["old", "pairs", "rich", "teams", "the people"]
    teams, people = streams["teams"].fields, streams["the people"].fields
    name = teams["name"]
    assert (name.type, name.max_length, name.required, name.unique) == ("text", 40, True, True)
    assert not teams["a"].unique
    assert not any(streams[one].can.create for one in ("rich", "old")), "what cannot be undone is not written"
    assert {one: people[one].type for one in ("id", "team", "pay", "mood", "js")} == {
        "id": "id",
        "team": "integer",
        "pay": "decimal",
        "mood": "enum",
        "js": "object",
    }
    assert (people["pay"].scale, people["mood"].choices, people["team"].refers) == (
        2,
        ("sad", "it's ok"),
        "teams",
    )
    assert [people[one].required for one in ("id", "team", "mood", "pay")] == [True, True, False, False]
    assert not any(people[one].writable for one in ("twice", "photo"))
    refuses(lambda: read(server.open(), "the people", "photo"), "binary", "blob")


def test_among_many_rows_only_those_that_break_a_rule_are_refused_in_the_servers_words(
    server: Mariadb,
) -> None:
    server.make(
        "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, mail varchar(20) UNIQUE, age int CHECK (age < 150))"
    )
    rows: list[dict[str, Any]] = [{"mail": f"m{n % 390}", "age": str(n % 100)} for n in range(400)]
    rows[6]["age"], rows[77]["age"] = "twelve", "999"
    answer = receipts(server.open().write("t", batch("create", rows)), 400)
    refused = [place for place, receipt in enumerate(answer) if receipt.outcome == "refused"]
    assert refused == [6, 77, *range(390, 396), *range(397, 400)]
    assert "CONSTRAINT `t.age` failed" in (answer[77].message or "")
    assert "Duplicate entry 'm0' for key 'mail'" in (answer[390].message or "")
    assert "Incorrect integer value: 'twelve'" in (answer[6].message or "")
    held = dict(server.ask("SELECT mail, id FROM t"))
    assert {rows[place]["mail"]: receipt.id for place, receipt in enumerate(answer) if receipt.id} == {
        mail: str(identity) for mail, identity in held.items()
    }


def test_the_ids_that_are_told_are_those_that_the_table_holds(
    server: Mariadb, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In many statements, with steps between counted ids, and also where a trigger stands in between."""
    monkeypatch.setattr("engine.connectors.sql.mariadb.write._ROWS_AT_ONCE", 3)
    steps = f"{session._SETTINGS}, SESSION auto_increment_increment = 3"
    monkeypatch.setattr(session, "_SETTINGS", steps)
    server.make(
        "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, name text);\n"
        "CREATE TABLE log (id int AUTO_INCREMENT PRIMARY KEY, name text);\n"
        "CREATE TRIGGER log AFTER INSERT ON t FOR EACH ROW INSERT INTO log (name) VALUES (new.name), ('x');\n"
        "CREATE TABLE codes (id varchar(9) PRIMARY KEY);\n"
        "CREATE TRIGGER shout BEFORE INSERT ON codes FOR EACH ROW SET new.id = IF(new.id = 'c', 'X', new.id)"
    )
    connector = server.open()
    answer = receipts(connector.write("t", batch("create", [{"name": f"n{n}"} for n in range(8)])), 8)
    assert answer[1].id == str(int(answer[0].id or 0) + 3)
    assert [(int(one.id or 0), f"n{n}") for n, one in enumerate(answer)] == server.ask(
        "SELECT * FROM t ORDER BY id"
    )
    told = receipts(connector.write("codes", batch("create", [{"id": one} for one in ("b", "c", None)])), 3)
    assert [(one.outcome, one.code, one.id) for one in told] == [
        ("applied", None, "b"),
        ("refused", "id-form", None),
        ("refused", "no-id", None),
    ]
    assert server.ask("SELECT id FROM codes") == [("b",)]


def test_an_update_cannot_move_a_record_nor_hit_one_that_only_looks_alike(server: Mariadb) -> None:
    server.make(
        "CREATE TABLE t (id int PRIMARY KEY, name text);\nINSERT INTO t VALUES (0, 'zero'), (7, 'seven');\n"
        "CREATE TABLE c (id varchar(9) PRIMARY KEY, name text);\nINSERT INTO c VALUES ('ada', 'a')"
    )
    changes: list[dict[str, Any]] = [
        {"_id": "007", "_set": ["name"], "name": "x", "id": None},
        {"_id": "99999999999999999999999", "_set": ["name"], "name": "x", "id": None},
        {"_id": "7", "_set": ["id"], "name": None, "id": "8"},
        {"_id": "7 OR 1=1", "_set": ["name"], "name": "x", "id": None},
    ]
    answer = receipts(server.open().write("t", batch("update", changes)), 4)
    assert [receipt.outcome for receipt in answer] == ["gone", "gone", "refused", "gone"]
    assert server.ask("SELECT name FROM t ORDER BY id") == [("zero",), ("seven",)]
    alike = batch("delete", [{"_id": "ADA"}, {"_id": "ada "}, {"_id": "a%"}])
    assert [one.outcome for one in receipts(server.open().write("c", alike), 3)] == ["gone"] * 3
    assert read(server.open(), "c", ids=("ADA", "ada ")) == []
    assert server.ask("SELECT id FROM c") == [("ada",)]


#: Values that would break a statement if they ever became part of one.
INJECTIONS = (
    "x' or id is not null or name = 'y",
    "'; DROP TABLE people; -- ",
    'a"b',
    "a\\' OR 1=1 -- ",
    "%s %(x)s %% $1 ?",
    "\\",
    "''",
    "`",
    "\0\x1a\n",
    "\u2019 OR 1=1",
)


def test_no_value_or_name_ever_becomes_part_of_a_statement(server: Mariadb) -> None:
    odd = "it's `a`; DROP TABLE people; -- %s"
    quoted = "`" + odd.replace("`", "``") + "`"
    server.make(f"CREATE TABLE {quoted} ({quoted} varchar(99) PRIMARY KEY, `na'me%d` text)")
    name = "na'me%d"
    connector = server.open(streams={odd: {"modified": name}})
    rows = [{odd: value, name: value} for value in INJECTIONS]
    assert isinstance(connector.write(odd, batch("create", rows)), AllApplied)
    found = read(connector, odd, name, ids=INJECTIONS)
    assert sorted(texts(found, odd, name)) == sorted((value, value) for value in INJECTIONS)
    for value in INJECTIONS:
        assert (value,) in texts(read(connector, odd, since=value), odd)
    changes = [{"_id": value, "_set": [name], name: f"{value}!"} for value in INJECTIONS]
    assert isinstance(connector.write(odd, batch("update", changes)), AllApplied)
    assert isinstance(
        connector.write(odd, batch("delete", [{"_id": one} for one in INJECTIONS[1:]])), AllApplied
    )
    assert texts(read(connector, odd, name), name) == [(f"{INJECTIONS[0]}!",)]
    query = {
        "q": {"query": f"SELECT {quoted} AS `i%s\"` FROM {quoted} WHERE 'a%' LIKE 'a%' -- end", "id": 'i%s"'}
    }
    assert texts(read(server.open(streams=query), "q"), 'i%s"') == [(INJECTIONS[0],)]


_KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.lists(_KEYS, min_size=1, max_size=5, unique=True))
def test_a_record_is_found_and_changed_under_any_key(server: Mariadb, keys: list[str]) -> None:
    server.make(
        "CREATE TABLE IF NOT EXISTS t (code varchar(20) COLLATE utf8mb4_nopad_bin PRIMARY KEY, name text);\n"
        "DELETE FROM t"
    )
    connector = server.open()
    connector.write("t", batch("create", [{"code": key, "name": None} for key in keys]))
    changes = [{"_id": key, "_set": ["name"], "name": f"named {key}"} for key in keys]
    answer = connector.write("t", batch("update", changes))
    assert isinstance(answer, AllApplied)
    assert answer.ids.to_pylist() == keys
    found = texts(read(connector, "t", "name", ids=tuple(keys)), "code", "name")
    assert sorted(found) == sorted((key, f"named {key}") for key in keys)
    connector.close()


@pytest.mark.parametrize(
    ("mark", "set_", "open_"),
    [
        ("boolean NOT NULL DEFAULT false", "true", "false"),
        ("timestamp NULL", "now()", "NULL"),
        ("int DEFAULT 0", "1", "NULL"),
        ("varchar(40)", "'2026-01-01'", "NULL"),
    ],
)
def test_a_row_with_the_mark_of_deletion_counts_as_absent_and_a_delete_sets_it(
    server: Mariadb, mark: str, set_: str, open_: str
) -> None:
    server.make(
        f"CREATE TABLE t (id int PRIMARY KEY, name text, gone {mark});\n"
        f"INSERT INTO t VALUES (1, 'a', {open_}), (2, 'b', {set_}), (3, 'c', {open_})"
    )
    connector = server.open(streams={"t": {"deleted": "gone"}})
    assert texts(read(connector, "t"), "id") == [("1",), ("3",)]
    assert read(connector, "t", ids=("2",)) == []
    first, second = receipts(connector.write("t", batch("delete", [{"_id": "1"}, {"_id": "2"}])), 2)
    assert (first.outcome, second.outcome) == ("applied", "gone")
    change = {"_id": "1", "_set": ["name"], "name": "x"}
    assert [one.outcome for one in receipts(connector.write("t", batch("update", [change])), 1)] == ["gone"]
    assert texts(read(connector, "t"), "id") == [("3",)]
    assert server.ask("SELECT count(*), min(gone) IS NOT NULL FROM t") == [(3, 1)]


def test_rows_that_cannot_be_told_apart_are_refused(server: Mariadb) -> None:
    server.make("CREATE TABLE t (code varchar(9), name text);\nINSERT INTO t VALUES ('a', '1'), ('a', '2')")
    refuses(lambda: read(server.open(), "t"), "which column identifies", "id: COLUMN", "code, name")
    said = {"t": {"id": "code"}}
    refuses(lambda: read(server.open(streams=said), "t"), "more than one row", "`a`")
    server.ask("UPDATE t SET code = NULL")
    refuses(lambda: read(server.open(streams=said), "t"), "id `code` is null")


def test_a_query_is_a_stream_that_can_only_be_read_and_knows_its_types(server: Mariadb) -> None:
    server.make(
        "CREATE TABLE t (id int PRIMARY KEY, pay decimal(9,2), yes boolean, photo blob, at timestamp NULL, "
        "name varchar(9));\nINSERT INTO t (id, pay, yes) VALUES (1, 2, true), (2, 3.5, false)"
    )
    said = {
        "big": {"query": "SELECT id AS code, t.* FROM t WHERE id > 1 -- the big ones", "id": "code"},
        "bad": {"query": "DELETE FROM t", "id": "id"},
        "sly": {"query": "SELECT 1 AS id) AS q; DELETE FROM t; -- ", "id": "id"},
    }
    connector = server.open(streams=said)
    assert texts(read(connector, "big", "pay", "yes", ids=("2",)), "code", "pay", "yes") == [
        ("2", "3.50", "false")
    ]
    refuses(lambda: connector.write("big", batch("create", [{"pay": "1"}])), "`big`", "only be read")
    refuses(lambda: read(connector, "bad"), "does not understand")
    refuses(lambda: read(connector, "sly"), "does not understand")
    refuses(lambda: read(connector, "big", "photo"), "binary")
    assert server.ask("SELECT count(*) FROM t") == [(2,)]
    fields = server.open(streams={"big": said["big"]}).catalog().streams["big"].fields
    assert {name: fields[name].type for name in ("id", "pay", "yes", "at", "name")} == {
        "id": "integer",
        "pay": "decimal",
        "yes": "boolean",
        "at": "instant",
        "name": "text",
    }


def test_create_makes_a_missing_table_at_the_first_write(server: Mariadb) -> None:
    refuses(lambda: read(server.open(), "customers"), "no table `customers`")
    connector = server.open(create=True)
    assert read(connector, "customers", "name") == []
    answer = receipts(connector.write("customers", batch("create", [{"name": "007"}, {"name": None}])), 2)
    assert [receipt.id for receipt in answer] == ["1", "2"]
    assert texts(read(connector, "customers", "name"), "id", "name") == [("1", "007"), ("2", None)]
    assert server.open().catalog().streams["customers"].id == "id"
