"""The lens: raw staged columns to canonical values, and canonical values to what a target takes.

Everything here builds DuckDB expressions with sqlglot; nothing is pasted as text, nothing is evaluated.
The session must have `SET TimeZone = 'UTC'`. A value may stand in an expression several times: pass columns,
not long expressions.

Canonical types: text-like, list and object VARCHAR (the last two as minified JSON) · integer and duration
(minutes) BIGINT · decimal and money DECIMAL(20 + scale, scale), scale at least 1 · number DOUBLE, finite ·
boolean BOOLEAN · date DATE and instant TIMESTAMPTZ, both of the years 1 to 9999.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from engine.expr.build import (
    all_of,
    call,
    case,
    cast,
    decimal_type,
    equal,
    is_null,
    literal,
    named_type,
    not_null,
    scale_of,
    sql_type,
    text,
    try_cast,
)
from engine.expr.lattice import FAMILY
from engine.expr.reading import read_text_as, read_typed
from engine.expr.words import SPACE, like, read_words, seen

if TYPE_CHECKING:
    from engine.catalog import Field, FieldType

__all__ = [
    "as_text",
    "compared",
    "cut",
    "json_value",
    "match_key",
    "read",
    "sql_type",
    "too_long",
    "unmapped",
    "unreadable",
    "unwritable",
    "value_map",
    "value_map_back",
    "write",
]


def read(
    column: exp.Expression, field: Field, *, empty_is_null: bool, physical: str | None = None
) -> exp.Expression:
    """The canonical value of a staged column, NULL where it cannot be read as the field's type.

    `physical` is the DuckDB type of the column; None = text, or not known. A typed column is read without a
    detour through text where its type holds the field's values as they are.
    """
    typed = read_typed(column, field, physical.upper()) if physical else None
    if typed is not None:
        return typed
    words = (
        column if physical and physical.upper() in {"VARCHAR", "TEXT"} else cast(column, named_type("TEXT"))
    )
    if FAMILY[field.type] == "text":
        return read_words(words, field, empty_is_null=empty_is_null)
    return read_text_as(words, field)


def unreadable(
    column: exp.Expression,
    field: Field,
    *,
    empty_is_null: bool,
    physical: str | None = None,
    canonical: exp.Expression | None = None,
) -> exp.Expression:
    """Whether a column holds something that `read` cannot type; never NULL.

    What is empty is not unreadable if it counts as null. `canonical` is the column that holds what `read` gave, if
    there is one; None = it is read here again.
    """
    if FAMILY[field.type] == "text":
        return exp.false()
    if canonical is None:
        canonical = read(column, field, empty_is_null=empty_is_null, physical=physical)
    held = not_null(column)
    if empty_is_null:
        filled = exp.NEQ(this=call("TRIM", cast(column, named_type("TEXT"))), expression=text(""))
        held = all_of(held, filled)
    return case((not_null(canonical), exp.false()), (held, exp.true()), default=exp.false())


def as_text(canonical: exp.Expression, type_: FieldType) -> exp.Expression:
    """A canonical value as stable text: decimals without trailing zeros, moments in ISO 8601 with +00:00."""
    if FAMILY[type_] in {"text", "nested"}:
        return canonical
    words = cast(canonical, named_type("TEXT"))
    if type_ in {"decimal", "money"}:
        return call(
            "REGEXP_REPLACE", words, text(r"\.?0+$"), text("")
        )  # there is always a point: see sql_type
    if type_ == "number":
        return call("REGEXP_REPLACE", words, text(r"\.0$"), text(""))
    if type_ == "instant":
        return _instant_text(canonical)
    return words


def _instant_text(canonical: exp.Expression) -> exp.Expression:
    """ISO 8601 in UTC; the fraction stands there only if it is not zero."""
    second = exp.Literal.number(1_000_000)
    fraction = exp.Mod(this=call("EPOCH_US", canonical), expression=second)
    whole = call("STRFTIME", canonical, text("%Y-%m-%dT%H:%M:%S+00:00"))
    fine = call("STRFTIME", canonical, text("%Y-%m-%dT%H:%M:%S.%f+00:00"))
    return case((equal(fraction, exp.Literal.number(0)), whole), default=fine)


def compared(canonical: exp.Expression, type_: FieldType, *, caseless: bool = False) -> exp.Expression:
    """A canonical value as the text by which two sides are equal or not; what is written is the value itself.

    An id and a word of a list are compared exactly. `caseless`: one side changes the case of what it is given.
    """
    words = as_text(canonical, type_)
    if FAMILY[type_] != "text" or (type_ in {"id", "enum"} and not caseless):
        return words
    return seen(words, caseless=caseless)


def json_value(canonical: exp.Expression, type_: FieldType) -> exp.Expression:
    """A canonical value as an argument of JSON_OBJECT; the same value of the same field gives the same bytes.

    Numbers, booleans, lists and objects keep their JSON kind; dates, moments and texts are strings. Decimals
    go in as they are, with all digits of their scale: as JSON text they would become floating-point.
    """
    if FAMILY[type_] == "nested":
        return cast(canonical, named_type("JSON"))
    if FAMILY[type_] in {"date", "instant"}:
        return as_text(canonical, type_)
    return canonical


def write(canonical: exp.Expression, type_: FieldType, target: Field) -> exp.Expression:
    """A canonical value of `type_` in the type of the target's field; NULL where it does not fit exactly.

    Text stays as long as it is; see `too_long`.
    """
    value = _write(canonical, type_, target)
    return _in_unit(value, target.unit) if target.type == "duration" else value


def _write(canonical: exp.Expression, type_: FieldType, target: Field) -> exp.Expression:
    wanted = target.type
    if FAMILY[wanted] == "text":
        return as_text(canonical, type_)
    if FAMILY[wanted] == "nested" or (wanted == type_ and wanted not in {"decimal", "money"}):
        return canonical
    if FAMILY[type_] == "text":
        return read(canonical, target, empty_is_null=True)
    if wanted in {"decimal", "money", "integer", "duration"} and FAMILY[type_] == "numeric":
        return _exact(canonical, type_, target)
    return try_cast(canonical, sql_type(wanted))


def _exact(canonical: exp.Expression, type_: FieldType, target: Field) -> exp.Expression:
    """A number in a narrower type, NULL rather than rounded."""
    stored = try_cast(canonical, sql_type(target.type, scale=target.scale))
    if type_ in {"integer", "duration"}:
        return stored
    decimal = target.type in {"decimal", "money"}
    exact = try_cast(canonical, decimal_type(scale_of(target.scale)) if decimal else sql_type(target.type))
    return case((equal(exact, canonical), stored))


def _in_unit(minutes: exp.Expression, unit: str | None) -> exp.Expression:
    """Minutes in the unit that the target counts in; two digits of an hour tell every minute."""
    sixty = exp.Literal.number(60)
    if unit == "hour":
        hours = exp.Div(this=exp.Paren(this=minutes), expression=cast(sixty, named_type("DOUBLE")))
        return try_cast(call("ROUND", hours, exp.Literal.number(2)), decimal_type(2))
    if unit == "second":
        return call("TRY", exp.Mul(this=exp.Paren(this=minutes), expression=sixty))
    return minutes


def too_long(canonical: exp.Expression, type_: FieldType, longest: int) -> exp.Expression:
    """Whether a value has more characters than its target takes; never NULL."""
    words, limit = as_text(canonical, type_), exp.Literal.number(longest)
    bytes_, characters = (
        exp.GT(this=call(name, words), expression=limit.copy()) for name in ("STRLEN", "LENGTH")
    )  # nearly always the bytes, which are counted already, are few enough
    return call("COALESCE", all_of(bytes_, characters), exp.false())


def cut(canonical: exp.Expression, longest: int) -> exp.Expression:
    """The first characters of a text, so many as fit, without a blank at the end."""
    head = call("RTRIM", call("LEFT", canonical, exp.Literal.number(longest)), text(SPACE))
    return case((too_long(canonical, "text", longest), head), default=canonical.copy())


def unwritable(canonical: exp.Expression, type_: FieldType, target: Field) -> exp.Expression:
    """Whether a value is there but has no exact form in the target's type; never NULL."""
    return all_of(not_null(canonical), is_null(write(canonical, type_, target)))


def match_key(
    canonical: exp.Expression, type_: FieldType, *, alike: bool, caseless: bool = False
) -> exp.Expression:
    """What two records are recognised by: the text by which they are equal, or `alike`; NULL if it is empty."""
    if FAMILY[type_] != "text":
        return as_text(canonical, type_)
    words = like(canonical) if alike else compared(canonical, type_, caseless=caseless)
    return call("NULLIF", words, text(""))


Pairs = Sequence[tuple[Sequence[str], str]]


def value_map(
    canonical: exp.Expression, type_: FieldType, pairs: Pairs, *, otherwise: str | None = None
) -> exp.Expression:
    """The right-hand text of a value map; for an unlisted value `otherwise`, or NULL. NULL stays NULL."""
    words = as_text(canonical, type_)
    turns = [(_among(words, lefts), text(right)) for lefts, right in pairs]
    if otherwise is not None:
        turns.append((not_null(canonical), text(otherwise)))
    return case(*turns) if turns else literal(None, "text")


def unmapped(
    canonical: exp.Expression, type_: FieldType, pairs: Pairs, *, otherwise: str | None = None
) -> exp.Expression:
    """Whether a value is there that the map does not list; never NULL."""
    return all_of(not_null(canonical), is_null(value_map(canonical, type_, pairs, otherwise=otherwise)))


def value_map_back(right: exp.Expression, right_type: FieldType, pairs: Pairs) -> exp.Expression:
    """The first left-hand text that is listed for a right value; NULL for one that is not listed."""
    words = as_text(right, right_type)
    turns = [(equal(words, text(value)), text(lefts[0])) for lefts, value in pairs if lefts]
    return case(*turns) if turns else literal(None, "text")


def _among(words: exp.Expression, values: Sequence[str]) -> exp.Expression:
    return exp.In(this=words.copy(), expressions=[text(value) for value in values])
