"""A SQLite file as a database: it reads and writes through a session each, opened when first needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.connectors.sql import read, write
from engine.connectors.sql.session import Session
from engine.connectors.sql.table import Table, find_table, table_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from engine.catalog import Stream
    from engine.connectors.port import AllApplied, Batch, Page, ReadRequest
    from engine.record import Receipt


class SqliteDatabase:
    """One file. `create` lets the first write make it."""

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path = path
        self.label = f"the SQLite database {path}"
        self._create = create
        self._sessions: dict[str, Session] = {}
        if path.is_file():
            self.reader()

    def exists(self) -> bool:
        """False where the engine is to make it with the first record."""
        return self.path.is_file()

    def names(self) -> list[str]:
        """Every table that can be a stream by itself."""
        return table_names(self.reader())

    def find(self, stream: str, said: Mapping[str, Any]) -> SqliteTable | None:
        """The table of a stream; None if there is none. Raises UserError if nothing identifies its rows."""
        found = find_table(self.reader(), stream, said)
        return SqliteTable(self, found) if found else None

    def make(self, name: str, identity: str, batch: Batch) -> None:
        """Make the table that a batch needs, and the file if there is none."""
        write.create_table(self.writer(), name, identity, batch)

    def reader(self) -> Session:
        """The session that may not write."""
        return self._session("ro")

    def writer(self) -> Session:
        """The session that writes."""
        return self._session("rwc" if self._create else "rw")

    def close(self) -> None:
        """Give the file back."""
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()

    def _session(self, mode: str) -> Session:
        if mode not in self._sessions:
            self._sessions[mode] = Session(self.path, mode=mode)
        return self._sessions[mode]


@dataclass(frozen=True, slots=True)
class SqliteTable:
    """A table, view or query of the file."""

    database: SqliteDatabase
    table: Table

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
        return self.table.columns[self.id].unique

    def described(self) -> Stream:
        """The stream as a catalog shows it."""
        return self.table.described()

    def read(self, request: ReadRequest) -> Iterator[Page]:
        """Pages of text columns in one snapshot, null as null."""
        yield from read.read(self.database.reader(), self.table, request)

    def write(self, batch: Batch) -> AllApplied | Iterable[Receipt]:
        """Write a batch in one transaction; if the database refuses rows, all the others are written."""
        return write.write(self.database.writer(), self.table, batch)
