"""An open database: its streams, reading and writing, and making tables where the spec asks for that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.catalog import Catalog, Field, Stream
from engine.connectors.columns import empty_table
from engine.connectors.declared import declare_stream, declared, id_fields, id_name
from engine.connectors.port import AllApplied, Batch, Budget, Forecast, Page, ReadRequest, Surroundings
from engine.connectors.sql.can import CAN_WRITE, NEW_KEY
from engine.errors import UserError
from engine.event import Noted
from engine.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from engine.connectors.sql.database import SqlDatabase
    from engine.connectors.sql.table import SqlTable
    from engine.record import Kind, Receipt

_METHOD = "statements to the database"


class SqlConnector:
    """The tables of one database as streams."""

    def __init__(
        self, database: SqlDatabase[Any], settings: Mapping[str, Any], surroundings: Surroundings
    ) -> None:
        self.database = database
        self.calls = 0
        self._declared = declared(settings)
        self._create = bool(settings.get("create"))
        self._emit = surroundings.emit
        self._tables: dict[str, SqlTable] = {}
        self._noted: set[str] = set()

    def catalog(self) -> Catalog:
        """The declared streams and every table with a primary key."""
        found = self.database.names() if self.database.exists() else []
        tables = {name: self._find(name) for name in dict.fromkeys((*self._declared, *found))}
        streams = {
            name: self._described(table) if table else self._to_be_made(name)
            for name, table in tables.items()
        }
        unmade = declare_stream("", {}, can=CAN_WRITE, identity=NEW_KEY) if self._create else None
        return Catalog(connector="sql", streams=streams, open=self._create, unmade=unmade)

    def check(self) -> str:
        """The database can be reached; says which."""
        if self.database.exists():
            self.database.names()
        return self.database.label

    def location(self) -> str:
        """The database, as its server or its file."""
        return self.database.place

    def demands(self, stream: str) -> str:
        """What the database says of its tables, their triggers and rights, and the spec of this one."""
        asked = self.database.demands() if self.database.exists() else ""
        return f"{self._declared.get(stream)}\n{asked}"

    def read(self, request: ReadRequest) -> Iterator[Page]:
        """Pages of text columns. A table that is still to be made has no records."""
        table = self._find(request.stream)
        if table is None:
            names = list(dict.fromkeys((id_name(self._declared_keys(request.stream)), *request.fields)))
            yield Page(table=empty_table(names), complete=True, total=0)
            return
        if request.ids is not None:
            self._note_missing_index(request.stream, table)
        yield from self.database.read(table, request)

    def write(self, stream: str, batch: Batch) -> AllApplied | Iterable[Receipt]:
        """Write a batch in one transaction; if the database refuses rows, all the others are written."""
        table = self._find(stream)
        if table is None:
            name = str(self._declared.get(stream, {}).get("table", stream))
            self.database.make(name, self._declared_keys(stream), batch)
            table = self._find(stream)
        if table is None or not table.writable:
            raise UserError(
                f"`{stream}` can only be read: it is a query, a view or a table without transactions."
            )
        if batch.kind != "create":
            self._note_missing_index(stream, table)
        return self.database.write(table, batch)

    def budget(self) -> Budget:
        """No limit."""
        return Budget()

    def forecast_read(self, request: ReadRequest, records: int | None) -> Forecast:
        """No requests that anybody counts."""
        del request, records
        return Forecast(calls=0, method=_METHOD)

    def forecast_write(self, stream: str, kind: Kind, records: int) -> Forecast:
        """No requests that anybody counts."""
        del stream, kind, records
        return Forecast(calls=0, method=_METHOD)

    def close(self) -> None:
        """Give the database back."""
        self.database.close()

    def _described(self, table: SqlTable) -> Stream:
        """A table as the catalog shows it; what `create: true` makes as text is of the type of the other side.

        It was so when the table was made, and its second run must not read it otherwise.
        """
        found = table.described()
        if not self._create:
            return found
        made = [
            name for name in table.columns if name not in (*table.types, *table.keys) and table.untyped(name)
        ]
        return replace(
            found, fields={**found.fields, **{name: Field(name=name, type="unknown") for name in made}}
        )

    def _to_be_made(self, stream: str) -> Stream:
        """A declared stream whose table does not exist yet."""
        return declare_stream(stream, self._declared[stream], can=CAN_WRITE, identity=NEW_KEY)

    def _declared_keys(self, stream: str) -> tuple[str, ...]:
        return id_fields(self._declared.get(stream, {})) or (NEW_KEY,)

    def _find(self, stream: str) -> SqlTable | None:
        """The table of a stream; None if it is still to be made. Raises UserError if it never will be."""
        if stream in self._tables:
            return self._tables[stream]
        said = self._declared.get(stream, {})
        found = self.database.find(stream, said) if self.database.exists() else None
        if found is not None:
            self._tables[stream] = found
        elif not self._create:
            name = str(said.get("table", stream))
            message = f"{_sentence(self.database.label)} has no table `{name}`."
            raise UserError(message, remedy=suggest(name, self.database.names()))
        return found

    def _note_missing_index(self, stream: str, table: SqlTable) -> None:
        """Say once that look-ups by id will read the whole table each time."""
        if table.writable and not table.indexed and stream not in self._noted:
            self._noted.add(stream)
            message = (
                f"`{stream}.{table.id}` has no unique index in {self.database.label}: each look-up by id reads "
                "the whole table, so the time grows with the square of the records. "
                f"Make one: CREATE UNIQUE INDEX … ON {table.source} (…)."
            )
            self._emit(Noted(message=message))


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]
