"""A database on a server and its open connections; what differs between servers is a `Dialect`."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from engine.connectors.columns import fields_of
from engine.connectors.sql.settle import settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pyarrow as pa

    from engine.catalog import Stream
    from engine.connectors.port import AllApplied, Batch, Page, ReadRequest
    from engine.connectors.sql.address import Address
    from engine.connectors.sql.server_table import ServerTable
    from engine.record import Kind, Receipt


class ServerSession(Protocol):
    """A connection; after an error of the line it is `lost` and of no more use."""

    lost: bool

    def close(self) -> None:
        """Give the connection back."""
        ...


S = TypeVar("S", bound=ServerSession)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect(Generic[S]):
    """What one kind of server does in its own way."""

    connect: Callable[[Address], S]
    names: Callable[[S], list[str]]
    find: Callable[[S, str, Mapping[str, Any]], ServerTable | None]
    read: Callable[[S, ServerTable, ReadRequest], Iterator[Page]]
    #: Writes rows in one transaction; an id is null where there was no row. Raises what `failures` names.
    apply: Callable[[S, ServerTable, Kind, pa.Table], AllApplied]
    make: Callable[[S, str, str, Batch], None]


class ServerDatabase(Generic[S]):
    """Connections are opened when needed and kept: one for each read that is going on, and one to write."""

    def __init__(self, address: Address, dialect: Dialect[S]) -> None:
        self.label = address.label
        self.dialect = dialect
        self._address = address
        self._idle: list[S] = []

    def exists(self) -> bool:
        """A server's database exists, or connecting to it fails."""
        return True

    def names(self) -> list[str]:
        """Every table whose primary key is one column."""
        with self.session() as session:
            return self.dialect.names(session)

    def find(self, stream: str, said: Mapping[str, Any]) -> ServerStream[S] | None:
        """The table of a stream; None if there is none. Raises UserError if nothing identifies its rows."""
        with self.session() as session:
            found = self.dialect.find(session, stream, said)
        return ServerStream(self, found) if found else None

    def make(self, table: str, identity: str, batch: Batch) -> None:
        """Make the table that a batch needs: every field as text, the id as the key."""
        with self.session() as session:
            self.dialect.make(session, table, identity, batch)

    @contextmanager
    def session(self) -> Iterator[S]:
        """A connection that nobody else uses meanwhile."""
        session = self._idle.pop() if self._idle else self.dialect.connect(self._address)
        try:
            yield session
        finally:
            if session.lost:
                session.close()
            else:
                self._idle.append(session)

    def close(self) -> None:
        """Give all connections back."""
        while self._idle:
            self._idle.pop().close()


@dataclass(frozen=True, slots=True)
class ServerStream(Generic[S]):
    """A table, view or query of the database."""

    database: ServerDatabase[S]
    table: ServerTable

    @property
    def source(self) -> str:
        """What stands after FROM."""
        return self.table.source

    @property
    def id(self) -> str:
        """The column that identifies a record."""
        return self.table.id

    @property
    def writable(self) -> bool:
        """False = a query or a view."""
        return self.table.writable

    @property
    def indexed(self) -> bool:
        """Whether a unique index serves look-ups by id."""
        return self.table.indexed

    def described(self) -> Stream:
        """The stream as a catalog shows it."""
        return self.table.described()

    def read(self, request: ReadRequest) -> Iterator[Page]:
        """Pages of text columns in one snapshot, null as null."""
        with self.database.session() as session:
            yield from self.database.dialect.read(session, self.table, request)

    def write(self, batch: Batch) -> AllApplied | Iterable[Receipt]:
        """Write a batch in one transaction; if the database refuses rows, all the others are written."""
        self.table.require(fields_of(batch.table))
        return settle(lambda rows: self._apply(batch.kind, rows), batch.table, self.source)

    def _apply(self, kind: Kind, rows: pa.Table) -> AllApplied:
        with self.database.session() as session:
            return self.database.dialect.apply(session, self.table, kind, rows)
