"""A ledger in a schema of a PostgreSQL database: SQLAlchemy over psycopg for ordinary work, COPY for Arrow tables.

Writers of one ledger go one after another, as in a SQLite file: each write transaction begins with a lock of
the ledger's own. So whatever is proved for the one database holds for the other; readers never wait for it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.ledger.database.driver_errors import translated
from engine.ledger.postgres.address import Address, connect, driver
from engine.ledger.postgres.driver_errors import translate
from engine.ledger.postgres.session_locks import SessionLocks, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from engine.ledger.model import Lease
    from engine.ledger.postgres.bulk_copy import CopyReading, CopyTransaction

_WRITE_LOCK = sa.select(sa.func.pg_advisory_xact_lock(sa.bindparam("number", type_=sa.BigInteger)))
_TABLES = sa.text("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = :schema")
_SCHEMA = sa.text("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = :schema")


class PostgresDatabase:
    """A ledger on a server, as one process uses it; see `Database` for what each method does."""

    def __init__(self, url: str, *, readonly: bool, patience_s: float) -> None:
        self._address = Address.of(url)
        self.name = self._address.name
        #: COPY was quicker from about so many rows on.
        self.bulk_rows = 100
        #: The server ends a session when it sees its connection closed.
        self.notice_s = 0.25
        self._readonly = readonly
        self._patience_s = patience_s
        self._engine = sa.create_engine(
            "postgresql+psycopg://",
            module=driver(),
            creator=self._connect,
            # A connection that was cut while the run waited for a system is replaced, not complained about.
            pool_pre_ping=True,
        )
        self._locks = SessionLocks(self._connect, self._address.schema)

    def _connect(self) -> Any:
        return connect(self._address, patience_s=self._patience_s)

    def _translated(self) -> AbstractContextManager[None]:
        return translated(self.name, translate)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """See Database."""
        with self._translated(), self._engine.connect() as connection:
            yield connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """See Database."""
        with self._translated(), self._engine.connect() as connection:
            connection.execution_options(postgresql_readonly=self._readonly).begin()
            connection.execute(_WRITE_LOCK, {"number": number_of(self._address.schema, "write")})
            yield connection
            # An error does not come here: leaving the connection rolls back.
            connection.commit()

    @contextmanager
    def bulk_reading(self) -> Iterator[CopyReading]:
        """See Database."""
        from engine.ledger.postgres.bulk_copy import CopyReading

        # Not as a read-only transaction: the ids that are looked for go into a table of this connection.
        with self._translated(), self._engine.connect() as connection:
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": False}
            yield CopyReading(connection.execution_options(**options))

    @contextmanager
    def bulk_writing(self) -> Iterator[CopyTransaction]:
        """See Database."""
        from engine.ledger.postgres.bulk_copy import CopyTransaction

        with self.writing() as connection:
            yield CopyTransaction(connection)

    def exists(self) -> bool:
        """See Database."""
        return True

    def table_names(self, connection: sa.Connection) -> set[str]:
        """See Database."""
        return set(connection.scalars(_TABLES, {"schema": self._address.schema}))

    def make_room(self) -> None:
        """Make the schema if it is missing; one that somebody made for us needs no right to make schemas."""
        schema = self._address.schema
        with self.writing() as connection:
            if connection.scalar(_SCHEMA, {"schema": schema}) is None:
                connection.execute(sa.schema.CreateSchema(schema))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """See Database."""
        with self._translated(), self._locks.alone("setup"):
            yield

    def grasp(self, lease: Lease) -> None:
        """See Database."""
        with self._translated():
            self._locks.grasp(lease)

    def let_go(self, lease: Lease) -> None:
        """See Database."""
        with self._translated():
            self._locks.let_go(lease)

    def is_gone(self, connection: sa.Connection, holder: Lease) -> bool:
        """See Database."""
        return self._locks.is_free(connection, holder)

    def close(self) -> None:
        """See Database."""
        self._locks.close()
        self._engine.dispose()
