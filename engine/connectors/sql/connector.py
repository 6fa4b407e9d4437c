"""An open database: its streams, reading and writing, and making it where the spec asks for that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.catalog import Catalog, Stream
from engine.connectors.declared import declare_stream, declared, suggest
from engine.connectors.port import AllApplied, Batch, Budget, Forecast, Page, ReadRequest, Surroundings
from engine.connectors.sql import read, write
from engine.connectors.sql.dialect import CAN_WRITE, NEW_KEY
from engine.connectors.sql.session import Session
from engine.connectors.sql.table import Table, find_table, table_names
from engine.errors import UserError
from engine.event import Noted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from engine.record import Kind, Receipt


class SqlConnector:
    """A connection to one SQLite file. Reading and writing have a session each, opened when first needed."""

    def __init__(self, path: Path, settings: Mapping[str, Any], surroundings: Surroundings) -> None:
        self.path = path
        self.calls = 0
        self._declared = declared(settings)
        self._create = bool(settings.get("create"))
        self._emit = surroundings.emit
        self._sessions: dict[str, Session] = {}
        self._tables: dict[str, Table] = {}
        self._noted: set[str] = set()
        if path.is_file():
            self._reader()

    def catalog(self) -> Catalog:
        """The declared streams and every table with a primary key of one column."""
        found = table_names(self._reader()) if self.path.is_file() else []
        tables = {name: self._find(name) for name in dict.fromkeys((*self._declared, *found))}
        streams = {
            name: table.described() if table else self._to_be_made(name) for name, table in tables.items()
        }
        return Catalog(connector="sql", streams=streams, open=self._create)

    def check(self) -> str:
        """The file has been opened; says which."""
        return f"the SQLite database {self.path}"

    def read(self, request: ReadRequest) -> Iterator[Page]:
        """Pages of text columns. A table that is still to be made has no records."""
        table = self._find(request.stream)
        if table is None:
            names = list(dict.fromkeys((self._declared_id(request.stream), *request.fields)))
            yield Page(table=read.empty_table(names), complete=True, total=0)
            return
        if request.ids is not None:
            self._note_missing_index(table)
        yield from read.read(self._reader(), table, request)

    def write(self, stream: str, batch: Batch) -> AllApplied | list[Receipt]:
        """Write a batch in one transaction; if the database refuses rows, all the others are written."""
        table = self._find(stream)
        if table is None:
            said = self._declared.get(stream, {})
            name = str(said.get("table", stream))
            write.create_table(self._writer(), name, self._declared_id(stream), batch)
            table = self._find(stream)
        if table is None or not table.writable:
            raise UserError(f"`{stream}` can only be read: it is a query or a view.")
        if batch.kind != "create":
            self._note_missing_index(table)
        return write.write(self._writer(), table, batch)

    def budget(self) -> Budget:
        """No limit."""
        return Budget()

    def forecast_read(self, request: ReadRequest, records: int | None) -> Forecast:
        """No requests: the file is local."""
        del request, records
        return Forecast(calls=0, method="statements on a local file")

    def forecast_write(self, stream: str, kind: Kind, records: int) -> Forecast:
        """No requests: the file is local."""
        del stream, kind, records
        return Forecast(calls=0, method="statements on a local file")

    def close(self) -> None:
        """Give the file back."""
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()

    def _reader(self) -> Session:
        return self._session("ro")

    def _writer(self) -> Session:
        return self._session("rwc" if self._create else "rw")

    def _session(self, mode: str) -> Session:
        if mode not in self._sessions:
            self._sessions[mode] = Session(self.path, mode=mode)
        return self._sessions[mode]

    def _to_be_made(self, stream: str) -> Stream:
        """A declared stream whose table does not exist yet."""
        return declare_stream(stream, self._declared[stream], can=CAN_WRITE, identity=NEW_KEY)

    def _declared_id(self, stream: str) -> str:
        return str(self._declared.get(stream, {}).get("id") or NEW_KEY)

    def _find(self, stream: str) -> Table | None:
        """The table of a stream; None if it is still to be made. Raises UserError if it never will be."""
        if stream in self._tables:
            return self._tables[stream]
        said = self._declared.get(stream, {})
        found = find_table(self._reader(), stream, said) if self.path.is_file() else None
        if found is not None:
            self._tables[stream] = found
        elif not self._create:
            name = str(said.get("table", stream))
            names = table_names(self._reader())
            raise UserError(f"{self.path} has no table `{name}`.", remedy=suggest(name, names))
        return found

    def _note_missing_index(self, table: Table) -> None:
        """Say once that look-ups by id will read the whole table each time."""
        if table.writable and not table.columns[table.id].unique and table.stream not in self._noted:
            self._noted.add(table.stream)
            message = (
                f"`{table.stream}.{table.id}` has no unique index in {self.path}: each look-up by id reads "
                "the whole table, so the time grows with the square of the records. "
                f"Make one: CREATE UNIQUE INDEX … ON {table.source} (…)."
            )
            self._emit(Noted(message=message))
