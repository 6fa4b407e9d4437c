"""All that is particular to SQLite: addresses, quoting, types, how a value becomes exact text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.catalog import Capabilities, FieldType
from engine.errors import UserError

CAN_READ = Capabilities(page_size=100_000, since=True, by_ids=10_000, bulk=True)
CAN_WRITE = Capabilities(
    create=True,
    update=True,
    delete=True,
    batch_size=50_000,
    page_size=100_000,
    since=True,
    by_ids=10_000,
    bulk=True,
)

#: The key of a table that the engine makes, unless the spec names another.
NEW_KEY = "id"

Affinity = Literal["TEXT", "INTEGER", "REAL", "NUMERIC", "BLOB"]

#: A word inside a column's declared type -> the type of the field; the first that fits counts.
_TYPES: tuple[tuple[str, FieldType], ...] = (
    ("BOOL", "boolean"),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table or query."""

    name: str
    declared: str = ""  #: the type as CREATE TABLE has it; empty = none, or a query's column
    required: bool = False  #: NOT NULL without a default
    unique: bool = False  #: no two rows may hold the same value; look-ups are served by an index
    generated: bool = False  #: the database computes it
    refers: str | None = None  #: the table whose row it names; None = no foreign key

    @property
    def affinity(self) -> Affinity:
        """How SQLite stores values of this column."""
        word = self.declared.upper()
        if not word:
            return "BLOB"
        return next((affinity for part, affinity in _AFFINITIES if part in word), "NUMERIC")

    @property
    def type(self) -> FieldType:
        """The type of the field; `unknown` where the declaration does not say."""
        word = self.declared.upper()
        return next((kind for part, kind in _TYPES if part in word), "unknown")

    @property
    def size(self) -> tuple[int, ...]:
        """The numbers in brackets: (12, 2) of `DECIMAL(12, 2)`; empty = none."""
        inside = re.search(r"\(([\d\s,]+)\)", self.declared)
        return tuple(int(number) for number in inside[1].split(",")) if inside else ()


def locate(url: str, base: str | Path | None, *, create: bool) -> Path:
    """The file of a `sqlite:///` address. Raises UserError for another one or a missing file."""
    scheme, slashes, rest = url.partition(":///")
    if scheme.split("+")[0] != "sqlite" or not slashes:
        raise UserError(
            f"There is no driver for a database of the kind `{url.partition(':')[0]}`.",
            remedy="Use sqlite:///folder/file.db, postgresql://USER@HOST/DATABASE or mysql://USER@HOST/DATABASE.",
        )
    path = Path(base or ".", rest).absolute()
    if path.is_dir() or (not create and not path.is_file()):
        raise UserError(
            f"There is no database file {path}.",
            remedy="Correct the path in `url`, or let the engine make it with `create: true`.",
        )
    if create and not path.parent.is_dir():
        raise UserError(f"The folder {path.parent} does not exist.", remedy="Make the folder.")
    return path


def quote(name: str) -> str:
    """A name that SQL takes as it is, whatever stands in it."""
    return '"' + name.replace('"', '""') + '"'


def text_of(column: Column, kind: FieldType) -> str:
    """SQL that gives the column's value as exact text, whatever type SQLite gave it.

    A float comes with the digits that give it back (19.99, not 19.989999999999998), a blob as its bytes,
    which the reader refuses unless they are text.
    """
    name = quote(column.name)
    if kind == "boolean":
        return f"CASE {name} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE CAST({name} AS TEXT) END"
    return name if column.affinity == "TEXT" else f"CAST({name} AS TEXT)"


def is_unmarked(column: Column) -> str:
    """SQL that says whether a mark of deletion is not set: null, 0, false or an empty text."""
    name = quote(column.name)
    return f"({name} IS NULL OR {name} IN (0, '', '0', 'false'))"


def mark_of_deletion(column: Column) -> str:
    """SQL of the value that says that a row is deleted: the time, or 1 in a column of numbers or truth."""
    times = column.type in ("instant", "date", "text")
    return "strftime('%Y-%m-%dT%H:%M:%fZ')" if times else "1"


def key_of(column: Column) -> str:
    """SQL to compare an id with text: the plain name, so that its index serves, where SQLite converts it."""
    name = quote(column.name)
    return f"CAST({name} AS TEXT)" if column.affinity == "BLOB" else name
