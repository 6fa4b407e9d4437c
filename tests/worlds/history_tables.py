"""Ends of a history that are tables of a database: SQLite, PostgreSQL, MariaDB."""

from __future__ import annotations

import sqlite3
from abc import abstractmethod
from contextlib import closing
from typing import TYPE_CHECKING, Any

from database_servers import Mariadb, Postgres
from history_ends import FIELDS, STAMPED, End, Row, plain

if TYPE_CHECKING:
    from collections.abc import Mapping


class Table(End):
    """A table of a database, by whatever driver."""

    clock = True
    mark = "%s"

    @abstractmethod
    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """One statement, committed at once."""

    def rows(self) -> list[Row]:
        """Every record."""
        names = ("id", "code", *FIELDS)
        found = self.ask(f"SELECT {', '.join(names)} FROM people ORDER BY id")
        return [{name: plain(value) for name, value in zip(names, row, strict=True)} for row in found]

    def add(self, row: Mapping[str, str | None]) -> None:
        """One more row; its id is counted."""
        marks = ", ".join([self.mark] * len(row))
        self.ask(f"INSERT INTO people ({', '.join(row)}) VALUES ({marks})", *row.values())

    def edit(self, id_: str, field: str, value: str | None) -> None:
        """One column of one row."""
        self.ask(f"UPDATE people SET {field} = {self.mark} WHERE id = {self.mark}", value, int(id_))

    def delete(self, id_: str) -> None:
        """One row less."""
        self.ask(f"DELETE FROM people WHERE id = {self.mark}", int(id_))


class Sqlite(Table):
    """A SQLite file that keeps the time of each change."""

    mark = "?"

    def make(self) -> None:
        """With a trigger, for SQLite stamps nothing itself."""
        now = "strftime('%Y-%m-%dT%H:%M:%fZ')"
        with closing(sqlite3.connect(self.folder / f"{self.name}.db")) as database:
            database.executescript(
                "CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT UNIQUE, note TEXT, "
                f"qty INTEGER, born DATE, changed TEXT NOT NULL DEFAULT ({now}));"
                "CREATE TRIGGER stamp AFTER UPDATE ON people BEGIN "
                f"UPDATE people SET changed = {now} WHERE id = NEW.id; END;"
            )

    @property
    def system(self) -> str:
        """With the time of change as the cursor."""
        return f'{{ connector: sql, with: {{ url: "sqlite:///{self.name}.db", streams: {STAMPED} }} }}'

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """One statement."""
        with closing(sqlite3.connect(self.folder / f"{self.name}.db", timeout=20)) as database, database:
            return database.execute(sql, values).fetchall()


class OnServer(Table):
    """A table of a database server, in a database of its own."""

    kind: type[Postgres | Mariadb]
    script: str

    def make(self) -> None:
        """The table."""
        self.server = self.kind(self.folder)
        self.server.make(self.script)

    @property
    def system(self) -> str:
        """With the time of change as the cursor."""
        return f'{{ connector: sql, with: {{ url: "{self.server.url}", streams: {STAMPED} }} }}'

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """One statement."""
        return self.server.ask(sql, values)

    def close(self) -> None:
        """Drop the database."""
        self.server.drop()


class PostgresTable(OnServer):
    """A table of PostgreSQL."""

    kind = Postgres
    script = (
        "CREATE TABLE people (id serial PRIMARY KEY, code text UNIQUE, note text, qty integer, born date, "
        "changed timestamptz NOT NULL DEFAULT clock_timestamp());\n"
        "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN NEW.changed := clock_timestamp(); RETURN NEW; END';\n"
        "CREATE TRIGGER stamp BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION stamp()"
    )


class MariadbTable(OnServer):
    """A table of MariaDB."""

    kind = Mariadb
    script = (
        "CREATE TABLE people (id int AUTO_INCREMENT PRIMARY KEY, code varchar(50) UNIQUE, note varchar(200), qty int, "
        "born date, changed datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6))"
    )
