"""Records of every product in one SQLite file: how it looks, when it changed, whether it was deleted.

A record is a JSON body as its product shows it, without id and times. `key` is the folded text by which the
product finds duplicates. Versions that were replaced are kept, so that a listing can be shown
as it was a moment ago.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

#: Raised with every change of the tables or of the seeded company: an older file is refused, not misread.
VERSION = 3

_FRESH = "Delete the file; the next start makes a fresh one."
_COLUMNS = "product, module, id, key, created, modified, deleted, since, body"
_INSERT = f"INSERT INTO record ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?)"  # noqa: S608  # our columns
_TABLES = f"""
CREATE TABLE record (
  product TEXT NOT NULL, module TEXT NOT NULL, id TEXT NOT NULL, key TEXT, created INTEGER NOT NULL,
  modified INTEGER NOT NULL, deleted INTEGER, since REAL NOT NULL, body TEXT NOT NULL,
  UNIQUE (product, module, id));
CREATE INDEX record_by_key ON record (product, module, key);
CREATE INDEX record_by_modified ON record (product, module, modified, id);
CREATE TABLE version (
  product TEXT NOT NULL, module TEXT NOT NULL, id TEXT NOT NULL, key TEXT, created INTEGER NOT NULL,
  modified INTEGER NOT NULL, deleted INTEGER, since REAL NOT NULL, body TEXT NOT NULL, until REAL NOT NULL);
CREATE TABLE token (
  token TEXT PRIMARY KEY, refresh_token TEXT NOT NULL, issued REAL NOT NULL, expires REAL NOT NULL);
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
PRAGMA user_version = {VERSION};
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record as it stands, or stood."""

    id: str
    key: str | None  #: folded text by which duplicates are found; None = the product looks for none
    created: int  #: epoch seconds
    modified: int  #: epoch seconds
    deleted: int | None  #: epoch seconds; None = it lives
    body: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which records, in which order."""

    where: tuple[str, ...] = ()  #: SQL conditions over the columns of `mine`, joined by AND
    args: tuple[Any, ...] = ()
    order: str = "id"
    limit: int = -1  #: -1 = all
    offset: int = 0
    as_of: float | None = None  #: as the store looked at that moment (epoch seconds); None = now


def last_id(product: str) -> str:
    """The setting that holds the last id which a product gave out."""
    return f"last-id/{product}"


def fold(text: str) -> str:
    """The form in which names are compared: no outer space, no case."""
    return " ".join(text.split()).casefold()


class Store:
    """One SQLite file. Used from one thread at a time; several processes may share the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=10
            )
        except sqlite3.OperationalError as error:
            raise UserError(f"The sandbox file {path} cannot be opened: {error}.") from error
        # SQLite's own lower() knows ASCII only.
        self._connection.create_function(
            "fold", 1, lambda v: v if v is None else fold(str(v)), deterministic=True
        )
        try:
            self._prepare()
        except UserError:
            self.close()
            raise

    def _prepare(self) -> None:
        try:
            self.execute("PRAGMA journal_mode = WAL")
            self.execute("PRAGMA synchronous = NORMAL")
            version = self._version()
        except sqlite3.DatabaseError as error:
            raise UserError(
                f"The sandbox file {self.path} cannot be used: {error}.", remedy=_FRESH
            ) from error
        if version not in (0, VERSION):
            words = f"The sandbox file {self.path} was made by another version of the engine."
            raise UserError(words, remedy=_FRESH)

    def _version(self) -> int:
        return int(self.execute("PRAGMA user_version").fetchone()[0])

    def create_tables(self) -> bool:
        """Lay out an empty store, inside the caller's transaction; False if that is done already."""
        if self._version() == VERSION:
            return False
        for statement in _TABLES.split(";\n"):
            self.execute(statement)
        return True

    def clear(self) -> None:
        """Forget every record, token and setting."""
        for table in ("record", "version", "token", "setting"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608  # the names stand one line above

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; the write lock is taken at once."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def execute(self, sql: str, args: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement, for the tables beside the records."""
        return self._connection.execute(sql, args)

    def setting(self, name: str) -> str | None:
        """A remembered value; None = never set."""
        row = self.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def remember(self, name: str, value: str) -> None:
        """Keep a value across restarts."""
        self.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))

    def next_id(self, product: str, first: int) -> str:
        """A new id of a product: digits as text, too long for a float; `first` starts the row."""
        last = self.setting(last_id(product))
        new = first if last is None else int(last) + 1
        self.remember(last_id(product), str(new))
        return str(new)

    def add(self, product: str, module: str, row: Row, *, since: float) -> None:
        """Insert a record."""
        self.execute(_INSERT, _values(product, module, row, since))

    def add_all(self, records: Iterable[tuple[str, str, Row]]) -> None:
        """Insert many records, each with its product and module, as old as they say they are."""
        values = (_values(product, module, row, row.modified) for product, module, row in records)
        self._connection.executemany(_INSERT, values)

    def replace(self, product: str, module: str, row: Row, *, since: float) -> None:
        """Put a new version of a record in place of the present one, which is kept as history."""
        where = (product, module, row.id)
        self.execute(
            f"INSERT INTO version ({_COLUMNS}, until) SELECT {_COLUMNS}, ? FROM record"  # noqa: S608  # our columns
            " WHERE product = ? AND module = ? AND id = ?",
            (since, *where),
        )
        self.execute(
            "UPDATE record SET key = ?, modified = ?, deleted = ?, since = ?, body = ?"
            " WHERE product = ? AND module = ? AND id = ?",
            (row.key, row.modified, row.deleted, since, json.dumps(row.body, ensure_ascii=False), *where),
        )

    def get(self, product: str, module: str, id: str) -> Row | None:  # noqa: A002  # the word of the domain
        """A living record; None = there is none of that id."""
        rows = self.rows(product, module, Query(where=("id = ?", "deleted IS NULL"), args=(id,)))
        return rows[0] if rows else None

    def rows(self, product: str, module: str, query: Query) -> list[Row]:
        """The records that a query asks for."""
        where = " AND ".join(("product = ?", "module = ?", *query.where))
        columns = "id, key, created, modified, deleted, body"
        source, before = _source(query.as_of)
        cursor = self.execute(
            f"SELECT {columns} FROM {source} AS mine WHERE {where} ORDER BY {query.order} LIMIT ? OFFSET ?",  # noqa: S608  # conditions are ours, values are bound
            (*before, product, module, *query.args, query.limit, query.offset),
        )
        return [
            Row(id=r[0], key=r[1], created=r[2], modified=r[3], deleted=r[4], body=json.loads(r[5]))
            for r in cursor
        ]

    def count(self, product: str, module: str) -> int:
        """Living records of a module."""
        sql = "SELECT count(*) FROM record WHERE product = ? AND module = ? AND deleted IS NULL"
        return int(self.execute(sql, (product, module)).fetchone()[0])

    def texts(self, product: str, module: str, ids: Sequence[str], field: str) -> dict[str, str]:
        """One text field of many records by id, deleted ones included: names of what is referred to."""
        marks = ",".join("?" * len(ids))
        sql = (
            "SELECT id, json_extract(body, ?) FROM record"  # noqa: S608  # only question marks are put in
            f" WHERE product = ? AND module = ? AND id IN ({marks})"
        )
        return {r[0]: r[1] or "" for r in self.execute(sql, (f"$.{field}", product, module, *ids))}


def _values(product: str, module: str, row: Row, since: float) -> tuple[Any, ...]:
    body = json.dumps(row.body, ensure_ascii=False)
    return product, module, row.id, row.key, row.created, row.modified, row.deleted, since, body


def _source(as_of: float | None) -> tuple[str, tuple[float, ...]]:
    """The table to read: the present, or every record in the version that stood at a moment."""
    if as_of is None:
        return "record", ()
    past = (
        f"(SELECT {_COLUMNS} FROM record WHERE since <= ? UNION ALL"  # noqa: S608  # our columns
        f" SELECT {_COLUMNS} FROM version WHERE since <= ? AND until > ?)"
    )
    return past, (as_of, as_of, as_of)
