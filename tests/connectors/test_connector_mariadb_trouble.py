"""What stands in the way of a transaction in MariaDB, and what becomes of the records then."""

from __future__ import annotations

import threading
import time
import traceback
from typing import TYPE_CHECKING, Any

import pymysql
import pytest
from database_servers import Mariadb, mariadb
from open_connectors import close_all

from engine.connectors.port import AllApplied, ReadRequest
from engine.connectors.sql import SQL
from engine.connectors.sql.mariadb import session
from engine.connectors.sql.mariadb.session import MariadbSession
from engine.errors import EngineError
from engine.testing import batch, read, receipts, surroundings

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


def test_a_row_that_somebody_else_keeps_locked_is_tried_again_and_then_left_for_later(
    server: Mariadb, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.make("CREATE TABLE t (id int PRIMARY KEY, name text);\nINSERT INTO t VALUES (1, 'a')")
    monkeypatch.setattr(session, "_SETTINGS", "SET SESSION innodb_lock_wait_timeout = 0")
    server.ask("BEGIN")
    server.ask("SELECT * FROM t FOR UPDATE")
    change = batch("update", [{"_id": "1", "_set": ["name"], "name": "x"}])
    (receipt,) = receipts(server.open().write("t", change), 1)
    server.ask("ROLLBACK")
    assert (receipt.outcome, receipt.code) == ("retry", "try-later")
    assert "Lock wait timeout" in (receipt.message or "")
    assert server.ask("SELECT name FROM t") == [("a",)]


def test_of_two_transactions_that_wait_for_each_other_one_is_repeated(server: Mariadb) -> None:
    """The database ends one of them; whichever it is, our write is applied in the end."""
    server.make("CREATE TABLE t (id int PRIMARY KEY, name text);\nINSERT INTO t VALUES (1, 'a'), (2, 'b')")
    connector = server.open()
    read(connector, "t")
    server.ask("BEGIN")
    server.ask("UPDATE t SET name = 'theirs' WHERE id = 2")
    rows = [{"_id": one, "_set": ["name"], "name": "ours"} for one in ("1", "2")]
    answers: list[Any] = []
    writer = threading.Thread(target=lambda: answers.append(connector.write("t", batch("update", rows))))
    writer.start()
    time.sleep(0.3)
    try:
        server.ask("UPDATE t SET name = 'theirs' WHERE id = 1")
    except pymysql.err.OperationalError as error:
        assert error.args[0] == 1213  # noqa: PT017 - this side may be the one that is ended
    server.ask("COMMIT")
    writer.join()
    assert isinstance(answers[0], AllApplied)
    assert server.ask("SELECT name FROM t") == [("ours",), ("ours",)]


class _Line:
    """Cuts the line of the next session at the first statement that begins with a word, before or after it ran."""

    def __init__(self, server: Mariadb, monkeypatch: pytest.MonkeyPatch, word: str, *, after: bool) -> None:
        self._server, self._word, self._after = server, word, after
        self._run = MariadbSession.run
        self._cut = False
        monkeypatch.setattr(MariadbSession, "run", self._wrapped())

    def _wrapped(self) -> Any:
        def run(one: MariadbSession, sql: str, parameters: Any = ()) -> int:
            return self._pass(one, sql, parameters)

        return run

    def _pass(self, one: MariadbSession, sql: str, parameters: Any) -> int:
        if not sql.startswith(self._word) or self._cut:
            return self._run(one, sql, parameters)
        self._cut = True
        if self._after:
            self._run(one, sql, parameters)
        self._server.ask(f"KILL {one._connection.thread_id()}")
        return self._run(one, "SELECT 1" if self._after else sql, () if self._after else parameters)


def test_a_connection_lost_before_the_commit_has_written_nothing_and_the_next_write_connects_again(
    server: Mariadb, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.make("CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, name text)")
    _Line(server, monkeypatch, "INSERT", after=True)
    connector = server.open()
    lost = receipts(connector.write("t", batch("create", [{"name": "a"}, {"name": "b"}])), 2)
    assert [receipt.outcome for receipt in lost] == ["retry", "retry"]
    assert isinstance(connector.write("t", batch("create", [{"name": "c"}])), AllApplied)
    assert server.ask("SELECT name FROM t") == [("c",)]


@pytest.mark.parametrize(("after", "kept"), [(True, 2), (False, 0)])
def test_a_connection_lost_while_the_commit_was_under_way_leaves_the_outcome_unknown(
    server: Mariadb, monkeypatch: pytest.MonkeyPatch, *, after: bool, kept: int
) -> None:
    """Nobody can tell whether the rows are there: sometimes they are, sometimes not."""
    server.make("CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, name text)")
    _Line(server, monkeypatch, "COMMIT", after=after)
    answer = receipts(server.open().write("t", batch("create", [{"name": "a"}, {"name": "b"}])), 2)
    assert [(receipt.outcome, receipt.code) for receipt in answer] == [("unknown", "connection-lost")] * 2
    assert server.ask("SELECT count(*) FROM t") == [(kept,)]


def test_a_read_is_one_snapshot_whatever_others_commit_meanwhile(server: Mariadb) -> None:
    server.make(
        "CREATE TABLE t (code varchar(9), pad text);\n"
        "INSERT INTO t SELECT seq, repeat('x', 60) FROM seq_1_to_45000"
    )
    pages = server.open(streams={"t": {"id": "code"}}).read(ReadRequest(stream="t", fields=("pad",)))
    first = next(pages)
    server.ask("DELETE FROM t")
    rest = list(pages)
    assert not first.complete
    assert rest[-1].complete
    assert len(first) + sum(len(page) for page in rest) == 45_000


def test_a_record_longer_than_the_server_takes_is_refused_and_the_others_are_written(
    server: Mariadb, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server would cut the line, so that nobody knew which record it was."""
    server.make("CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, name longtext)")
    connector = server.open()
    started = MariadbSession.__init__

    def small(one: MariadbSession, address: Any) -> None:
        started(one, address)
        one.packet_bytes = 4_000

    monkeypatch.setattr(MariadbSession, "__init__", small)
    rows = [{"name": "x" * size} for size in (900, 900, 2_500, 900)]
    answer = receipts(connector.write("t", batch("create", rows)), 4)
    assert [receipt.code for receipt in answer] == [None, None, "too-long", None]
    assert server.ask("SELECT length(name) FROM t") == [(900,)] * 3


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("nobody:canary%2F4711%40x@{place}", "did not let us in"),
        ("nobody:canary%2F4711%40x@127.0.0.1:1/shop", "cannot be reached"),
        ("nobody:canary/4711@x@127.0.0.1/shop", "could not be understood"),
        ("nobody:canary@127.0.0.1/shop?bogus=canary", "says `bogus`"),
    ],
)
def test_a_password_is_in_no_message(server: Mariadb, tmp_path: Path, place: str, words: str) -> None:
    url = "mariadb://" + place.format(place=server.url.partition("@")[2])
    with pytest.raises(EngineError) as caught:
        SQL.open({"url": url}, surroundings(tmp_path)).check()
    shown = "".join(traceback.format_exception(caught.value))
    assert words in shown
    assert "canary" not in f"{shown} {caught.value.remedy}"
