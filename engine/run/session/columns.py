"""Columns: the DuckDB database of a run, in memory, cut off from files and network.

The home of duckdb; only the compiler tries what lines convert in a database of its own.
"""

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

    from engine.record import Side


#: What a session keeps in memory before it goes to disk, and the threads that this is enough for.
MEMORY, THREADS = "480MB", 4
#: Rows of a table from outside that one thread takes at a time.
PART = 25_000
#: Statements that have been read, and how many are kept: reading a lens takes as long as a small page in it.
PARSED = 500
_PARSED: dict[str, duckdb.Statement] = {}
_Kind = tuple[Path, str, int]
#: The session that the last run of this process has left, empty: to open one takes as long as twenty records.
_SPARE: dict[_Kind, tuple[Path, dict[str, duckdb.DuckDBPyConnection]]] = {}
#: A session with more than so many bytes in its tables is closed, not kept.
SMALL = 8_000_000
_TYPES = {pa.string(): "VARCHAR", pa.binary(): "BLOB", pa.bool_(): "BOOLEAN", pa.int64(): "BIGINT"}

#: A slow field of one record: its value, or text that says why there is none.
Compute: TypeAlias = "Callable[[Mapping[str, Any]], Any]"

#: How a lens asks for the date of the run.
TODAY = "getvariable('today')"


#: The schema whose tables every pass sees. One that a pass has under the same name comes first for it.
SHARED = "main"


def sql_name(name: str) -> str:
    """A name as SQL takes it, whatever stands in it."""
    return '"' + name.replace('"', '""') + '"'


class Columns:
    """Tables as columns, seen through one connection, which has one schema for its own. Not shared between threads."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._made: set[str] = set()  #: tables that `add` has made

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
        with _explained():
            return self._connection.sql(self._parsed(sql)).to_arrow_table()

    def _execute(self, sql: str, parameters: Sequence[Any] | None = None) -> duckdb.DuckDBPyConnection:
        with _explained():
            return self._connection.execute(self._parsed(sql), parameters)

    def _parsed(self, sql: str) -> duckdb.Statement:
        """One statement, read once for all pages and runs of this process."""
        if sql not in _PARSED:
            if len(_PARSED) >= PARSED:
                _PARSED.clear()
            (_PARSED[sql],) = self._connection.extract_statements(sql)
        return _PARSED[sql]

    def add(self, name: str, sql: str) -> None:
        """Add the answer to a table, which the first answer makes."""
        self.run(f"INSERT INTO {name} {sql}" if name in self._made else f"CREATE TABLE {name} AS {sql}")
        self._made.add(str(name))

    def has(self, name: str) -> bool:
        """Whether an answer was added to a table of that name."""
        return str(name) in self._made

    def show(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table visible to SQL under a name, without copying it, in parts that threads can share."""
        parts = table.to_batches(max_chunksize=PART)
        self._connection.register(name, table.from_batches(parts, table.schema))

    @contextmanager
    def shown(self, name: str, table: pa.Table) -> Iterator[None]:
        """The same for as long as a block takes."""
        self.show(name, table)
        try:
            yield
        finally:
            self.hide(name)

    def share(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        """Copy rows from outside into a table that every pass sees; a reader's never stand in memory at once."""
        self._connection.register("arriving", rows)
        self.share_answer(name, "SELECT * FROM arriving")
        self.hide("arriving")

    def share_answer(self, name: str, sql: str) -> None:
        """Make a table that every pass sees of an answer."""
        self.run(f'CREATE OR REPLACE TABLE {SHARED}."{name}" AS {sql}')

    def hide(self, name: str) -> None:
        """Forget a table made visible by `show`."""
        self._connection.unregister(name)

    def keep(self, name: str, table: pa.Table) -> None:
        """Copy an Arrow table into a table of the session."""
        if not table.num_rows and all(field.type in _TYPES for field in table.schema):
            columns = ", ".join(f"{sql_name(field.name)} {_TYPES[field.type]}" for field in table.schema)
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
            self._made.discard(str(name))


class Session(Columns):
    """The database of one run.

    Spec text reaches SQL only as expressions that the compiler has checked, and even those run in a session
    whose access to files is off and whose configuration is locked. What does not fit into memory goes to files
    in `spill`, a folder that it makes and removes itself.
    """

    def __init__(self, today: date, spill: Path) -> None:
        self._kind: _Kind = (spill.parent, MEMORY, THREADS)
        spare = _SPARE.pop(self._kind, None)
        self._spill, self._connections = spare if spare is not None else (spill, {SHARED: _open(spill)})
        self._today = f"SET VARIABLE today = DATE '{today:%Y-%m-%d}'"
        self._columns: dict[str, Columns] = {}
        super().__init__(self._connections[SHARED])
        self._connection.execute(self._today)

    def of_pass(self, side: Side) -> Columns:
        """The tables of the pass that takes changes from that side; those of the other have the same names."""
        schema = f"from_{side}"
        if schema not in self._columns:
            if schema not in self._connections:
                self._connections[schema] = self._connection.cursor()
                self._connections[schema].execute(f"USE {schema}")
            self._connections[schema].execute(self._today)
            self._columns[schema] = Columns(self._connections[schema])
        return self._columns[schema]

    def close(self) -> None:
        """Give the memory back. A session that stayed small is emptied and kept for the next run of this process."""
        _close_spare()
        if self._spill.exists() or not _emptied(self._connections):
            _close(self._connections)
        else:
            _SPARE[self._kind] = (self._spill, self._connections)


def _close(connections: Mapping[str, duckdb.DuckDBPyConnection]) -> None:
    for connection in connections.values():
        connection.close()


def _close_spare() -> None:
    while _SPARE:
        _close(_SPARE.popitem()[1][1])


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


def _emptied(connections: Mapping[str, duckdb.DuckDBPyConnection]) -> bool:
    """Whether nothing of a run is left in a session; one that was used for much, or is in trouble, is not worth it."""
    session = connections[SHARED]
    try:
        used = session.execute("SELECT sum(memory_usage_bytes) FROM duckdb_memory()").fetchall()[0][0]
        if used > SMALL:
            return False
        tables = session.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        for schema, name in tables:
            session.execute(f'DROP TABLE {schema}."{name}"')
        views = (
            "SELECT view_name FROM duckdb_views() WHERE NOT internal"  # each connection sees its own alone
        )
        return not any(connection.execute(views).fetchall() for connection in connections.values())
    except duckdb.Error:
        return False


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what the session says about memory and disk into an error that says what the caller does next."""
    try:
        yield
    except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
        words = str(error).partition("\n")[0]
        raise UserError(
            f"The tables of this run fit neither into memory nor onto the disk: {words}.",
            remedy="Free disk space in the engine's folder, or narrow the module by a view.",
        ) from error
