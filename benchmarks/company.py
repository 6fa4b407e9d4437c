"""The records of the benchmark: seeded accounts in a SQLite file, and what changes in them later.

Run as a program, because each step of the benchmark is a process of its own: `company.py make|change FILE --rows N`.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEED = 20261121
START = datetime(2025, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 6, 1, tzinfo=UTC)

SOURCE = """
CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY, name TEXT, phone TEXT, website TEXT, industry TEXT, street TEXT, city TEXT,
    postcode TEXT, country TEXT, revenue DECIMAL(14, 2), employees INTEGER, modified_time TEXT NOT NULL)
"""
TARGET = """
CREATE TABLE contacts (
    contact_id TEXT NOT NULL PRIMARY KEY, display_name TEXT, telephone TEXT, homepage TEXT, branch TEXT,
    address_line TEXT, town TEXT, zip TEXT, country_code TEXT, yearly_revenue DECIMAL(14, 2), staff INTEGER,
    last_modified TEXT)
"""

_FIRST = (
    "Alder",
    "Birch",
    "Cedar",
    "Dahlia",
    "Elm",
    "Fern",
    "Grove",
    "Hazel",
    "Iris",
    "Juniper",
    "Linden",
    "Müller",
)
_SECOND = (
    "Foods",
    "Logistics",
    "Works",
    "Optics",
    "Partners",
    "Textiles",
    "Energy",
    "Print",
    "Systems",
    "& Sons",
)
_INDUSTRIES = ("Retail", "Energy", "Manufacturing", "Banking", "Health", "Transport", "Education", None)
_STREETS = ("High Street", "Station Road", "Rue de l'Église", "Hafenstraße", "Mill Lane", "Calle Mayor")
_CITIES = (("Leeds", "GB"), ("Bonn", "DE"), ("Lyon", "FR"), ("Porto", "PT"), ("Graz", "AT"), ("Boston", "US"))


def make(file: Path, rows: int) -> None:
    """A new source with so many accounts, in shuffled order of their ids."""
    draw = random.Random(SEED)
    numbers = list(range(rows))
    draw.shuffle(numbers)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute(SOURCE)
        _insert(connection, (_account(draw, number, START) for number in numbers))
        connection.execute("CREATE INDEX accounts_modified ON accounts (modified_time)")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def change(file: Path, rows: int) -> None:
    """Change 1 % of the accounts and add 0.5 %, all later than anything that was there."""
    draw = random.Random(SEED + 1)
    changed = draw.sample(range(rows), rows // 100)
    with closing(sqlite3.connect(file)) as connection:
        connection.executemany(
            "UPDATE accounts SET phone = ?, revenue = ?, employees = ?, modified_time = ? WHERE id = ?",
            (
                (_phone(draw), _revenue(draw), _employees(draw), _time(draw, LATER), _id(one))
                for one in changed
            ),
        )
        _insert(connection, (_account(draw, number, LATER) for number in range(rows, rows + rows // 200)))
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def change_both(source: Path, target: Path, rows: int) -> None:
    """Change 1 % of the accounts on each side; a tenth of these are the same accounts, and the same fields of them."""
    draw = random.Random(SEED + 2)
    some = draw.sample(range(rows), rows // 100 * 19 // 10)
    left, right = some[: rows // 100], some[-(rows // 100) :]
    for file, table, names, changed in (
        (source, "accounts", ("phone", "revenue", "id"), left),
        (target, "contacts", ("telephone", "yearly_revenue", "contact_id"), right),
    ):
        with closing(sqlite3.connect(file)) as connection:
            connection.executemany(
                "UPDATE {} SET {} = ?, {} = ? WHERE {} = ?".format(table, *names),
                ((_phone(draw), _revenue(draw), _id(one)) for one in changed),
            )
            connection.commit()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def make_target(file: Path) -> None:
    """An empty target, whose key has its index."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(TARGET)
        connection.commit()


def totals(file: Path, table: str, amount: str) -> tuple[int, int]:
    """(records, their revenue in cents) of a table, to check a step by."""
    with closing(sqlite3.connect(file)) as connection:
        found = connection.execute(
            f"SELECT count(*), sum(CAST(round({amount} * 100) AS INTEGER)) FROM {table}"
        )
        count, cents = found.fetchone()
    return int(count), int(cents or 0)


def _insert(connection: sqlite3.Connection, accounts: Iterator[tuple[object, ...]]) -> None:
    connection.executemany(f"INSERT INTO accounts VALUES ({', '.join('?' * 12)})", accounts)


def _account(draw: random.Random, number: int, since: datetime) -> tuple[object, ...]:
    pick = draw.random
    city, country = _CITIES[int(pick() * len(_CITIES))]
    return (
        _id(number),
        f"{_FIRST[int(pick() * len(_FIRST))]} {_SECOND[int(pick() * len(_SECOND))]} {number}",
        _phone(draw) if pick() < 0.9 else None,
        f"https://a{number}.example",
        _INDUSTRIES[int(pick() * len(_INDUSTRIES))],
        f"{_STREETS[int(pick() * len(_STREETS))]} {int(pick() * 200)}",
        city,
        f"{int(pick() * 90_000) + 10_000}",
        country,
        _revenue(draw),
        _employees(draw),
        _time(draw, since),
    )


def _id(number: int) -> str:
    return f"acct{number:012d}"


def _phone(draw: random.Random) -> str:
    return f"+49 228 {int(draw.random() * 9_000_000) + 1_000_000}"


def _revenue(draw: random.Random) -> float:
    return round(draw.random() * 10_000_000, 2)


def _employees(draw: random.Random) -> int:
    return int(draw.random() * 5_000)


def _time(draw: random.Random, since: datetime) -> str:
    moment = since + timedelta(seconds=int(draw.random() * 86_400 * 300))
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def main() -> None:
    from pathlib import Path

    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("act", choices=["make", "change"])
    words.add_argument("file", type=Path)
    words.add_argument("--rows", type=int, required=True)
    asked = words.parse_args()
    (make if asked.act == "make" else change)(asked.file, asked.rows)


if __name__ == "__main__":
    main()
