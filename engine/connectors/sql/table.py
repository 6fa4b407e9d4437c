"""What one stream is in the database: its table or query, columns and keys, found out by asking."""

# ruff: noqa: S608 - statements hold quoted names; values are always parameters
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.catalog import Capabilities, Field, FieldType, Stream
from engine.connectors.declared import declare_field
from engine.connectors.sql.dialect import CAN_READ, CAN_WRITE, Column, is_unmarked, quote
from engine.errors import UserError
from engine.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.connectors.sql.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A stream that exists in the database."""

    stream: str
    source: str  #: what stands after FROM and INTO: a quoted name, or a query in brackets
    columns: Mapping[str, Column]
    id: str
    modified: str | None  #: None = no cursor
    deleted: str | None  #: the column that says that a row counts as deleted; None = rows really go
    types: Mapping[str, Field]  #: fields whose types the spec declares; they count more than the database's
    writable: bool  #: False = a query or a view
    alters: bool  #: a trigger, or what the table does on conflict, may keep other rows than those inserted

    def type(self, name: str) -> FieldType:
        """The type of a field: as declared, else as the database has it; the id is always `id`."""
        if name == self.id:
            return "id"
        return self.types[name].type if name in self.types else self.columns[name].type

    def require(self, names: Iterable[str]) -> None:
        """Raises UserError for a field that is no column here, with what was probably meant."""
        for name in names:
            if name not in self.columns:
                message = f"`{self.stream}` has no column `{name}`."
                raise UserError(message, remedy=suggest(name, self.columns))

    @property
    def alive(self) -> str:
        """SQL that says whether a row counts as present."""
        return "true" if self.deleted is None else is_unmarked(self.columns[self.deleted])

    def described(self) -> Stream:
        """The stream as a catalog shows it."""
        return Stream(
            name=self.stream,
            id=self.id,
            modified=self.modified,
            fields={name: self._field(column) for name, column in self.columns.items()},
            can=self._can(),
        )

    def _can(self) -> Capabilities:
        return CAN_WRITE if self.writable else CAN_READ

    def _field(self, column: Column) -> Field:
        if column.name in self.types:
            return self.types[column.name]
        kind = self.type(column.name)
        size = column.size
        return Field(
            name=column.name,
            type=kind,
            required=column.required and self.writable,
            unique=column.unique,
            writable=self.writable and not column.generated,
            max_length=size[0] if size and kind == "text" else None,
            scale=(size[1] if len(size) > 1 else 0) if size and kind in ("decimal", "money") else None,
            refers=column.refers,
        )


def find_table(session: Session, stream: str, said: Mapping[str, Any]) -> Table | None:
    """The table of a stream as `said` declares it and the database has it; None if there is none.

    Raises UserError if nothing says which column identifies a record, or if a declared column does not exist.
    """
    query = said.get("query")
    if query:
        source = f"({str(query).strip().rstrip(';')})"
        names = session.table(f"SELECT * FROM {source} LIMIT 0").column_names
        columns = {name: Column(name=name) for name in names}
        key, writable, alters = None, False, True
    else:
        name = str(said.get("table", stream))
        kind = session.rows(
            "SELECT type FROM sqlite_master WHERE name = ? AND type IN ('table', 'view')", (name,)
        )
        if not kind:
            return None
        source, writable = quote(name), kind[0]["type"] == "table"
        columns, key = _columns(session, name)
        alters = _alters(session, name)
    identity = said.get("id") or key
    if identity is None:
        raise UserError(
            f"Nothing says which column identifies a record of `{stream}`.",
            remedy=f"Name it: streams: {{ {stream}: {{ id: COLUMN }} }}. Columns: {', '.join(columns)}.",
        )
    table = Table(
        stream=stream,
        source=source,
        columns=columns,
        id=identity,
        modified=said.get("modified"),
        deleted=said.get("deleted"),
        types={field: declare_field(field, words) for field, words in (said.get("fields") or {}).items()},
        writable=writable,
        alters=alters,
    )
    table.require([name for name in (table.id, table.modified, table.deleted) if name])
    return table


def table_names(session: Session) -> list[str]:
    """Every table that can be a stream by itself: it has a primary key of one column."""
    found = session.rows(
        "SELECT t.name AS name FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS c "
        "WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!' "
        "GROUP BY t.name HAVING sum(c.pk > 0) = 1 ORDER BY t.name"
    )
    return [row["name"] for row in found]


def _columns(session: Session, name: str) -> tuple[dict[str, Column], str | None]:
    """The columns of a table or view, and its primary key if that is one column."""
    rows = session.rows("SELECT * FROM pragma_table_xinfo(?)", (name,))
    keys = [row["name"] for row in rows if row["pk"]]
    key = keys[0] if len(keys) == 1 else None
    unique = _unique(session, name)
    refers = {
        row["from"]: row["table"] for row in session.rows("SELECT * FROM pragma_foreign_key_list(?)", (name,))
    }
    columns = {
        row["name"]: Column(
            name=row["name"],
            declared=row["type"],
            required=bool(row["notnull"]) and row["dflt_value"] is None,
            unique=row["name"] == key or row["name"] in unique,
            generated=row["hidden"] in (2, 3),
            refers=refers.get(row["name"]),
        )
        for row in rows
    }
    return columns, key


def _unique(session: Session, name: str) -> set[str]:
    """Columns that a unique index over all rows covers alone."""
    rows = session.rows(
        "SELECT min(c.name) AS name FROM pragma_index_list(?) AS i JOIN pragma_index_info(i.name) AS c "
        'WHERE i."unique" AND NOT i.partial GROUP BY i.name HAVING count(*) = 1',
        (name,),
    )
    return {row["name"] for row in rows}


def _alters(session: Session, name: str) -> bool:
    """Whether a trigger or an ON CONFLICT clause stands between an INSERT and what the table then holds."""
    return bool(
        session.rows(
            "SELECT 1 AS one FROM sqlite_master WHERE (type = 'trigger' AND lower(tbl_name) = lower(?)) "
            "OR (lower(name) = lower(?) AND sql LIKE '%ON%CONFLICT%') LIMIT 1",
            (name, name),
        )
    )
