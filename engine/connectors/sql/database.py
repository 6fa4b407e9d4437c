"""A database and its open connections; what differs between the kinds of database is a `Dialect`."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from engine.connectors.columns import NESTED, fields_of, with_json
from engine.connectors.sql.filled import without_defaults
from engine.connectors.sql.write_with_receipts import write_with_receipts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pyarrow as pa

    from engine.connectors.port import AllApplied, Batch, Page, ReadRequest
    from engine.connectors.sql.table import SqlTable
    from engine.record import Receipt


class DatabaseSession(Protocol):
    """A connection; after an error of the line it is `lost` and of no more use."""

    lost: bool

    def close(self) -> None:
        """Give the connection back."""
        ...


S = TypeVar("S", bound=DatabaseSession)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect(Generic[S]):
    """What one kind of database does in its own way."""

    connect: Callable[[bool], S]  #: True = to write
    names: Callable[[S], list[str]]  #: every table that can be a stream by itself: it has a primary key
    find: Callable[[S, str, Mapping[str, Any]], SqlTable | None]
    read: Callable[[S, SqlTable, ReadRequest], Iterator[Page]]
    #: Writes rows in one transaction; an id is null where there was no row. Raises what `failures` names.
    apply: Callable[[S, SqlTable, Batch], AllApplied]
    demands: Callable[[S], str]  #: what it says of its tables, triggers and rights, as one text
    make: Callable[
        [S, str, tuple[str, ...], Batch], None
    ]  #: a table: every field as text, the keys as its key
    exists: Callable[[], bool] = lambda: True  #: False where the database is made with the first record
    apart: bool = False  #: a connection that reads may not write


class SqlDatabase(Generic[S]):
    """Connections are opened when needed and kept: one for each read that is going on, and one to write."""

    def __init__(self, label: str, dialect: Dialect[S], place: str) -> None:
        self.label = label  #: which one it is, in words without a credential
        self.place = place  #: the same, however it is addressed: a file's whole path, a server with database and schema
        self._dialect = dialect
        self._idle: dict[bool, list[S]] = {False: [], True: []}

    def exists(self) -> bool:
        """False where the engine is to make it with the first record."""
        return self._dialect.exists()

    def names(self) -> list[str]:
        """Every table that can be a stream by itself."""
        with self.session() as session:
            return self._dialect.names(session)

    def demands(self) -> str:
        """What it asks of records, as one text: tables, keys, checks, triggers, rights."""
        with self.session() as session:
            return self._dialect.demands(session)

    def find(self, stream: str, said: Mapping[str, Any]) -> SqlTable | None:
        """The table of a stream as `said` declares it; None if there is none.

        Raises UserError if nothing says which column identifies a record, or a declared column does not exist.
        """
        with self.session() as session:
            return self._dialect.find(session, stream, said)

    def make(self, table: str, keys: tuple[str, ...], batch: Batch) -> None:
        """Make the table that a batch needs: every field as text, the keys as its primary key."""
        with self.session(writing=True) as session:
            self._dialect.make(session, table, keys, batch)

    def read(self, table: SqlTable, request: ReadRequest) -> Iterator[Page]:
        """Pages of text columns in one snapshot, null as null."""
        nested = [name for name in request.fields if table.type(name) in NESTED]
        with self.session() as session:
            for page in self._dialect.read(session, table, request):
                yield page if page.table is None else replace(page, table=with_json(page.table, nested))

    def write(self, table: SqlTable, batch: Batch) -> AllApplied | Iterable[Receipt]:
        """Write a batch in one transaction; if the database refuses rows, all the others are written."""
        table.require(fields_of(batch.table))

        wanted = without_defaults(table, batch.nulls)

        def apply(rows: pa.Table) -> AllApplied:
            with self.session(writing=True) as session:
                return self._dialect.apply(session, wanted, replace(batch, table=rows))

        return write_with_receipts(apply, batch.table, table.source)

    @contextmanager
    def session(self, *, writing: bool = False) -> Iterator[S]:
        """A connection that nobody else uses meanwhile."""
        idle = self._idle[writing and self._dialect.apart]
        session = idle.pop() if idle else self._dialect.connect(writing)
        try:
            yield session
        finally:
            if session.lost:
                session.close()
            else:
                idle.append(session)

    def close(self) -> None:
        """Give all connections back."""
        for idle in self._idle.values():
            while idle:
                idle.pop().close()
