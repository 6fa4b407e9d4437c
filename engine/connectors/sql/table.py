"""What one stream is in a database: its table or query, columns and keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from engine.catalog import Field, Stream
from engine.connectors.declared import declare_field, id_fields, id_name
from engine.connectors.sql.can import CAN_READ, CAN_WRITE
from engine.errors import UserError
from engine.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pyarrow as pa

    from engine.catalog import FieldType

#: What a column holds, whatever the database calls it. `clock` is a day and time without a zone.
Family = Literal[
    "text",
    "integer",
    "decimal",
    "money",
    "number",
    "boolean",
    "date",
    "instant",
    "clock",
    "json",
    "array",
    "uuid",
    "enum",
    "binary",
    "other",
]

_TYPES: Mapping[Family, FieldType] = {
    "text": "text",
    "integer": "integer",
    "decimal": "decimal",
    "money": "money",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "instant": "instant",
    "clock": "text",  # nobody knows which moment is meant; a spec may declare it to be an instant, in UTC
    "json": "object",
    "array": "list",
    "uuid": "text",
    "enum": "enum",
    "binary": "unknown",
    "other": "unknown",
}
#: Digits after the point of a number whose column sets no bound: as many as are compared exactly.
MOST_DIGITS = 18
_DELETED_BY: frozenset[Family] = frozenset(
    ("boolean", "integer", "decimal", "number", "instant", "clock", "date", "text")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlColumn:
    """One column of a table or query."""

    name: str
    family: Family
    declared: str = ""  #: the type as CREATE TABLE has it; empty = none, or the column of a query
    base: str = ""  #: the type's own name, without a length
    key: bool = False  #: part of the primary key
    required: bool = False  #: NOT NULL without a default
    unique: bool = False  #: no two rows may hold the same value; look-ups are served by an index
    shared: bool = False  #: part of what must be unique, alone or with other columns
    filled: bool = False  #: NOT NULL, with a default or without one
    counted: bool = False  #: the database counts it up where no value is given
    defaulted: bool = False  #: the database gives it a value of its own where none is given
    generated: bool = False  #: the database computes it
    max_length: int | None = None
    scale: int | None = None
    choices: tuple[str, ...] = ()
    refers: str | None = None  #: the table whose row it names; None = no foreign key


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlTable:
    """A stream that exists in the database."""

    stream: str
    source: str  #: what stands after FROM and INTO: a quoted name, or a query in brackets
    columns: Mapping[str, SqlColumn]
    keys: tuple[str, ...]  #: the columns that identify a record
    modified: str | None  #: None = no cursor
    deleted: str | None  #: the column that says that a row counts as deleted; None = rows really go
    types: Mapping[str, Field]  #: fields whose types the spec declares; they count more than the database's
    writable: bool  #: False = a query or a view
    tells_nothing: bool  #: rows are not read back after a write
    sends_null: bool  #: new rows get null where there is no value, and no default of the table
    alters: bool  #: a trigger, or what the table does on conflict, may keep other values than those written

    @property
    def id(self) -> str:
        """The field that identifies a record: its column, or several joined by `+`."""
        return id_name(self.keys)

    @property
    def indexed(self) -> bool:
        """Whether a unique index serves look-ups by id."""
        primary = {column.name for column in self.columns.values() if column.key}
        return any(self.columns[key].unique for key in self.keys) or (
            bool(primary) and primary <= {*self.keys}
        )

    @property
    def counted(self) -> bool:
        """Whether the database counts the ids of new rows."""
        return len(self.keys) == 1 and self.columns[self.id].counted

    def type(self, name: str) -> FieldType:
        """The type of a field: as declared, else as the database has it; the id is always `id`."""
        if name == self.id:
            return "id"
        if name not in self.columns:
            return "unknown"  # reading says that there is no such column
        return self.types[name].type if name in self.types else _TYPES[self.columns[name].family]

    def untyped(self, name: str) -> bool:
        """Whether a column is of the type that is made where nobody says which: any text, of any length."""
        column = self.columns[name]
        return column.family == "text" and column.declared.lower() in ("text", "longtext")

    def require(self, names: Iterable[str]) -> None:
        """Raises UserError for a field that is no column here, or whose values are no text."""
        for name in names:
            if name == self.id and len(self.keys) > 1:
                continue
            if name not in self.columns:
                message = f"`{self.stream}` has no column `{name}`."
                raise UserError(message, remedy=suggest(name, self.columns))
            if self.columns[name].family == "binary":
                raise UserError(
                    f"`{self.stream}.{name}` holds binary values ({self.columns[name].declared}), not text.",
                    remedy="Leave the field out of the mapping, or read a query that gives hex text of it.",
                )

    def described(self) -> Stream:
        """The stream as a catalog shows it."""
        fields = {name: self._field(column) for name, column in self.columns.items()}
        whole = Field(name=self.id, type="id", unique=True, writable=False)
        return Stream(
            name=self.stream,
            id=self.id,
            modified=self.modified,
            fields={**fields, self.id: fields.get(self.id, whole)},
            sends_null=self.sends_null,
            tells_nothing=self.tells_nothing,
            can=CAN_WRITE if self.writable else CAN_READ,
        )

    def _field(self, column: SqlColumn) -> Field:
        if column.name in self.types:
            return self.types[column.name]
        kind = self.type(column.name)
        scale = MOST_DIGITS if column.scale is None and column.family == "decimal" else column.scale
        return Field(
            name=column.name,
            type=kind,
            required=column.required and self.writable,
            unique=column.unique,
            writable=self.writable and not column.generated and column.family != "binary",
            max_length=column.max_length if kind in ("text", "id", "enum") else None,
            scale=scale if kind in ("decimal", "money") else None,
            choices=column.choices,
            refers=column.refers,
        )


def declared_table(
    stream: str,
    said: Mapping[str, Any],
    *,
    source: str,
    columns: Iterable[SqlColumn],
    writable: bool,
    alters: bool,
) -> SqlTable:
    """The stream as `said` declares it. Raises UserError for a column that is missing or cannot serve."""
    found = {column.name: column for column in columns}
    keys = id_fields(said) or tuple(column.name for column in found.values() if column.key)
    if not keys:
        raise UserError(
            f"Nothing says which column identifies a record of `{stream}`.",
            remedy=f"Name it: streams: {{ {stream}: {{ id: COLUMN }} }}. Columns: {', '.join(found)}.",
        )
    table = SqlTable(
        stream=stream,
        source=source,
        columns=found,
        keys=keys,
        modified=said.get("modified"),
        deleted=said.get("deleted"),
        types={field: declare_field(field, words) for field, words in (said.get("fields") or {}).items()},
        writable=writable,
        sends_null=said.get("null") == "send",
        tells_nothing=said.get("tells") == "nothing",
        alters=alters,
    )
    table.require([name for name in (*keys, table.modified, table.deleted) if name])
    _require_deletable(table)
    return table


def _require_deletable(table: SqlTable) -> None:
    column = table.columns[table.deleted] if table.deleted else None
    if column and column.base and column.family not in _DELETED_BY:  # SQLite keeps anything anywhere
        raise UserError(
            f"`{table.stream}.{table.deleted}` cannot say that a row is deleted: it is {column.declared}.",
            remedy="Name a column under `deleted:` that holds true or false, a number, a day or a time.",
        )


def nameless(column: SqlColumn) -> SqlColumn:
    """A column of a query: its type holds, what its table demands does not."""
    return replace(
        column, key=False, required=False, unique=False, counted=False, generated=True, refers=None
    )


def require_known_ids(table: SqlTable, rows: pa.Table) -> None:
    """Raises UserError for a row without an id."""
    if rows.column(table.id).null_count:
        raise UserError(
            f"`{table.stream}` has rows whose id `{table.id}` is null.",
            remedy="Give them ids, or read a query that leaves them out.",
        )


def shared_id(table: SqlTable, identity: str) -> UserError:
    """What to say when two rows have one id."""
    return UserError(
        f"`{table.stream}` has more than one row with the id `{identity}`.",
        remedy=f"Name a column under `id:` that no two rows share, or repair `{table.id}`.",
    )


def no_cursor(table: SqlTable) -> UserError:
    """What to say when changes are asked for and nothing tells when a row changed."""
    return UserError(
        f"`{table.stream}` has no column with the time of the last change.",
        remedy=f"Name it: streams: {{ {table.stream}: {{ modified: COLUMN }} }}.",
    )
