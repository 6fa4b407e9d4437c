"""What each kind of database must offer, so that one connector serves all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from engine.catalog import Stream
    from engine.connectors.port import AllApplied, Batch, Page, ReadRequest
    from engine.record import Receipt


class OpenTable(Protocol):
    """A table, view or query that exists, as a stream."""

    @property
    def source(self) -> str:
        """What stands after FROM: a quoted name, or a query in brackets."""
        ...

    @property
    def id(self) -> str:
        """The column that identifies a record."""
        ...

    @property
    def writable(self) -> bool:
        """False = a query or a view."""
        ...

    @property
    def indexed(self) -> bool:
        """Whether a unique index serves look-ups by id."""
        ...

    def described(self) -> Stream:
        """The stream as a catalog shows it."""
        ...

    def read(self, request: ReadRequest) -> Iterator[Page]:
        """Pages of text columns in one snapshot, null as null."""
        ...

    def write(self, batch: Batch) -> AllApplied | Iterable[Receipt]:
        """Write a batch in one transaction; if the database refuses rows, all the others are written."""
        ...


class Database(Protocol):
    """One database, connected to when it is first needed."""

    @property
    def label(self) -> str:
        """Which one it is, in words without a credential."""
        ...

    def exists(self) -> bool:
        """False where the engine is to make it with the first record."""
        ...

    def names(self) -> list[str]:
        """Every table that can be a stream by itself: it has a primary key of one column."""
        ...

    def find(self, stream: str, said: Mapping[str, Any]) -> OpenTable | None:
        """The table of a stream as `said` declares it; None if there is none.

        Raises UserError if nothing says which column identifies a record, or a declared column does not exist.
        """
        ...

    def make(self, table: str, identity: str, batch: Batch) -> None:
        """Make the table that a batch needs: every field as text, the id as the key."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...
