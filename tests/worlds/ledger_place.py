"""Places for new ledgers: a file, or a schema of its own on the PostgreSQL server that the tests may use."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: A database in which the tests may make schemas.
SERVER = os.environ.get("ENGINE_TEST_POSTGRES", "postgresql://root@127.0.0.1:5432/test")

#: Nothing a test proves hangs on what is left after a power cut, so no commit waits for the disk.
_QUICK = quote("-c synchronous_commit=off")


@cache
def refusal() -> str | None:
    """Why the server cannot be used; None = it can."""
    try:
        psycopg.connect(SERVER, connect_timeout=60).close()
    except psycopg.OperationalError as error:
        return str(error)
    return None


def demand_server() -> None:
    """Skip the test where there is no server; one that was named must be there."""
    why = refusal()
    if why is not None and "ENGINE_TEST_POSTGRES" in os.environ:
        pytest.fail(f"ENGINE_TEST_POSTGRES names a server that does not answer: {why}")
    if why is not None:
        pytest.skip("There is no PostgreSQL server here; name one in ENGINE_TEST_POSTGRES.")


def on_server(statement: str, schema: str = "public") -> list[tuple[Any, ...]]:
    """Execute a statement at once; answers with its rows, if it has any."""
    options = f"-c synchronous_commit=off -c search_path={schema}"
    with psycopg.connect(SERVER, autocommit=True, options=options) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


@contextmanager
def new_schema() -> Iterator[str]:
    """The URL of a schema that is not there yet, and is gone afterwards."""
    demand_server()
    schema = f"test_{uuid4().hex}"
    try:
        yield f"{SERVER}{'&' if '?' in SERVER else '?'}options={_QUICK}&schema={schema}"
    finally:
        on_server(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


@contextmanager
def new_place(kind: str, folder: Path) -> Iterator[str]:
    """The path or URL of a ledger that is not there yet; `kind` is sqlite or postgresql."""
    if kind == "sqlite":
        yield str(folder / "ledger.db")
    else:
        with new_schema() as url:
            yield url


def schema_of(place: str) -> str:
    """The schema that `new_schema` made up."""
    return place.rpartition("schema=")[2]


def ask(place: str, statement: str) -> list[tuple[Any, ...]]:
    """Execute a statement in the ledger's database, past the ledger."""
    if place.startswith("postgresql"):
        return on_server(statement, schema_of(place))
    with closing(sqlite3.connect(place)) as connection, connection:
        return connection.execute(statement).fetchall()
