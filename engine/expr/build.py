"""Small words for building DuckDB expressions with sqlglot, and the DuckDB type of each of ours."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.catalog import FieldType

MAX_SCALE = 18  #: digits after the point that a decimal column can hold
DEFAULT_SCALE = 9  #: digits after the point where the catalog does not say
#: Digits before the point of every decimal: any two of ours then have a common DuckDB type that holds both.
WHOLE_DIGITS = 20

Literal_ = str | int | Decimal | bool | dt.date | dt.datetime | None

_TYPES: dict[FieldType, str] = {
    "integer": "BIGINT",
    "duration": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "instant": "TIMESTAMPTZ",
}


def sql_type(type_: FieldType, *, scale: int | None = None) -> exp.DataType:
    """The DuckDB type of canonical values. `scale` counts for decimal and money; None = 9.

    A decimal always has a place after the point, so that its text always has a point.
    """
    if type_ in {"decimal", "money"}:
        return decimal_type(max(scale_of(scale), 1))
    return named_type(_TYPES.get(type_, "TEXT"))


def scale_of(scale: int | None) -> int:
    """Digits after the point that a decimal of the catalog may have."""
    return min(DEFAULT_SCALE if scale is None else scale, MAX_SCALE)


def decimal_type(scale: int) -> exp.DataType:
    """The DuckDB decimal with exactly so many digits after the point."""
    return named_type(f"DECIMAL({WHOLE_DIGITS + scale}, {scale})")


def named_type(name: str) -> exp.DataType:
    """A DuckDB type by its own name."""
    return exp.DataType.build(name, dialect="duckdb")


def part(value: exp.Expression) -> exp.Expression:
    """The tree itself the first time it becomes a part of another one, after that a copy of it.

    Copying whatever is passed on would copy the innermost parts once for every level above them.
    """
    return value if value.parent is None else value.copy()


def call(name: str, *args: exp.Expression) -> exp.Expression:
    """A DuckDB function by its own name, whatever sqlglot thinks of it."""
    return exp.Anonymous(this=name, expressions=[part(arg) for arg in args])


def text(value: str) -> exp.Expression:
    """A text literal."""
    return exp.Literal.string(value)


def cast(value: exp.Expression, to: exp.DataType) -> exp.Expression:
    """A cast that cannot fail for the values it is given."""
    return exp.Cast(this=part(value), to=to)


def try_cast(value: exp.Expression, to: exp.DataType) -> exp.Expression:
    """A cast that gives NULL for what does not fit."""
    return exp.TryCast(this=part(value), to=to)


def case(
    *turns: tuple[exp.Expression, exp.Expression], default: exp.Expression | None = None
) -> exp.Expression:
    """CASE WHEN … THEN … in turn; NULL without a default."""
    ifs = [exp.If(this=condition, true=part(value)) for condition, value in turns]
    return exp.Case(ifs=ifs, default=default)


def all_of(*conditions: exp.Expression) -> exp.Expression:
    """AND of several conditions."""
    return exp.Paren(this=reduce(lambda left, right: exp.And(this=left, expression=right), conditions))


def any_of(*conditions: exp.Expression) -> exp.Expression:
    """OR of several conditions."""
    return exp.Paren(this=reduce(lambda left, right: exp.Or(this=left, expression=right), conditions))


def equal(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """`=` as DuckDB knows it: NULL beside a NULL."""
    return exp.EQ(this=part(left), expression=part(right))


def is_null(value: exp.Expression) -> exp.Expression:
    """IS NULL."""
    return exp.Paren(this=exp.Is(this=part(value), expression=exp.null()))


def not_null(value: exp.Expression) -> exp.Expression:
    """IS NOT NULL."""
    return exp.Not(this=is_null(value))


def none_of(value: exp.Expression, texts: Sequence[str]) -> exp.Expression:
    """NOT IN a list of texts; NULL beside a NULL."""
    return exp.Not(this=exp.Paren(this=exp.In(this=part(value), expressions=[text(one) for one in texts])))


def between(value: exp.Expression, low: exp.Expression, high: exp.Expression) -> exp.Expression:
    """BETWEEN, both ends included."""
    return exp.Between(this=part(value), low=low, high=high)


def literal(value: Literal_, type_: FieldType) -> exp.Expression:
    """A constant, as wide as a column of its type: two small literals must not overflow a small type."""
    if value is None:
        return cast(exp.null(), sql_type(type_))
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dt.datetime):
        return cast(text(value.astimezone(dt.UTC).isoformat(sep=" ")), sql_type("instant"))
    if isinstance(value, dt.date):
        return cast(text(value.isoformat()), sql_type("date"))
    digits = format(abs(value), "f") if isinstance(value, Decimal) else str(abs(value))
    number: exp.Expression = exp.Literal.number(digits)
    number = exp.Paren(this=exp.Neg(this=number)) if value < 0 else number
    return cast(number, sql_type("decimal" if isinstance(value, Decimal) else "integer"))
