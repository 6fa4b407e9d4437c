"""What a database must do for the ledger: the one object behind which SQLite and PostgreSQL differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    import pyarrow as pa
    import sqlalchemy as sa

    from engine.ledger.database.transaction import WriteTransaction
    from engine.ledger.model import Lease


class Bulk(Protocol):
    """Whole Arrow tables out of the database, in one snapshot, with the declared types of the columns."""

    def table(self, query: sa.Select[Any]) -> pa.Table:
        """The whole answer, in whatever order."""
        ...

    def batches(self, query: sa.Select[Any]) -> Iterator[pa.RecordBatch]:
        """The same bit by bit, so that it never stands in memory at once."""
        ...

    def table_by_ids(self, query: sa.Select[Any], column: sa.Column[Any], ids: pa.Array) -> pa.Table:
        """The rows of the answer whose `column` is one of many `ids`; an unknown id has no row."""
        ...


class Database(Protocol):
    """A ledger's database as one process uses it. Opens nothing before it is used.

    Every method turns what the driver raises into UserError or TemporaryError.
    """

    #: How sentences call it; holds no password.
    name: str
    #: From so many rows on the bulk ways pay off.
    bulk_rows: int
    #: Seconds until it is known for sure that a process has ended; 0 = at once.
    notice_s: float

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """A snapshot; never waits for a writer."""
        ...

    def writing(self) -> AbstractContextManager[sa.Connection]:
        """A write transaction, one at a time: all of it is stored, or nothing. Waits for other writers."""
        ...

    def bulk_reading(self) -> AbstractContextManager[Bulk]:
        """The way out for many rows."""
        ...

    def bulk_writing(self) -> AbstractContextManager[WriteTransaction]:
        """The same as `writing`, for many rows."""
        ...

    def exists(self) -> bool:
        """Whether there is anything that could hold a ledger."""
        ...

    def table_names(self, connection: sa.Connection) -> set[str]:
        """The tables at the ledger's place, of whomever."""
        ...

    def make_room(self) -> None:
        """Make what holds the tables, if it is missing."""
        ...

    def alone(self) -> AbstractContextManager[None]:
        """While nobody else creates or migrates this ledger. Raises TemporaryError if that takes too long."""
        ...

    def grasp(self, lease: Lease) -> None:
        """Show from now on that the holder of this lease is alive; again: make sure that it is still shown."""
        ...

    def let_go(self, lease: Lease) -> None:
        """Show it no longer."""
        ...

    def is_gone(self, connection: sa.Connection, holder: Lease) -> bool:
        """Whether it is proved that the process that took this lease has ended."""
        ...

    def close(self) -> None:
        """Let go of every lease and close what is open; the database can be used again afterwards."""
        ...
