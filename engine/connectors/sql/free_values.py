"""Free values: what rows hold for a moment, inside a transaction, while they exchange values that must be unique."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.connectors.sql.table import SqlColumn, SqlTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """SQL of values by chance, a new one for each row."""

    text: str
    number: str  #: negative and whole


def free_values(table: SqlTable, names: Sequence[str], chance: Chance) -> dict[str, str]:
    """For each of these columns that a unique index covers SQL of a value that nobody else holds.

    Nothing is free in a column that must be filled and refers to others, or takes neither text nor numbers.
    """
    found = {name: _free(table.columns[name], chance) for name in names if name not in table.keys}
    return {name: sql for name, sql in found.items() if sql is not None}


def _free(column: SqlColumn, chance: Chance) -> str | None:
    if not column.shared:
        return None
    if not column.filled:
        return "NULL"
    if column.refers is not None or column.choices:
        return None
    if column.family == "text":
        return chance.text if column.max_length is None else f"substr({chance.text}, 1, {column.max_length})"
    return chance.number if column.family in ("integer", "decimal", "number") else None
