"""Columns: one DuckDB session per run, in memory, cut off from files and network. The one home of duckdb."""

from __future__ import annotations

import atexit
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import duckdb
import pyarrow as pa

from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date


#: What a session keeps in memory before it goes to disk, and the threads that this is enough for.
MEMORY, THREADS = "480MB", 4
#: Rows of a table from outside that one thread takes at a time.
PART = 25_000
#: Statements that have been read, and how many are kept: reading a lens takes as long as a small page in it.
PARSED = 500
_PARSED: dict[str, duckdb.Statement] = {}
_Kind = tuple[Path, str, int]
#: The session that the last run of this process has left, empty: to open one takes as long as twenty records.
_SPARE: dict[_Kind, tuple[Path, duckdb.DuckDBPyConnection]] = {}
#: A session with more than so many bytes in its tables is closed, not kept.
SMALL = 8_000_000
_TYPES = {pa.string(): "VARCHAR", pa.binary(): "BLOB", pa.bool_(): "BOOLEAN", pa.int64(): "BIGINT"}

#: A slow field of one record: its value, or text that says why there is none.
Compute: TypeAlias = "Callable[[Mapping[str, Any]], Any]"

#: How a lens asks for the date of the run.
TODAY = "getvariable('today')"


class Columns:
    """Tables of one run as columns. Not shared between threads.

    Spec text reaches SQL only as expressions that the compiler has checked, and even those run in a session
    whose access to files is off and whose configuration is locked. What does not fit into memory goes to files
    in `spill`, a folder that it makes and removes itself.
    """

    def __init__(self, today: date, spill: Path) -> None:
        self._room = "main"  #: the schema whose tables are meant where none is named
        self._made: set[tuple[str, str]] = set()  #: tables that `add` has made, with their room
        self._kind: _Kind = (spill.parent, MEMORY, THREADS)
        spare = _SPARE.pop(self._kind, None)
        self._spill, self._session = spare if spare is not None else (spill, _open(spill))
        self._session.execute(f"SET VARIABLE today = DATE '{today:%Y-%m-%d}'")

    def enter(self, room: str) -> Columns:
        """The same session in one of its rooms: two passes over a module keep tables of the same names apart."""
        if room != self._room:
            self._session.execute(f"USE {room}")
            self._room = room
        return self

    def run(self, sql: str, parameters: Sequence[Any] | None = None) -> None:
        """Execute a statement that answers nothing."""
        self._execute(sql, parameters)

    def rows(self, sql: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """The answer as Python rows: only for what is small."""
        return self._execute(sql, parameters).fetchall()

    def one(self, sql: str) -> Any:
        """The first value of the first row; None where there is no row."""
        found = self._execute(sql).fetchall()  # to its end: an open result blocks the session
        return found[0][0] if found else None

    def table(self, sql: str) -> pa.Table:
        """The whole answer as an Arrow table."""
        with _told():
            return self._session.sql(self._parsed(sql)).to_arrow_table()

    def _execute(self, sql: str, parameters: Sequence[Any] | None = None) -> duckdb.DuckDBPyConnection:
        with _told():
            return self._session.execute(self._parsed(sql), parameters)

    def _parsed(self, sql: str) -> duckdb.Statement:
        """One statement, read once for all pages and runs of this process."""
        if sql not in _PARSED:
            if len(_PARSED) >= PARSED:
                _PARSED.clear()
            (_PARSED[sql],) = self._session.extract_statements(sql)
        return _PARSED[sql]

    def add(self, name: str, sql: str) -> None:
        """Add the answer to a table, which the first answer makes."""
        made = (self._room, name)
        self.run(f"INSERT INTO {name} {sql}" if made in self._made else f"CREATE TABLE {name} AS {sql}")
        self._made.add(made)

    def show(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table visible to SQL under a name, without copying it, in parts that threads can share."""
        parts = table.to_batches(max_chunksize=PART)
        self._session.register(name, table.from_batches(parts, table.schema))

    def share(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        """Copy rows from outside into a table that every room sees; a reader's never stand in memory at once."""
        self._session.register("arriving", rows)
        self.run(f'CREATE OR REPLACE TEMP TABLE "{name}" AS SELECT * FROM arriving')
        self.hide("arriving")

    def hide(self, name: str) -> None:
        """Forget a table made visible by `show`."""
        self._session.unregister(name)

    def keep(self, name: str, table: pa.Table) -> None:
        """Copy an Arrow table into a table of the session."""
        if not table.num_rows and all(field.type in _TYPES for field in table.schema):
            columns = ", ".join(f'"{field.name}" {_TYPES[field.type]}' for field in table.schema)
            self.run(f"CREATE OR REPLACE TABLE {name} ({columns})")  # half the time of copying nothing
            return
        self.show("arriving", table)
        self.run(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM arriving")
        self.hide("arriving")

    def last_of_each(self, name: str) -> int:
        """Keep the last row of each `id` of a table; says how many rows went."""
        total, distinct = self.rows(f"SELECT count(*), count(DISTINCT id) FROM {name}")[0]
        if total != distinct:  # counting is quicker than sorting, and repeats are rare
            self.run(
                f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM {name} "
                "QUALIFY row_number() OVER (PARTITION BY id ORDER BY rowid DESC) = 1"
            )
        return int(total - distinct)

    def drop(self, *names: str) -> None:
        """Drop tables that may exist."""
        for name in names:
            self.run(f"DROP TABLE IF EXISTS {name}")
            self._made.discard((self._room, name))

    def close(self) -> None:
        """Give the memory back. A session that stayed small is emptied and kept for the next run of this process."""
        _close_spare()
        if self._spill.exists() or not _emptied(self._session):
            self._session.close()
        else:
            _SPARE[self._kind] = (self._spill, self._session)


def _close_spare() -> None:
    while _SPARE:
        _SPARE.popitem()[1][1].close()


# What outlives the interpreter is reported as leaked, on the user's screen.
atexit.register(_PARSED.clear)
atexit.register(_close_spare)


def _open(spill: Path) -> duckdb.DuckDBPyConnection:
    """A session that is cut off and locked."""
    # Extensions would be fetched from the network; everything we use is built in.
    quiet: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": MEMORY,
        "temp_directory": str(spill),
        "threads": min(THREADS, os.cpu_count() or 1),
    }
    session = duckdb.connect(":memory:", config=quiet)
    session.execute("SET TimeZone='UTC'; SET preserve_insertion_order=true")
    session.execute("CREATE SCHEMA from_left; CREATE SCHEMA from_right")
    session.execute("SET enable_external_access=false; SET lock_configuration=true")
    return session


def _emptied(session: duckdb.DuckDBPyConnection) -> bool:
    """Whether nothing of a run is left in a session; one that was used for much, or is in trouble, is not worth it."""
    try:
        used = session.execute("SELECT sum(memory_usage_bytes) FROM duckdb_memory()").fetchall()[0][0]
        if used > SMALL:
            return False
        session.execute("USE main; DROP SCHEMA from_left CASCADE; DROP SCHEMA from_right CASCADE")
        shared = session.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall()
        for (name,) in shared:
            session.execute(f'DROP TABLE "{name}"')
        views = session.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
        session.execute("CREATE SCHEMA from_left; CREATE SCHEMA from_right")
    except duckdb.Error:
        return False
    return not views


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the session says about memory and disk into an error that says what the caller does next."""
    try:
        yield
    except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
        words = str(error).partition("\n")[0]
        raise UserError(
            f"The tables of this run fit neither into memory nor onto the disk: {words}.",
            remedy="Make room on the disk of the engine's folder, or narrow the module by a view.",
        ) from error
