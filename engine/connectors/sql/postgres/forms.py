"""How a value leaves PostgreSQL as exact text and enters it again, by what its column holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.connectors.sql.record_ids import joined_sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.connectors.sql.table import Family, SqlColumn, SqlTable

#: Families whose ids are compared in their own type, so that the index serves: the type, and what fits it.
KEYS: Mapping[Family, tuple[str, str]] = {
    "text": ("text", "(?s).*"),
    "integer": ("bigint", "-?[0-9]{1,18}"),
    "uuid": ("uuid", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
}
#: Texts that are equal only if they read alike.
PLAIN = ("pg_catalog.text", 'pg_catalog."varchar"', "pg_catalog.varchar")


def quote(name: str) -> str:
    """A name that SQL takes as it is, whatever stands in it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL writes it; for what cannot be a parameter."""
    plain = "'" + text.replace("'", "''") + "'"
    return plain if "\\" not in text else " E" + plain.replace("\\", "\\\\")


def pattern_of(column: SqlColumn) -> str:
    """A regular expression of the ids that a row can have in this column."""
    return KEYS.get(column.family, KEYS["text"])[1]


def id_text(table: SqlTable) -> str:
    """SQL that gives the id of a row as text."""
    return joined_sql(
        [f"{quote(key)}::text" for key in table.keys],
        lambda value, old, new: f"replace({value}, '{old}', '{new}')",
        lambda *parts: " || ".join(parts),
    )


def text_of(table: SqlTable, name: str) -> str:
    """SQL that gives a column's value as exact text: true, 19.99, 2026-01-31, 2026-01-31T10:00:00+00:00.

    A time without a zone gets none, unless the spec declares it to be an instant: then it is taken as UTC.
    """
    if name not in table.columns:
        return id_text(table)
    column, field = quote(name), table.columns[name]
    if field.family == "money":
        return f"{column}::numeric::text"
    if field.family == "array":
        return f"to_json({column})::text"
    if field.family in ("instant", "clock"):
        zone = ":00" if field.family == "instant" else "+00:00"
        end = f" || '{zone}'" if field.family == "instant" or table.type(name) == "instant" else ""
        iso = f"translate({column}::text, ' ', 'T'){end}"
        return f"CASE WHEN isfinite({column}) THEN {iso} ELSE {column}::text END"
    return f"{column}::text"


def value_of(column: SqlColumn, text: str) -> str:
    """SQL that turns staged text into a value of the column.

    The type is named without its length: a cast to varchar(3) would cut the text, the assignment refuses it.
    """
    if column.family == "text":
        return text
    if column.family == "array":
        items = f"ARRAY(SELECT json_array_elements_text({text}::json))::{column.base}"
        return f"CASE WHEN {text} IS NOT NULL THEN {items} END"
    if column.family == "money":
        return f"{text}::numeric::money"
    return f"{text}::{column.base}"


def same_id(table: SqlTable, texts: Sequence[str], owner: str) -> str:
    """SQL that says whether a row of `owner` has the id of these parts, exactly as it reads."""
    keys = (table.columns[key] for key in table.keys)
    return " AND ".join(_same(key, text, owner) for key, text in zip(keys, texts, strict=True))


def _same(column: SqlColumn, text: str, owner: str) -> str:
    key = f"{owner}.{quote(column.name)}"
    exact = f"{key}::text = {text}"
    if column.family == "text":
        return exact if column.base in PLAIN else f"{key} = {text}::{column.base} AND {exact}"
    if column.family in KEYS:
        return f"{key} = {text}::{KEYS[column.family][0]} AND {exact}"
    return exact


def alive(table: SqlTable, owner: str) -> str:
    """SQL that says whether a row counts as present; `true` where rows are really deleted."""
    if table.deleted is None:
        return "true"
    mark = f"{owner}.{quote(table.deleted)}"
    family = table.columns[table.deleted].family
    if family == "boolean":
        return f"{mark} IS NOT TRUE"
    return f"coalesce({mark}, 0) = 0" if family in ("integer", "decimal", "number") else f"{mark} IS NULL"


def mark_of_deletion(column: SqlColumn) -> str:
    """SQL of the value that says that a row is deleted."""
    marks: Mapping[str, str] = {
        "boolean": "true",
        "instant": "now()",
        "clock": "now() AT TIME ZONE 'UTC'",
        "date": "current_date",
        "text": "translate(now()::text, ' ', 'T') || ':00'",
    }
    return marks.get(column.family, "1")
