"""A ledger in a SQLite file, and the two ways into it: SQLAlchemy for ordinary work, ADBC for whole Arrow tables.

Each driver brings its own copy of SQLite, and POSIX file locks belong to the process: two copies in one
process do not see each other's locks (both were seen to hold the write lock at once), and one that closes the
file drops the locks of the other. So at any moment only one of them has the file open: a latch per file lets
one thread in at a time, and going in through ADBC first closes every ordinary connection of this process.
"""

from __future__ import annotations

import os
import threading
import weakref
from contextlib import closing, contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.errors import TemporaryError
from engine.ledger.database.driver_errors import translated
from engine.ledger.sqlite.driver_errors import translate
from engine.ledger.sqlite.file_locks import FileLocks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from engine.ledger.model import Lease
    from engine.ledger.sqlite.adbc import AdbcTransaction

#: How long one process waits while another creates or migrates the same file.
_SETUP_PATIENCE_S = 60.0


class _Latch:
    """Who of this process has a file open."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.engines: weakref.WeakSet[sa.Engine] = weakref.WeakSet()


_LATCHES: dict[str, _Latch] = {}


@lru_cache(maxsize=16)
def _engine_of(uri: str, patience_s: float) -> sa.Engine:
    """The engine of a file, kept when the ledger is closed and its connections are gone.

    It remembers statements as SQLite text; translating one takes longer than running it.
    """
    engine = sa.create_engine(
        f"sqlite:///{uri}&uri=true",
        # The sqlite3 module must not begin transactions by itself: `_begin` says how.
        connect_args={"isolation_level": None, "timeout": patience_s, "check_same_thread": False},
    )
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


class SqliteDatabase:
    """A ledger file of this process. Opens nothing before it is used; see `Database` for what each method does."""

    def __init__(self, path: Path, *, readonly: bool, patience_s: float) -> None:
        self.path = path
        self.name = str(path)
        #: Loading ADBC takes 0.15 s once and changing over some ms.
        self.bulk_rows = 5_000
        self.notice_s = 0.0
        self._patience_s = patience_s
        self._uri = f"{path.resolve().as_uri()}?mode={'ro' if readonly else 'rwc'}"
        self._latch = _LATCHES.setdefault(str(path.resolve()), _Latch())
        self._engine = _engine_of(self._uri, patience_s)
        self._latch.engines.add(self._engine)
        self._locks = FileLocks(path)

    def _translated(self) -> AbstractContextManager[None]:
        return translated(self.name, translate)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """See Database."""
        with self._translated(), self._latch.lock, self._engine.connect() as connection:
            yield connection.execution_options(reading=True)

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """See Database."""
        with self._translated(), self._latch.lock, self._engine.begin() as connection:
            yield connection

    @contextmanager
    def bulk_reading(self) -> Iterator[AdbcTransaction]:
        """See Database."""
        with self._translated(), self._latch.lock, self._adbc() as transaction:
            yield transaction

    @contextmanager
    def bulk_writing(self) -> Iterator[AdbcTransaction]:
        """See Database."""
        with self._translated(), self._latch.lock, self._adbc() as transaction:
            transaction.run(sa.text("BEGIN IMMEDIATE"))
            yield transaction
            # An error does not come here: closing the connection rolls back.
            transaction.run(sa.text("COMMIT"))

    @contextmanager
    def _adbc(self) -> Iterator[AdbcTransaction]:
        """ADBC's cursor while no ordinary connection of this process has the file open."""
        import adbc_driver_sqlite.dbapi as adbc

        from engine.ledger.sqlite.adbc import AdbcTransaction

        for engine in self._latch.engines:
            engine.dispose()
        with (
            closing(adbc.connect(self._uri, autocommit=True)) as connection,
            closing(connection.cursor()) as cursor,
        ):
            cursor.execute(f"PRAGMA busy_timeout={int(self._patience_s * 1000)}")
            cursor.execute("PRAGMA synchronous=NORMAL")
            yield AdbcTransaction(cursor)

    def exists(self) -> bool:
        """See Database."""
        return self.path.exists()

    def table_names(self, connection: sa.Connection) -> set[str]:
        """See Database."""
        return set(connection.scalars(sa.text("SELECT name FROM sqlite_master WHERE type = 'table'")))

    def make_room(self) -> None:
        """Make the file if it is missing; it is for its owner only, for it holds business records."""
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        with self.reading() as connection:
            # Outside of any transaction, else SQLite ignores it; it is remembered in the file.
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA journal_mode=WAL")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """See Database."""
        import filelock

        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with filelock.FileLock(f"{self.path}.setup.lock", timeout=_SETUP_PATIENCE_S):
                yield
        except filelock.Timeout as error:
            raise TemporaryError(
                f"Another process has been setting up the ledger {self.path} for over {_SETUP_PATIENCE_S:.0f} s.",
                remedy="Run the command again in a moment.",
            ) from error

    def grasp(self, lease: Lease) -> None:
        """See Database."""
        self._locks.grasp(lease)

    def let_go(self, lease: Lease) -> None:
        """See Database."""
        self._locks.let_go(lease)

    def is_gone(self, connection: sa.Connection, holder: Lease) -> bool:
        """See Database."""
        del connection
        return self._locks.is_gone(holder)

    def close(self) -> None:
        """See Database."""
        self._locks.close()
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
