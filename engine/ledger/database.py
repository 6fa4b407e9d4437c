"""One ledger file and the two ways into it: SQLAlchemy for ordinary work, ADBC for whole Arrow tables.

Each driver brings its own copy of SQLite, and POSIX file locks belong to the process: two copies in one
process do not see each other's locks (both were seen to hold the write lock at once), and one that closes the
file drops the locks of the other. So at any moment only one of them has the file open: a latch per file lets
one thread in at a time, and going in through ADBC first closes every ordinary connection of this process.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from engine.ledger.trouble import told

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

#: From so many rows on, loading ADBC (0.15 s once) and changing over (some ms) pay off against Python rows.
BULK_ROWS = 5_000


class Work(Protocol):
    """A write transaction, by whichever way in; statements are SQLAlchemy Core."""

    def run(self, statement: sa.Executable) -> None:
        """Execute a statement once."""
        ...

    def rows(self, statement: sa.Select[Any]) -> list[tuple[Any, ...]]:
        """The answer of a query whose columns are never null."""
        ...

    def many(self, statement: sa.Executable, rows: pa.Table | Sequence[Mapping[str, Any]]) -> None:
        """Execute a statement for each row; columns are named as the statement's parameters."""
        ...


class OrdinaryWork:
    """Work through SQLAlchemy: few rows, as Python values."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def run(self, statement: sa.Executable) -> None:
        """See Work."""
        self._connection.execute(statement)

    def rows(self, statement: sa.Select[Any]) -> list[tuple[Any, ...]]:
        """See Work."""
        return [tuple(row) for row in self._connection.execute(statement)]

    def many(self, statement: sa.Executable, rows: pa.Table | Sequence[Mapping[str, Any]]) -> None:
        """See Work."""
        values = list(rows) if isinstance(rows, Sequence) else rows.to_pylist()
        if values:
            self._connection.execute(statement, values)


class BulkWork:
    """Work through ADBC: any number of rows, as Arrow tables and without a Python object a row."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def run(self, statement: sa.Executable) -> None:
        """See Work."""
        text, values = _compiled(statement)
        self._cursor.execute(text, values or None)

    def rows(self, statement: sa.Select[Any]) -> list[tuple[Any, ...]]:
        """See Work."""
        self.run(statement)
        return [tuple(row) for row in self._cursor.fetchall()]

    def many(self, statement: sa.Executable, rows: pa.Table | Sequence[Mapping[str, Any]]) -> None:
        """See Work."""
        import pyarrow as pa

        table = pa.Table.from_pylist([dict(row) for row in rows]) if isinstance(rows, Sequence) else rows
        if not table.num_rows:
            return
        compiled = statement.compile(dialect=sqlite.dialect(), column_keys=table.column_names)  # type: ignore[attr-defined]  # every Core statement compiles; Executable does not say so
        columns = [
            table[name] if name in table.column_names else _constant(compiled.params[name], table.num_rows)
            for name in compiled.positiontup
        ]
        self._cursor.executemany(
            compiled.string, pa.table(columns, names=[str(n) for n in range(len(columns))])
        )

    def table(self, statement: sa.Executable) -> pa.Table:
        """The answer as Arrow; types are guessed from its first rows (see reading.typed)."""
        self.run(statement)
        return self._cursor.fetch_arrow_table()


def _compiled(statement: sa.Executable) -> tuple[str, tuple[Any, ...]]:
    """The statement as SQLite text with its values in order."""
    options = {"render_postcompile": True}
    compiled = statement.compile(dialect=sqlite.dialect(), compile_kwargs=options)  # type: ignore[attr-defined]  # as above
    return compiled.string, tuple(compiled.params[name] for name in compiled.positiontup or ())


def _constant(value: Any, rows: int) -> pa.Array:
    import pyarrow as pa

    return pa.repeat(pa.scalar(value), rows)


class _Latch:
    """Who of this process has a file open."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.engines: weakref.WeakSet[sa.Engine] = weakref.WeakSet()


_LATCHES: dict[str, _Latch] = {}
#: Statements as SQLite text, for every ledger of this process: translating one takes longer than running it.
_COMPILED: dict[Any, Any] = {}


class Database:
    """A ledger file of this process. Opens nothing before it is used."""

    def __init__(self, path: Path, *, readonly: bool, patience_s: float) -> None:
        self.path = path
        self.readonly = readonly
        self._patience_s = patience_s
        self._uri = f"{path.resolve().as_uri()}?mode={'ro' if readonly else 'rwc'}"
        self._latch = _LATCHES.setdefault(str(path.resolve()), _Latch())
        self._engine = self._make_engine()
        self._latch.engines.add(self._engine)

    def _make_engine(self) -> sa.Engine:
        engine = sa.create_engine(
            f"sqlite:///{self._uri}&uri=true",
            # The sqlite3 module must not begin transactions by itself: `_begin` says how.
            connect_args={"isolation_level": None, "timeout": self._patience_s, "check_same_thread": False},
            execution_options={"compiled_cache": _COMPILED},
        )
        sa.event.listen(engine, "connect", _prepare)
        sa.event.listen(engine, "begin", _begin)
        return engine

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A snapshot; never waits for a writer."""
        with told(self.path), self._latch.lock, self._engine.connect() as connection:
            yield connection.execution_options(reading=True)

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A write transaction: all of it is stored, or nothing. Waits `patience_s` for other writers."""
        with told(self.path), self._latch.lock, self._engine.begin() as connection:
            yield connection

    @contextmanager
    def bulk_reading(self) -> Iterator[BulkWork]:
        """Arrow tables out of the file."""
        with told(self.path), self._latch.lock, self._adbc() as cursor:
            yield BulkWork(cursor)

    @contextmanager
    def bulk_writing(self) -> Iterator[BulkWork]:
        """A write transaction for whole tables: all of it is stored, or nothing."""
        with told(self.path), self._latch.lock, self._adbc() as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            yield BulkWork(cursor)
            # An error does not come here: closing the connection rolls back.
            cursor.execute("COMMIT")

    @contextmanager
    def _adbc(self) -> Iterator[Any]:
        """A cursor while no ordinary connection of this process has the file open."""
        import adbc_driver_sqlite.dbapi as adbc

        for engine in self._latch.engines:
            engine.dispose()
        with (
            closing(adbc.connect(self._uri, autocommit=True)) as connection,
            closing(connection.cursor()) as cursor,
        ):
            cursor.execute(f"PRAGMA busy_timeout={int(self._patience_s * 1000)}")
            cursor.execute("PRAGMA synchronous=NORMAL")
            yield cursor

    def close(self) -> None:
        """Close what is open; the database can be used again afterwards."""
        with self._latch.lock:
            self._engine.dispose()


def _prepare(connection: Any, record: object) -> None:
    """NORMAL: after a power cut the last commits may be missing, but the file is sound; runs repeat them."""
    del record
    connection.execute("PRAGMA synchronous=NORMAL")


def _begin(connection: sa.Connection) -> None:
    """Take the write lock at once: a transaction that begins with reading could not be upgraded later."""
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
