"""How a value leaves MariaDB or MySQL as exact text and enters it again, by what its column holds.

The driver fills parameters in at `%s`, so every other percent sign stands twice, also in a name.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from engine.connectors.sql.record_ids import joined_sql, parts_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from engine.connectors.sql.table import SqlColumn, SqlTable

_INTEGER = re.compile("-?[0-9]{1,19}")


def quote(name: str) -> str:
    """A name that SQL takes as it is, whatever stands in it."""
    return "`" + name.replace("`", "``").replace("%", "%%") + "`"


def text_of(table: SqlTable, name: str) -> str:
    """SQL that gives a column's value as exact text: true, 19.99, 2026-01-31, 2026-01-31T10:00:00+00:00.

    A time without a zone gets none, unless the spec declares it to be an instant: then it is taken as UTC.
    """
    if name not in table.columns:
        return joined_sql(
            [text_of(table, key) for key in table.keys],
            lambda value, old, new: (
                f"REPLACE({value}, '{old.replace('%', '%%')}', '{new.replace('%', '%%')}')"
            ),
            lambda *parts: f"CONCAT({', '.join(parts)})",
        )
    column, family = quote(name), table.columns[name].family
    if family == "boolean":
        return f"CASE {column} + 0 WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE CAST({column} + 0 AS CHAR) END"
    if family in ("instant", "clock"):
        iso = f"REPLACE(CAST({column} AS CHAR), ' ', 'T')"
        in_utc = family == "instant" or table.type(name) == "instant"
        return f"CONCAT({iso}, '+00:00')" if in_utc else iso
    if family == "text":
        return f"CONVERT({column} USING utf8mb4)"
    return f"CAST({column}{' + 0' if table.columns[name].base == 'bit' else ''} AS CHAR)"


def line_of(table: SqlTable, names: list[str]) -> str:
    """SQL that gives the columns as one line of CSV: null is an empty value, an empty text is `""`."""
    cells = [
        f"""IFNULL(CONCAT('"', REPLACE({text_of(table, name)}, '"', '""'), '"'), '')""" for name in names
    ]
    return f"""CAST(CONCAT({", ',', ".join(cells)}) AS BINARY)"""


def alive(table: SqlTable, owner: str) -> str:
    """SQL that says whether a row counts as present; `true` where rows are really deleted."""
    if table.deleted is None:
        return "true"
    mark = f"{owner}.{quote(table.deleted)}"
    family = table.columns[table.deleted].family
    numbers = ("boolean", "integer", "decimal", "number")
    return f"IFNULL({mark}, 0) = 0" if family in numbers else f"{mark} IS NULL"


def mark_of_deletion(column: SqlColumn) -> str:
    """SQL of the value that says that a row is deleted."""
    marks: Mapping[str, str] = {
        "instant": "CURRENT_TIMESTAMP(6)",
        "clock": "UTC_TIMESTAMP(6)",
        "date": "UTC_DATE()",
        "text": "CONCAT(REPLACE(CAST(UTC_TIMESTAMP(6) AS CHAR), ' ', 'T'), 'Z')",
    }
    return marks.get(column.family, "1")


def among(table: SqlTable, count: int) -> str:
    """SQL that says whether the id of a row is one of so many, whose keys are the parameters."""
    if not count:
        return "false"
    one = ", ".join(["%s"] * len(table.keys))
    keys = ", ".join(map(quote, table.keys))
    return f"({keys}) IN ({', '.join([f'({one})'] * count)})"


def keys_of(table: SqlTable, identity: str) -> tuple[str | int, ...] | None:
    """An id as parameters, one a key; None = no row can have it."""
    parts = parts_of(identity, len(table.keys))
    if parts is None:
        return None
    numbers = [table.columns[key].family == "integer" for key in table.keys]
    if not all(_INTEGER.fullmatch(part) for part, number in zip(parts, numbers, strict=True) if number):
        return None
    return tuple(int(part) if number else part for part, number in zip(parts, numbers, strict=True))


def bound(column: SqlColumn, texts: pa.ChunkedArray) -> list[Any]:
    """Values as parameters: truth as 1 and 0, times without the sign of UTC, all else as text."""
    import pyarrow.compute as pc

    if column.family == "boolean":
        numbers = {"true": 1, "false": 0}
        return [numbers.get(text, text) if text else text for text in texts.to_pylist()]
    if column.family in ("instant", "clock"):
        texts = pc.replace_substring_regex(texts, r"^(.{10})T(.*?)(Z|[+-]00:?00)?$", r"\1 \2")
    found: list[Any] = texts.to_pylist()
    return found


def moment(column: SqlColumn, since: str) -> str:
    """A moment as the server compares it with the column: in UTC, without a sign for it."""
    if column.family not in ("instant", "clock"):
        return since
    try:
        at = datetime.fromisoformat(since)
    except ValueError:
        return since  # the server says what it thinks of it
    at = at.astimezone(UTC) if at.tzinfo else at
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")
