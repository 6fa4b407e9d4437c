"""What is PostgreSQL's own: its sessions, rights, locks and text; each trouble is said in one sentence."""

from __future__ import annotations

import shlex
import socket
import struct
import sys
import threading
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_place import SERVER, demand_server, new_schema, on_server, schema_of

from engine.cli.shared.context import CommandContext
from engine.errors import EngineError, LockedError, TemporaryError, UserError
from engine.ledger import Lease, Settlement, ledger_exists, open_ledger
from engine.ledger.postgres.database import PostgresDatabase
from engine.ledger.tables import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.ledger.store import Ledger

NOW = "2026-03-01T10:00:00Z"
HOST = urlsplit(SERVER).hostname or "127.0.0.1"


@pytest.fixture
def url() -> Iterator[str]:
    """The URL of a ledger that is not there yet."""
    with new_schema() as place:
        yield place


def links(rows: int) -> pa.Table:
    ids = [str(row) for row in range(rows)]
    return pa.table({"left_id": ids, "right_id": ids})


def batch(rows: int) -> Settlement:
    return Settlement(run="r", module="m", links=links(rows))


WRONG: dict[str, tuple[str, type[EngineError], str]] = {
    "no server": (
        "postgresql://u:canary@127.0.0.1:1/d",
        TemporaryError,
        "cannot be reached: Connection refused",
    ),
    "no host": ("postgresql://u:canary@no-such-host.invalid/d", TemporaryError, "cannot be reached"),
    "a port that is none": ("postgresql://u:canary@127.0.0.1:x/d", UserError, "cannot be used: invalid"),
    "an option that is none": ("postgresql://u:canary@127.0.0.1/d?canary=1", UserError, "cannot be read"),
    "a schema that is none": (
        "postgresql://u:canary@127.0.0.1/d?schema=a;b",
        UserError,
        "cannot be the schema",
    ),
    "an @ in the password": ("postgresql://u:p@canary@127.0.0.1/d", UserError, "in its password"),
    "a / in the password": ("postgresql://u:p/canary@127.0.0.1/d", UserError, "in its password"),
    "half an address": ("postgresql://u:canary@[::1/d", UserError, "cannot be read"),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_address_that_leads_nowhere_is_said_without_its_password(case: str) -> None:
    address, kind, words = WRONG[case]
    with pytest.raises(kind, match=words) as caught:
        open_ledger(address)
    assert "canary" not in f"{caught.value.message} {caught.value.remedy}"


def test_without_the_driver_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UserError, match="psycopg, which is not installed") as caught:
        open_ledger("postgresql://127.0.0.1/d")
    assert "sync-engine[postgres]" in str(caught.value.remedy)


def test_a_missing_database_and_an_unknown_user_are_told_apart() -> None:
    demand_server()
    parts = urlsplit(SERVER)
    with pytest.raises(UserError, match="does not have this database"):
        open_ledger(f"postgresql://{parts.netloc}/no_such_database")
    with pytest.raises(UserError, match="does not know this user"):
        open_ledger(f"postgresql://no_such_user@{HOST}:{parts.port or 5432}{parts.path}")


@contextmanager
def refusing_server(words: str) -> Iterator[int]:
    """A server that lets nobody in, as PostgreSQL says it on the wire; answers with its port."""
    fields = f"SFATAL\0VFATAL\0C28P01\0M{words}\0\0".encode()
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            visitor, _ = server.accept()
            with visitor:
                visitor.recv(4096)
                visitor.sendall(b"E" + struct.pack("!i", len(fields) + 4) + fields)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def test_a_wrong_password_is_said_and_not_shown() -> None:
    with (
        refusing_server('password authentication failed for user "anna"') as port,
        pytest.raises(UserError, match="did not accept the user or the password") as caught,
    ):
        open_ledger(f"postgresql://anna:canary@127.0.0.1:{port}/d?sslmode=disable")
    assert "canary" not in f"{caught.value.message} {caught.value.remedy}"


@contextmanager
def plain_user() -> Iterator[str]:
    """The name of a user who may do nothing in particular."""
    demand_server()
    user = f"test_{uuid4().hex}"
    on_server(f"CREATE ROLE {user} LOGIN")
    try:
        yield user
    finally:
        on_server(f"DROP OWNED BY {user}")
        on_server(f"DROP ROLE {user}")


def as_user(url: str, user: str) -> str:
    parts = urlsplit(url)
    return f"postgresql://{user}@{HOST}:{parts.port or 5432}{parts.path}?{parts.query}"


def test_a_user_who_may_not_make_a_schema_is_told_and_works_in_one_made_for_them(url: str) -> None:
    with plain_user() as user:
        mine = as_user(url, user)
        with pytest.raises(UserError, match="may not do in the ledger") as caught:
            open_ledger(mine)
        assert "made for it" in str(caught.value.remedy)
        on_server(f"CREATE SCHEMA {schema_of(url)} AUTHORIZATION {user}")
        with open_ledger(mine) as ledger:
            lease = ledger.take_lease("i", "a test", NOW, 60)
            assert len(ledger.note(lease, batch(3))) == 3


def test_a_user_who_may_only_read_can_look_and_is_told_that_writing_is_more(url: str) -> None:
    with open_ledger(url) as ledger:
        ledger.note(ledger.take_lease("i", "a test", NOW, 60), batch(700))
    with plain_user() as user:
        on_server(f"GRANT USAGE ON SCHEMA {schema_of(url)} TO {user}")
        on_server(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema_of(url)} TO {user}")
        with open_ledger(as_user(url, user), readonly=True) as reader:
            assert reader.links_table("i", "m").num_rows == 700
            many = pa.array([str(number) for number in range(600)])
            assert reader.links_table("i", "m", many, "left").num_rows == 600
        with open_ledger(as_user(url, user)) as ledger, pytest.raises(UserError, match="may not do"):
            ledger.take_lease("j", "a test", NOW, 60)


def test_a_ledger_opened_to_read_cannot_be_written(url: str) -> None:
    open_ledger(url).close()
    with open_ledger(url, readonly=True) as reader, pytest.raises(UserError, match="cannot be written"):
        reader.take_lease("i", "a test", NOW, 60)


def test_reading_where_nothing_has_run_makes_no_schema(url: str) -> None:
    with pytest.raises(UserError, match="Nothing has run yet here"):
        open_ledger(url, readonly=True)
    assert on_server(f"SELECT 1 FROM pg_namespace WHERE nspname = '{schema_of(url)}'") == []


def test_a_schema_that_holds_other_tables_is_not_touched(url: str) -> None:
    name = schema_of(url)
    on_server(f"CREATE SCHEMA {name}")
    on_server(f"CREATE TABLE {name}.accounts (id TEXT)")
    with pytest.raises(UserError, match="not a ledger"):
        open_ledger(url)
    assert on_server(f"SELECT tablename FROM pg_tables WHERE schemaname = '{name}'") == [("accounts",)]


def test_readers_do_not_wait_for_a_writer_and_another_writer_says_why_it_stops(url: str) -> None:
    with open_ledger(url, patience_s=0.1) as ledger, open_ledger(url) as other:
        lease = ledger.take_lease("i", "a test", NOW, 60)
        ledger.note(lease, batch(3))
        with other._database.writing() as connection:
            connection.execute(sa.delete(schema.links))
            connection.execute(sa.delete(schema.lease))
            with open_ledger(url, readonly=True) as reader:  # waiting, it would wait for ever
                assert reader.links_table("i", "m").num_rows == 3
                assert [status.links for status in reader.status("i")] == [3]
            with pytest.raises(TemporaryError, match="written by another process"):
                ledger.note(lease, batch(1))


def cut(name: str) -> None:
    """End every session of an application, as a restart of the server would."""
    on_server(
        f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = '{name}'"
    )


def interrupted(ledger: Ledger, lease: Lease, name: str) -> None:
    """A settlement whose session ends in the middle."""
    with ledger._transaction(lease, 1_000) as work:
        work.insert(schema.bases, pa.table({"link_id": [1], "left_values": ["x"]}))
        cut(name)
        work.insert(schema.bases, pa.table({"link_id": [2], "left_values": ["x"]}))


def test_a_connection_lost_in_a_settlement_leaves_nothing_of_it_and_the_lease_is_shown_again(
    url: str,
) -> None:
    name = schema_of(url)
    with open_ledger(f"{url}&application_name={name}") as ledger, open_ledger(url) as rival:
        lease = ledger.take_lease("i", "a test", NOW, 60)
        with pytest.raises(TemporaryError, match="was lost"):
            interrupted(ledger, lease, name)
        assert ledger.bases([1, 2]) == {}
        lease = ledger.renew(lease, NOW, 60)
        with pytest.raises(LockedError):
            rival.take_lease("i", "a rival", NOW, 60)
        assert len(ledger.note(lease, batch(1_000))) == 1_000


def frozen(ledger: Ledger) -> None:
    """A settlement in which nothing happens for longer than the server bears."""
    with ledger._database.writing() as connection:
        connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = '50ms'"))
        connection.execute(sa.delete(schema.links))
        time.sleep(0.3)
        connection.execute(sa.delete(schema.bases))


def test_a_run_that_is_frozen_in_a_step_is_ended_by_the_server_and_nothing_of_the_step_is_stored(
    url: str,
) -> None:
    """Else it would keep all others out; that it is a minute is a setting of every session."""
    with open_ledger(url) as ledger:
        lease = ledger.take_lease("i", "a test", NOW, 60)
        ledger.note(lease, batch(3))
        with ledger._database.reading() as connection:
            assert connection.scalar(sa.text("SHOW idle_in_transaction_session_timeout")) == "1min"
        with pytest.raises(TemporaryError, match="nothing had happened for long"):
            frozen(ledger)
        assert ledger.links_table("i", "m").num_rows == 3
        assert len(ledger.note(lease, Settlement(run="r", module="n", links=links(3)))) == 3


def test_a_run_whose_sessions_have_ended_can_be_taken_over_at_once(url: str) -> None:
    name = schema_of(url)
    with open_ledger(f"{url}&application_name={name}") as ledger, open_ledger(url) as rival:
        lease = ledger.take_lease("i", "a test", NOW, 3_600)
        with pytest.raises(LockedError, match="a test"):
            rival.take_lease("i", "a rival", NOW, 60)
        cut(name)
        assert rival.take_lease("i", "a rival", NOW, 60).epoch == 2
        with pytest.raises(LockedError, match="lost its lease"):
            ledger.renew(lease, NOW, 60)


odd_text = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
lines = st.sampled_from(
    ["", "\\.", "\n\\.\n", '"', "\r\n", "\ufeff", "NULL", "\\N", "\x00", "\x01a", "\x01b\x00"]
)


def test_any_text_and_any_bytes_come_back_from_copy_as_they_were(url: str) -> None:
    """Nulls and empty texts, quotes, line ends, the server's own end mark, U+0000."""
    database = PostgresDatabase(url, readonly=False, patience_s=5)
    database.make_room()
    with database.writing() as connection:
        schema.metadata.create_all(connection)

    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(
            st.tuples(odd_text | lines, odd_text | lines, st.none() | st.binary(max_size=20)), max_size=6
        )
    )
    def round_trip(values: list[tuple[str | None, str | None, bytes | None]]) -> None:
        columns = list(zip(*values, strict=True)) or [(), (), ()]
        kinds = {"label": pa.string(), "next_try": pa.string(), "content_hash": pa.binary()}
        odd = {
            name: pa.array(column, kind) for (name, kind), column in zip(kinds.items(), columns, strict=True)
        }
        same = ("integration", "module", "side", "code", "message", "since", "run")
        table = pa.table({**odd, "record_id": pa.array(range(len(values))).cast(pa.string())})
        for name in same:
            table = table.append_column(name, pa.array(["x"] * len(values), pa.string()))
        table = table.append_column("temporary", pa.array([False] * len(values), pa.bool_()))
        table = table.append_column("attempts", pa.array([1] * len(values), pa.int64()))
        with database.bulk_writing() as work:
            work.run(sa.delete(schema.held))
            work.insert(schema.held, table)
        wanted = ["record_id", *kinds]
        with database.bulk_reading() as bulk:
            found = bulk.table(sa.select(*[schema.held.c[name] for name in wanted]))
        assert found.sort_by("record_id").to_pylist() == table.select(wanted).to_pylist()

    try:
        round_trip()
    finally:
        database.close()


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (".engine/ledger.sqlite", ".engine/ledger.sqlite"),
        ("sqlite:////srv/a:b@c.db", "sqlite:////srv/a:b@c.db"),
        ("postgresql://anna:can%40ary@db:5432/x?schema=s", "postgresql://anna@db:5432/x?schema=s"),
        ("postgresql://anna:can@ary@db:5432/x", "postgresql://…"),
        ("postgresql://anna:can/ary@db:5432/x", "postgresql://…"),
        ("postgresql://anna:can?ary@db:5432/x", "postgresql://…"),
        ("postgresql://db:5432/x?user=anna%40corp", "postgresql://db:5432/x?user=anna%40corp"),
        ("postgresql:///x?password=canary&user=anna", "postgresql:///x?user=anna"),
        ("postgresql://db/x?sslpassword=canary", "postgresql://db/x"),
    ],
)
def test_a_ledger_that_is_to_be_typed_again_is_shown_without_its_password(given: str, shown: str) -> None:
    assert CommandContext(ledger=given).place_words == f" --ledger {shlex.quote(shown)}"


def test_a_ledger_exists_once_something_has_run_there(place: str) -> None:
    assert not ledger_exists(place)
    open_ledger(place).close()
    assert ledger_exists(place)


def test_the_word_engine_is_the_schema_where_the_url_names_none() -> None:
    database = PostgresDatabase(
        "postgres://anna:canary@db.example/books?sslmode=require", readonly=True, patience_s=1
    )
    assert database.name == "postgresql://anna@db.example/books (schema engine)"
    assert "canary" not in repr(database._address)
    assert "sslmode=require" in database._address.url
    assert psycopg.conninfo.conninfo_to_dict(database._address.url)["password"] == "canary"
