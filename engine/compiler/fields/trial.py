"""Trial: what checked SQL gives for a few values, in an empty database of its own, cut off from files and network."""

from __future__ import annotations

from typing import Any

#: Enough for a few rows of short values; a check of a stranger's spec gets no more.
MEMORY = "64MB"


def answer(sql: str) -> list[tuple[Any, ...]]:
    """The rows that a statement gives over the values that stand in it."""
    import duckdb  # only who has a line that converts needs it

    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": MEMORY,
        "threads": 1,
    }
    with duckdb.connect(":memory:", config=settings) as database:
        database.execute("SET TimeZone='UTC'; SET enable_external_access=false; SET lock_configuration=true")
        return database.execute(sql).fetchall()
