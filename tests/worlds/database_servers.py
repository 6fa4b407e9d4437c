"""Real database servers for tests: where they are, and a schema or database of its own for each test.

`ENGINE_TEST_POSTGRES` and `ENGINE_TEST_MARIADB` say where; a machine without the server skips its tests. Run as a
program, this file says which server does not answer, for checks in which nothing may be skipped.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import uuid
from abc import ABC, abstractmethod
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from open_connectors import opened

from engine.connectors.sql import SQL
from engine.connectors.sql.address import parse_address
from engine.testing import SystemUnderTest, surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from engine.connectors.sql.connector import SqlConnector
    from engine.event import Event

POSTGRES = os.environ.get("ENGINE_TEST_POSTGRES", "postgresql://root@127.0.0.1:5432/test")
MARIADB = os.environ.get("ENGINE_TEST_MARIADB", "mysql://root@127.0.0.1:3306/test")


class Server(ABC):
    """A schema (PostgreSQL) or database (MariaDB) that one test owns, and a plain way to look into it."""

    url: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = f"engine_{uuid.uuid4().hex[:12]}"

    @abstractmethod
    def ask(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement with a plain driver, committed at once."""

    def make(self, script: str) -> None:
        """Run statements that are divided by a semicolon at the end of a line."""
        for statement in script.split(";\n"):
            if statement.strip():
                self.ask(statement)

    def open(self, seen: list[Event] | None = None, **more: Any) -> SqlConnector:
        """The connector under test."""
        said = {"url": self.url, **more}
        connector: SqlConnector = opened(SQL.open(said, surroundings(self.folder, seen)))
        return connector

    def system(self, people: str) -> SystemUnderTest:
        """For the suite: the table `people` as the script makes it, changed_at kept by the server."""
        self.make(people)

        def plant(rows: Any) -> list[str]:
            before = {id_ for (id_,) in self.ask("SELECT id FROM people")}
            values = [value for row in rows for value in (row["name"], row.get("city"))]
            self.ask(f"INSERT INTO people (name, city) VALUES {', '.join(['(%s, %s)'] * len(rows))}", values)
            return [str(id_) for (id_,) in self.ask("SELECT id FROM people ORDER BY id") if id_ not in before]

        def edit(identity: str, values: Any) -> None:
            for name, value in values.items():
                self.ask(f"UPDATE people SET {name} = %s WHERE id = %s", (value, identity))

        def remove(identity: str) -> None:
            self.ask("DELETE FROM people WHERE id = %s", (identity,))

        def look() -> dict[str, dict[str, Any]]:
            rows = self.ask("SELECT id, name, city FROM people")
            return {str(id_): {"name": name, "city": city} for id_, name, city in rows}

        return SystemUnderTest(
            connect=lambda: self.open(streams={"people": {"modified": "changed_at"}}),
            stream="people",
            plant=plant,
            look=look,
            edit=edit,
            remove=remove,
            refused={"name": None},
        )


class Postgres(Server):
    """A schema of its own."""

    def __init__(self, folder: Path) -> None:
        from adbc_driver_postgresql import dbapi

        super().__init__(folder)
        self.url = f"{POSTGRES}{'&' if '?' in POSTGRES else '?'}schema={self.name}"
        self.plain = dbapi.connect(POSTGRES, autocommit=True)
        self.ask(f"CREATE SCHEMA {self.name}")
        self.ask(f"SET search_path = {self.name}, public")

    def ask(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        # Written out, because the driver would want each parameter to have the column's own type.
        quoted = ["NULL" if one is None else "'" + str(one).replace("'", "''") + "'" for one in parameters]
        with closing(self.plain.cursor()) as cursor:
            cursor.execute(sql % tuple(quoted) if quoted else sql)
            return list(cursor.fetchall()) if cursor.description else []

    def drop(self) -> None:
        """Leave nothing behind."""
        self.ask(f"DROP SCHEMA {self.name} CASCADE")
        self.plain.close()


class Mariadb(Server):
    """A database of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.url = f"{MARIADB.rpartition('/')[0]}/{self.name}"
        self.plain = connect_mariadb()
        self.ask(f"CREATE DATABASE {self.name} CHARACTER SET utf8mb4")
        self.plain.select_db(self.name)

    def ask(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        with self.plain.cursor() as cursor:
            cursor.execute(sql, tuple(parameters) or None)
            return list(cursor.fetchall())

    def drop(self) -> None:
        """Leave nothing behind."""
        self.ask(f"DROP DATABASE {self.name}")
        self.plain.close()


def connect_mariadb() -> Any:
    """A plain connection that commits every statement."""
    import pymysql

    where = parse_address(MARIADB, None)
    return pymysql.connect(
        host=where.host,
        port=where.port,
        user=where.user,
        password=where.password or "",
        charset="utf8mb4",
        autocommit=True,
    )


class Sqlite(Server):
    """A file of its own; needs no server."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.url = f"sqlite:///{folder / 'test.db'}"
        self.plain = sqlite3.connect(folder / "test.db", isolation_level=None)

    def ask(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        return self.plain.execute(sql.replace("%s", "?") if parameters else sql, tuple(parameters)).fetchall()

    def drop(self) -> None:
        """Leave nothing behind."""
        self.plain.close()


@contextmanager
def sqlite(folder: Path) -> Iterator[Sqlite]:
    """A file for one test."""
    server = Sqlite(folder)
    try:
        yield server
    finally:
        server.drop()


@contextmanager
def mariadb(folder: Path) -> Iterator[Mariadb]:
    """A database for one test; skips where there is no server."""
    try:
        server = Mariadb(folder)
    except Exception as error:  # noqa: BLE001 - whatever the driver says, there is no server to test with
        pytest.skip(f"no MariaDB server: {error}")
    try:
        yield server
    finally:
        server.drop()


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """A schema for one test; skips where there is no server."""
    try:
        server = Postgres(folder)
    except Exception as error:  # noqa: BLE001 - whatever the driver says, there is no server to test with
        pytest.skip(f"no PostgreSQL server: {error}")
    try:
        yield server
    finally:
        server.drop()


def unreachable() -> list[str]:
    """A sentence for each server that does not answer."""
    import psycopg
    import pymysql

    servers: dict[tuple[str, str], Callable[[], Any]] = {
        ("PostgreSQL", "ENGINE_TEST_POSTGRES"): lambda: psycopg.connect(POSTGRES, connect_timeout=60),
        ("MariaDB", "ENGINE_TEST_MARIADB"): connect_mariadb,
    }
    told = []
    for (product, variable), connect in servers.items():
        try:
            connect().close()
        except (psycopg.Error, pymysql.Error) as error:
            told.append(
                f"{product} does not answer, and the tests need it: {error}. {variable} says where it is."
            )
    return told


if __name__ == "__main__":
    sys.exit("\n".join(unreachable()) or 0)
