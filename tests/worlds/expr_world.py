"""A small world for tests of expressions: a stream with every type, options, and rows that are hard to handle."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from functools import lru_cache
from typing import Any, get_args

import duckdb

from engine.catalog import Field, FieldType, Stream
from engine.expr.build import sql_type
from engine.expr.scope import FieldScope, OptionValue

TYPES: tuple[FieldType, ...] = get_args(FieldType)
CHOICES = ("open", "won", "lost")

OPTIONS = {
    "customers": OptionValue(type="enum", value="accounts", choices=("accounts", "contacts", "both")),
    "limit": OptionValue(type="decimal", value=Decimal("12.5")),
    "from": OptionValue(type="date", value="2026-01-31"),
    "figures": OptionValue(type="boolean", value=True),
    "view": OptionValue(type="text"),
}


def fields() -> dict[str, Field]:
    """One field of every type, named `f_TYPE`, and some with names that need care."""
    made = {f"f_{kind}": Field(name=f"f_{kind}", type=kind) for kind in TYPES}
    made["f_enum"] = Field(name="f_enum", type="enum", choices=CHOICES)
    made["f_money"] = Field(name="f_money", type="money", scale=2)
    made["f_fine"] = Field(name="f_fine", type="decimal", scale=18)
    made["billing.city"] = Field(name="billing.city", type="text")
    made["owner"] = Field(name="owner", type="id", refers="users")
    made["Order Date"] = Field(name="Order Date", type="date")
    made["Group"] = Field(name="Group", type="text")
    return made


STREAM = Stream(name="Deals", id="f_id", fields=fields())
USERS = Stream(
    name="users",
    id="id",
    fields={"id": Field(name="id", type="id"), "active": Field(name="active", type="boolean")},
)


def scope(*functions: str) -> FieldScope:
    """The fields of the stream, walking from `owner` to the users."""
    allowed = frozenset(functions or ("today",))
    return FieldScope(
        stream=STREAM,
        options=OPTIONS,
        system="crm",
        functions=allowed,
        walk=lambda field: USERS if field.refers == "users" else None,
    )


_HARD: dict[FieldType, tuple[Any, ...]] = {
    "text": (
        "",
        " ",
        "a",
        "Ä",
        "e\u0301",
        "12",
        "-5.5",
        "2026-01-31",
        "it's",
        "%_\\",
        "\u0130",
        "👍🏽",
        "x" * 300,
    ),
    "integer": (0, 1, -1, 2**63 - 1, -(2**63), 10**9),
    "decimal": (
        Decimal(0),
        Decimal("0.1"),
        Decimal("-99999999999999999999.999999999"),
        Decimal("1e19"),
        Decimal("2.5"),
    ),
    "money": (
        Decimal(0),
        Decimal("12.30"),
        Decimal("-99999999999999999999.99"),
        Decimal("99999999999999999999.99"),
    ),
    "number": (0.0, -0.0, 1.5, 1.7e308, -1.7e308, 5e-324, 1e20),
    "boolean": (True, False),
    "date": (dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(2024, 2, 29), dt.date(2026, 1, 31)),
    "instant": ("0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00", "2026-01-31 09:00:00.5+00"),
    "duration": (0, 90, 2**63 - 1),
    "enum": (*CHOICES, "other"),
    "list": ("[]", "[1,2]"),
    "object": ("{}",),
}


def _hard_value(field: Field, chance: random.Random) -> Any:
    if chance.random() < 0.25:
        return None
    if field.name == "f_fine":
        return chance.choice((Decimal("99999999999999999999.999999999999999999"), Decimal("1e-18")))
    return chance.choice(_HARD.get(field.type, _HARD["text"]))


def open_database() -> duckdb.DuckDBPyConnection:
    """A session as the engine opens one: in UTC."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection


@lru_cache(maxsize=1)
def world() -> duckdb.DuckDBPyConnection:
    """A session with `rows` (hard canonical values in many combinations) and `nothing` (the same, without rows)."""
    connection = open_database()
    known = {**fields(), "owner.active": Field(name="owner.active", type="boolean")}
    columns = ", ".join(
        f'"{name}" {sql_type(f.type, scale=f.scale).sql("duckdb")}' for name, f in known.items()
    )
    slots = '"_today" DATE, "_origin" TEXT, "_linked:accounts:f_id" BOOLEAN'
    connection.execute(f"CREATE TABLE rows ({columns}, {slots})")
    connection.execute(f"CREATE TABLE nothing ({columns}, {slots})")
    chance = random.Random(7)
    day = dt.date(2026, 11, 21)
    for _ in range(60):
        values = [_hard_value(field, chance) for field in known.values()]
        values += [day, chance.choice((None, "crm")), chance.choice((None, True))]
        connection.execute(f"INSERT INTO rows VALUES ({', '.join('?' * len(values))})", values)
    return connection
