"""Trial: what checked SQL gives for a few values, in an empty database of its own, cut off from files and network."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

#: Enough for a few rows of short values; a check of a stranger's spec gets no more.
MEMORY = "64MB"


@lru_cache(maxsize=64)
def answer(sql: str) -> tuple[tuple[Any, ...], ...]:
    """The rows that a statement gives over the values that stand in it; a spec is compiled several times in one run."""
    import duckdb  # only who has a line that converts needs it

    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": MEMORY,
        "threads": 1,
    }
    with duckdb.connect(":memory:", config=settings) as database:
        database.execute("SET TimeZone='UTC'; SET enable_external_access=false; SET lock_configuration=true")
        return tuple(database.execute(sql).fetchall())
