"""One connection to a SQLite file, and what its complaints mean for the caller.

Everything goes through one driver: a second SQLite library in the same process would not see the locks of the
first, and closing its files would drop them.
"""

from __future__ import annotations

import re
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from engine.connectors.sql.failures import RowRefusedError, undone_on_error
from engine.errors import TemporaryError, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

_BATCH_ROWS = 100_000
_PATIENCE_MS = 5_000
#: Room for the pages that a batch changes; with SQLite's 2 MiB they are written and read again in mid-batch.
_CACHE_KIB = 64 * 1024


def reading(path: Path) -> SqliteSession:
    """A connection that may not write.

    Where a program was killed while it wrote, one that may write comes first: only it can take back what was half
    done, and until then SQLite lets nobody read.
    """
    journal = path.with_name(path.name + "-journal")
    if journal.is_file() and journal.stat().st_size:
        SqliteSession(path, mode="rw").close()
    return SqliteSession(path, mode="ro")


class SqliteSession:
    """A connection; not shared between threads. Errors come out as UserError or TemporaryError."""

    lost = False  #: a file has no line that breaks

    def __init__(self, path: Path, *, mode: str) -> None:
        """Open the file and prove that it is a database; `mode` is `ro`, `rw` or `rwc` (which makes it)."""
        import adbc_driver_manager
        from adbc_driver_sqlite import dbapi

        self.path = path
        self._failures: tuple[type[Exception], ...] = (adbc_driver_manager.Error, OSError, ValueError)
        with self._told():
            self._connection = dbapi.connect(f"{path.as_uri()}?mode={mode}", autocommit=True)
        try:
            self.run(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
            self.run("PRAGMA foreign_keys = ON")
            self.run(f"PRAGMA cache_size = -{_CACHE_KIB}")
            self.rows("SELECT count(*) AS tables FROM sqlite_master")
        except BaseException:
            self.close()
            raise

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """A small result as dicts."""
        return list(self.table(sql, parameters).to_pylist())

    def table(self, sql: str, parameters: Sequence[Any] | pa.Table = ()) -> pa.Table:
        """A result as a table. With a table of parameters the statement runs once a row, in order."""
        with self._told(), closing(self._connection.cursor()) as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetch_arrow_table()

    def batches(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[pa.RecordBatch]:
        """A result in parts of about 100,000 rows, as one snapshot of the database."""
        with self._told(), closing(self._connection.cursor()) as cursor:
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(_BATCH_ROWS)})
            cursor.execute(sql, parameters)
            with cursor.fetch_record_batch() as reader:
                yield from reader

    def run(self, sql: str) -> None:
        """A statement without a result."""
        with self._told(), closing(self._connection.cursor()) as cursor:
            cursor.execute(sql)

    def run_many(self, sql: str, rows: pa.Table) -> None:
        """A statement once for every row of a table, its columns as parameters."""
        with self._told(), closing(self._connection.cursor()) as cursor:
            cursor.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Raises RowRefusedError if the database does not take a row."""
        self.run("BEGIN IMMEDIATE")
        with undone_on_error(lambda: self.run("ROLLBACK")):
            yield
            self.run("COMMIT")

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the driver raises into an error that says what the caller does next."""
        try:
            yield
        except self._failures as error:
            raise _meaning(error, self.path) from error


#: Words in SQLite's messages -> what they mean here, and what a person can do. Temporary ones first.
_TEMPORARY = (
    ("is locked", "Another program is writing to {path}.", "Try again when it has finished."),
    ("disk is full", "The disk is full: {path} could not be written.", "Make room and run again."),
    ("disk I/O error", "The disk did not read or write {path}.", "Check the disk and run again."),
)
_LASTING = (
    (
        "readonly database",
        "{path} may not be written.",
        "Give this user the right to write the file and its folder.",
    ),
    ("not a database", "{path} is not a SQLite database.", "Correct the path in `url`."),
    ("malformed", "{path} is damaged.", "Restore it from a backup, or try SQLite's `.recover`."),
    ("failed to open", "{path} could not be opened.", "Check that it exists and that this user may read it."),
    ("unable to open", "{path} could not be opened.", "Check that it exists and that this user may read it."),
)


def _meaning(error: Exception, path: Path) -> Exception:
    """The error that the caller should see; what no list names is a row that the database does not take."""
    words = str(error)
    for sign, message, remedy in _TEMPORARY:
        if sign in words:
            return TemporaryError(message.format(path=path), remedy=remedy)
    for sign, message, remedy in _LASTING:
        if sign in words:
            return UserError(message.format(path=path), remedy=remedy)
    if "Failed to prepare" in words:
        return UserError(f"{path} does not understand a statement: {_own_words(words)}.")
    return RowRefusedError(_own_words(words))


def _own_words(words: str) -> str:
    """SQLite's sentence without what the driver puts around it."""
    first = re.sub(r"^[A-Z_]+: ", "", words.partition("\n")[0])
    for lead in ("query: ", "statement: "):
        first = first.rpartition(lead)[2] if lead in first else first
    return first.strip()
