"""A checked expression as DuckDB SQL: two-valued, and unable to fail on any row.

A condition is never NULL: comparisons are null-safe or give false. What can overflow stands inside a TRY of
its own; a value that cannot be computed is NULL. One TRY around a whole computation would not do: DuckDB takes
an expression that occurs twice out of it and computes it before, where it fails.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sqlglot import exp

from engine.catalog import Field, FieldType
from engine.expr.build import between, case, literal, named_type, sql_type
from engine.expr.build import call as function
from engine.expr.canonical import as_text, read
from engine.expr.lattice import FAMILY
from engine.expr.reading import day_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.expr.term import Term

_DECIMALS = frozenset({"decimal", "money"})
#: What can overflow or run out of range.
_RISKY = frozenset(
    {
        "+",
        "-",
        "*",
        "/",
        "%",
        "days",
        "minus",
        "abs",
        "round",
        "floor",
        "ceil",
        "substr",
        "left",
        "right",
        "split_part",
    }
)


def emit(term: Term) -> exp.Expression:
    """The DuckDB expression of a checked tree."""
    if term.op in _RISKY:
        return _compute(term, *_operands(term))
    return _PLAIN.get(term.op, _call_function)(term)


def emit_value(term: Term, want: FieldType | None = None) -> exp.Expression:
    """The DuckDB expression of a value, in the type that its field wants."""
    sql = _within_bounds(term)
    if want is not None and sql_type(want) != sql_type(term.type):
        return exp.TryCast(this=sql, to=sql_type(want))
    return sql


def _within_bounds(term: Term) -> exp.Expression:
    """A part whose value leaves the computation: a number is finite, a day lies in the years 1 to 9999."""
    sql = emit(term)
    if term.type not in {"number", "date"} or not any(part.op in _RISKY for part in term.walk()):
        return sql
    if term.type == "number":
        return case((function("ISFINITE", sql), sql))
    first, last = literal(dt.date.min, "date"), literal(dt.date.max, "date")
    return case((between(sql, first, last), sql))


def _operands(term: Term) -> list[exp.Expression]:
    return [emit(arg) for arg in term.args]


def _name(term: Term) -> exp.Expression:
    assert term.name is not None  # noqa: S101  # a term of this op always carries one
    return exp.column(exp.to_identifier(term.name.sql, quoted=True))


def _slot(term: Term) -> exp.Expression:
    assert term.call is not None  # noqa: S101  # a term of this op always carries one
    if term.call.name == "saved":
        return exp.true()
    column = exp.column(exp.to_identifier(term.call.slot, quoted=True))
    return function("COALESCE", column, exp.false()) if term.type == "boolean" else column


def _literal(term: Term) -> exp.Expression:
    return literal(term.value, term.type)


def _equal(term: Term) -> exp.Expression:
    first, second = _operands(term)
    node = exp.NullSafeEQ if term.op == "=" else exp.NullSafeNEQ
    return exp.Paren(this=node(this=_wrapped(first), expression=_wrapped(second)))


def _ordered(term: Term) -> exp.Expression:
    first, second = _operands(term)
    return _or_false(_ORDERS[term.op](this=_wrapped(first), expression=_wrapped(second)))


_ORDERS: dict[str, type[exp.Expression]] = {"<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE}


def _like(term: Term) -> exp.Expression:
    value, pattern = _operands(term)
    return _or_false(exp.Like(this=_wrapped(value), expression=pattern))


def _between(term: Term) -> exp.Expression:
    value, low, high = (_wrapped(operand) for operand in _operands(term))
    return _or_false(exp.Between(this=value, low=low, high=high))


def _in(term: Term) -> exp.Expression:
    value, *listed = _operands(term)
    return _or_false(exp.In(this=_wrapped(value), expressions=listed))


def _is_null(term: Term) -> exp.Expression:
    return exp.Paren(this=exp.Is(this=_wrapped(_operands(term)[0]), expression=exp.null()))


def _logic(term: Term) -> exp.Expression:
    return exp.Paren(this=(exp.and_ if term.op == "and" else exp.or_)(*_operands(term), copy=False))


def _not(term: Term) -> exp.Expression:
    return exp.Paren(this=exp.Not(this=_wrapped(_operands(term)[0])))


def _truth(term: Term) -> exp.Expression:
    return _or_false(_operands(term)[0])


def _case(term: Term) -> exp.Expression:
    *turns, default = _operands(term)
    ifs = [exp.If(this=turns[at], true=turns[at + 1]) for at in range(0, len(turns), 2)]
    return exp.Case(ifs=ifs, default=default)


def _cast(term: Term) -> exp.Expression:
    inner = term.args[0]
    operand = _within_bounds(inner)
    target = sql_type(term.type, scale=term.value if isinstance(term.value, int) else None)
    if FAMILY[term.type] == "text":
        return as_text(operand, inner.type)
    if (inner.type, term.type) == ("instant", "date"):
        return _day(inner, operand)
    if FAMILY[inner.type] == "text" and FAMILY[term.type] != "text":
        operand = read(operand, Field(name="", type=term.type, zone=_zone(inner)), empty_is_null=False)
    return exp.TryCast(this=operand, to=target)


def _day(inner: Term, moment: exp.Expression) -> exp.Expression:
    """The day of a moment where its field's clock hangs; in UTC where nobody says."""
    zone = _zone(inner)
    return exp.TryCast(this=moment, to=sql_type("date")) if zone is None else day_in(moment, zone)


def _zone(term: Term) -> str | None:
    """Where the clock of a field hangs; None for what is no field, or where nobody says."""
    return term.name.field.zone if term.name is not None and term.name.field is not None else None


def _concat(term: Term) -> exp.Expression:
    texts = [as_text(_within_bounds(arg), arg.type) for arg in term.args]
    return function("CONCAT", *texts)


def _date_trunc(term: Term) -> exp.Expression:
    truncated = function("TRY", function("DATE_TRUNC", *_operands(term)))
    return exp.TryCast(this=truncated, to=sql_type(term.type))


def _call_function(term: Term) -> exp.Expression:
    called = function(term.op.upper(), *_operands(term))
    return _or_false(called) if term.op in {"starts_with", "contains"} else called


def _compute(term: Term, first: exp.Expression, *others: exp.Expression) -> exp.Expression:
    """A computation inside its own TRY, in the width of its type."""
    if term.op in {"floor", "ceil"}:
        return _fixed(term, function("TRY", function(term.op.upper(), first)))
    if term.op == "round":
        digits = exp.Literal.number(str(term.args[1].value)) if others else exp.Literal.number(0)
        return _fixed(term, function("TRY", function("ROUND", first, digits)))
    if term.op == "minus":
        return function("TRY", exp.Neg(this=_wrapped(first)))
    if term.op in _NODES or term.op == "days":
        return _fixed(term, function("TRY", _arithmetic(term, first, others[0])))
    return function("TRY", function(term.op.upper(), first, *others))


def _arithmetic(term: Term, first: exp.Expression, second: exp.Expression) -> exp.Expression:
    """Two operands, both in the width of the result; days are added to a date as they are."""
    if term.op == "days":
        return exp.Sub(this=_wrapped(first), expression=_wrapped(second))
    if term.type == "date":
        days = exp.TryCast(this=second, to=named_type("INT"))
        return _NODES[term.op](this=_wrapped(first), expression=days)
    first, second = _fixed(term, first), _fixed(term, second)
    if term.op in {"/", "%"}:
        second = function("NULLIF", second, exp.Literal.number(0))
    return _NODES[term.op](this=_wrapped(first), expression=_wrapped(second))


_NODES: dict[str, type[exp.Expression]] = {
    "+": exp.Add,
    "-": exp.Sub,
    "*": exp.Mul,
    "/": exp.Div,
    "%": exp.Mod,
}


def _fixed(term: Term, operand: exp.Expression) -> exp.Expression:
    """An operand or a result in the one width that computations have."""
    to = sql_type(term.type)
    if FAMILY[term.type] != "numeric" or (isinstance(operand, exp.Cast) and operand.to == to):
        return operand
    return exp.TryCast(this=operand, to=to)


def _or_false(condition: exp.Expression) -> exp.Expression:
    return function("COALESCE", condition, exp.false())


def _wrapped(operand: exp.Expression) -> exp.Expression:
    """Brackets where a neighbour could bind closer; sqlglot writes trees as they stand."""
    return exp.Paren(this=operand) if isinstance(operand, exp.Neg | exp.Case) else operand


_PLAIN: dict[str, Callable[[Term], exp.Expression]] = {
    "name": _name,
    "call": _slot,
    "literal": _literal,
    "=": _equal,
    "<>": _equal,
    "<": _ordered,
    "<=": _ordered,
    ">": _ordered,
    ">=": _ordered,
    "like": _like,
    "between": _between,
    "in": _in,
    "is-null": _is_null,
    "and": _logic,
    "or": _logic,
    "not": _not,
    "truth": _truth,
    "case": _case,
    "cast": _cast,
    "concat": _concat,
    "date_trunc": _date_trunc,
}
