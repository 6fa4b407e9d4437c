"""Locks of a session on a PostgreSQL server: it frees them when the session ends, however the process ends."""

from __future__ import annotations

import hashlib
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.ledger.model import Lease

_FREE = sa.select(sa.func.pg_try_advisory_xact_lock(sa.bindparam("number", type_=sa.BigInteger)))


def number_of(*words: str) -> int:
    """The number that stands for these words among the locks of a database."""
    digest = hashlib.blake2b("\0".join(("sync-engine", *words)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class SessionLocks:
    """The locks that this process holds, all in one connection that does nothing else."""

    def __init__(self, connect: Callable[[], Any], schema: str) -> None:
        self._connect = connect
        self._schema = schema
        self._connection: Any = None
        self._held: dict[str, Lease] = {}
        self._latch = threading.Lock()

    def grasp(self, lease: Lease) -> None:
        """Hold the lease's lock, again if the connection was lost meanwhile."""
        with self._latch:
            same = self._held.get(lease.integration)
            if same is not None and same.epoch == lease.epoch and self._alive():
                return
            self._held[lease.integration] = lease
            if self._alive():
                self._lock(lease)
            else:
                self._again()

    def let_go(self, lease: Lease) -> None:
        """Free the lease's lock."""
        with self._latch:
            held = self._held.get(lease.integration)
            if held is None or held.epoch != lease.epoch:
                return
            del self._held[lease.integration]
            if self._alive():
                self._ask("SELECT pg_advisory_unlock(%s)", self._number(lease))

    def is_free(self, connection: sa.Connection, holder: Lease) -> bool:
        """Whether nobody holds the lease's lock any more; asked in the transaction that would take over."""
        return bool(connection.scalar(_FREE, {"number": self._number(holder)}))

    @contextmanager
    def alone(self, purpose: str) -> Iterator[None]:
        """While no other session does the same in this ledger; waits as long as for a writer."""
        with self._connect() as connection:  # closed at the end, which frees the lock
            # Outside of any transaction: the server ends those that do nothing for long.
            connection.autocommit = True
            connection.execute("SELECT pg_advisory_lock(%s)", (number_of(self._schema, purpose),))
            yield

    def close(self) -> None:
        """Free every lock."""
        with self._latch:
            self._held.clear()
            if self._alive():
                # Before saying good-bye: the server may take a moment to notice that.
                self._ask("SELECT pg_advisory_unlock_all()")
                self._connection.close()
            self._connection = None

    def _number(self, lease: Lease) -> int:
        return number_of(self._schema, "lease", lease.integration, str(lease.epoch))

    def _lock(self, lease: Lease) -> None:
        # Nobody else wants it: who tests it does so with the row of the lease in hand, as we do now.
        self._ask("SELECT pg_advisory_lock(%s)", self._number(lease))

    def _again(self) -> None:
        """Hold every lock in a new connection."""
        self._connection = self._connect()
        self._connection.autocommit = True
        for lease in self._held.values():
            self._lock(lease)

    def _alive(self) -> bool:
        """Whether the connection still answers."""
        if self._connection is None or self._connection.closed:
            return False
        try:
            self._ask("SELECT 1")
        except self._connection.OperationalError:
            return False
        return True

    def _ask(self, statement: str, *values: int) -> None:
        self._connection.execute(statement, values)
