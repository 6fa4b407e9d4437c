"""All that is particular to SQLite: quoting, types, how a value becomes exact text."""

# ruff: noqa: S608 - statements hold quoted names; values are always parameters
from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Literal

from engine.connectors.sql.record_ids import joined_sql, parts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.connectors.sql.table import Family, SqlColumn, SqlTable

Affinity = Literal["TEXT", "INTEGER", "REAL", "NUMERIC", "BLOB"]

#: A word inside a column's declared type -> what the column holds; the first that fits counts.
_FAMILIES: tuple[tuple[str, Family], ...] = (
    ("BOOL", "boolean"),
    ("JSON", "json"),
    ("INT", "integer"),
    ("DATETIME", "instant"),
    ("TIMESTAMP", "instant"),
    ("DATE", "date"),
    ("MONEY", "money"),
    ("DECIMAL", "decimal"),
    ("NUMERIC", "decimal"),
    ("CHAR", "text"),
    ("CLOB", "text"),
    ("TEXT", "text"),
    ("REAL", "number"),
    ("FLOA", "number"),
    ("DOUB", "number"),
)
#: The same for how SQLite stores what is written into the column (its own rule, in its own order).
_AFFINITIES: tuple[tuple[str, Affinity], ...] = (
    ("INT", "INTEGER"),
    ("CHAR", "TEXT"),
    ("CLOB", "TEXT"),
    ("TEXT", "TEXT"),
    ("BLOB", "BLOB"),
    ("REAL", "REAL"),
    ("FLOA", "REAL"),
    ("DOUB", "REAL"),
)


def affinity_of(column: SqlColumn) -> Affinity:
    """How SQLite stores values of this column."""
    word = column.declared.upper()
    if not word:
        return "BLOB"
    return next((affinity for part, affinity in _AFFINITIES if part in word), "NUMERIC")


def family_of(declared: str) -> Family:
    """What a column holds, by its declaration."""
    return next((family for part, family in _FAMILIES if part in declared.upper()), "other")


def size_of(declared: str) -> tuple[int, ...]:
    """The numbers in brackets: (12, 2) of `DECIMAL(12, 2)`; empty = none."""
    inside = re.search(r"\(([\d\s,]+)\)", declared)
    return tuple(int(number) for number in inside[1].split(",")) if inside else ()


def quote(name: str) -> str:
    """A name that SQL takes as it is, whatever stands in it."""
    return '"' + name.replace('"', '""') + '"'


def text_of(table: SqlTable, name: str) -> str:
    """SQL that gives a field's value as exact text, whatever type SQLite gave it.

    A float comes with the digits that give it back (19.99, not 19.989999999999998), a blob as its bytes,
    which the reader refuses unless they are text.
    """
    if name not in table.columns:
        return _joined([text_of(table, key) for key in table.keys])
    column = quote(name)
    if table.type(name) == "boolean":
        return f"CASE {column} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE CAST({column} AS TEXT) END"
    return column if affinity_of(table.columns[name]) == "TEXT" else f"CAST({column} AS TEXT)"


def id_text(table: SqlTable) -> str:
    """SQL that gives the id of a row as text."""
    return _joined([f"CAST({quote(key)} AS TEXT)" for key in table.keys])


def alive(table: SqlTable) -> str:
    """SQL that says whether a row counts as present: its mark is null, 0, false or an empty text."""
    if table.deleted is None:
        return "true"
    name = quote(table.deleted)
    return f"({name} IS NULL OR {name} IN (0, '', '0', 'false'))"


def mark_of_deletion(column: SqlColumn) -> str:
    """SQL of the value that says that a row is deleted: the time, or 1 in a column of numbers or truth."""
    times = column.family in ("instant", "clock", "date", "text")
    return "strftime('%Y-%m-%dT%H:%M:%fZ')" if times else "1"


def has_id(table: SqlTable) -> str:
    """SQL that says whether a row has the id whose parts are the parameters, one a key."""
    return " AND ".join(f"{_key(table, key)} = ?" for key in table.keys)


def among(table: SqlTable) -> str:
    """SQL that says whether the id of a row is one of those in a JSON parameter."""
    keys = [_key(table, key) for key in table.keys]
    if len(keys) == 1:
        return f"{keys[0]} IN (SELECT value FROM json_each(?))"
    parts = ", ".join(f"value ->> {place}" for place in range(len(keys)))
    return f"({', '.join(keys)}) IN (SELECT {parts} FROM json_each(?))"


def listed(table: SqlTable, ids: Sequence[str | None]) -> str:
    """Ids as the JSON parameter of `among`."""
    count = len(table.keys)
    if count == 1:
        return json.dumps(ids)
    return json.dumps([parts for one in ids if one is not None and (parts := parts_of(one, count))])


def _key(table: SqlTable, name: str) -> str:
    """SQL to compare a key with text: the plain name, so that its index serves, where SQLite converts it."""
    return f"CAST({quote(name)} AS TEXT)" if affinity_of(table.columns[name]) == "BLOB" else quote(name)


def _joined(parts: Sequence[str]) -> str:
    return joined_sql(
        parts, lambda value, old, new: f"replace({value}, '{old}', '{new}')", lambda *all_: " || ".join(all_)
    )
