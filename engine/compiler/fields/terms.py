"""Terms: SQL expressions of the lens, built with sqlglot over columns that are named like the fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from engine.expr.build import sql_type, try_cast

if TYPE_CHECKING:
    from engine.catalog import FieldType


def column(name: str) -> exp.Expression:
    """A column by its exact name; dots belong to the name."""
    return exp.column(exp.to_identifier(name, quoted=True))


def parsed(sql: str) -> exp.Expression:
    """SQL that the expression language has emitted, as a tree again."""
    return exp.maybe_parse(sql, dialect="duckdb")


def cast_to(value: exp.Expression, given: FieldType, wanted: FieldType, scale: int | None) -> exp.Expression:
    """A canonical value of one type as one of another that holds it."""
    if given == wanted and scale is None:
        return value
    if sql_type(given) == sql_type(wanted) and wanted not in ("decimal", "money"):
        return value
    return try_cast(value, sql_type(wanted, scale=scale))


def word_of(const: object) -> str:
    """A constant as its field writes it."""
    return "true" if const is True else "false" if const is False else str(const)
