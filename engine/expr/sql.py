"""The door to the expression language: text in, checked DuckDB SQL out.

Importing this module is cheap; sqlglot is loaded by the first expression.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.expr.error import ExprError
from engine.expr.lattice import assignable, said
from engine.expr.scope import Call, OptionScope, OptionValue, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.catalog import FieldType
    from engine.expr.term import Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Expr:
    """A checked expression."""

    text: str  #: as written
    sql: str  #: DuckDB SQL over canonical columns, which are named by `reads`, and over the slots of `calls`
    type: FieldType
    reads: tuple[str, ...]  #: columns that the SQL looks at, sorted
    via: tuple[str, ...] = ()  #: columns of the reference fields that paths walk through, sorted
    options: tuple[str, ...] = ()  #: options whose values are written into the SQL, sorted
    calls: tuple[Call, ...] = ()  #: engine functions; each needs a column named by its `slot`
    #: False = NULL is possible; a condition never gives NULL
    total: bool = False


def compile_value(text: str, scope: Scope, *, want: FieldType | None = None) -> Expr:
    """A value of any type; of the type `want` if it is given. Raises ExprError.

    Evaluated on canonical columns it never fails: what cannot be computed or cast is NULL.
    """
    from engine.expr.emit import emit_value  # sqlglot is loaded when the first expression comes

    term = _check(text, scope)
    _refuse_saved(term)
    if term.flexible and term.value is None and want is None:
        raise ExprError("type-mismatch", "NULL alone is no value.", offset=0, length=len(text))
    if want is not None and not term.untold:
        term = _as_wanted(term, want)
    return _expr(text, term, emit_value(term, want).sql(dialect="duckdb"), want or term.type)


def compile_condition(text: str, scope: Scope) -> Expr:
    """A condition: true or false on every row, never NULL, never an error. Raises ExprError.

    A call of `saved` stands alone or as one of several conditions joined by AND; it counts as true, because
    the system itself applies the view. What options decide is decided here: `reads` then lists fewer fields.
    """
    from engine.expr.emit import emit  # sqlglot is loaded when the first expression comes
    from engine.expr.fold import fold  # see above

    term = _check_condition(text, scope)
    for part in term.args if term.op == "and" else (term,):
        if not _is_saved(part):
            _refuse_saved(part)
    folded = fold(term)
    return replace(_expr(text, folded, emit(folded).sql(dialect="duckdb"), "boolean"), options=_options(term))


def evaluate_options(text: str, options: Mapping[str, OptionValue]) -> bool:
    """A condition over options alone, decided now, without a database. Raises ExprError."""
    from engine.expr.options import evaluate  # sqlglot is loaded when the first expression comes

    return evaluate(_check_condition(text, OptionScope(options=options))) is True


def _check_condition(text: str, scope: Scope) -> Term:
    return _check(text, scope, condition=True)


def _check(text: str, scope: Scope, *, condition: bool = False) -> Term:
    from engine.expr.check import Checker  # see above
    from engine.expr.parse import parse  # see above

    try:
        checker = Checker(scope)
        return (checker.condition if condition else checker.check)(parse(text))
    except RecursionError as error:
        raise ExprError(
            "too-deep", "The expression is nested too deeply.", hint="Write it flatter."
        ) from error


def _as_wanted(term: Term, want: FieldType) -> Term:
    """The value in the type that its field wants, if nothing is lost on the way."""
    from engine.expr.fit import fit  # see above

    if term.flexible and (term.value is None or isinstance(term.value, str)):
        return fit(term, want)
    if not assignable(term.type, want):
        message = f"The field takes {said(want)}; this is {said(term.type)}."
        hint = f"Write `cast(… AS {_CASTS[want]})` around it." if want in _CASTS else None
        raise ExprError("type-mismatch", message, offset=term.offset, length=term.length, hint=hint)
    return term


_CASTS: dict[FieldType, str] = {
    "text": "text",
    "enum": "text",
    "id": "text",
    "integer": "integer",
    "decimal": "decimal",
    "money": "decimal",
    "number": "double",
    "boolean": "boolean",
    "date": "date",
    "instant": "timestamptz",
}


def _is_saved(term: Term) -> bool:
    return term.call is not None and term.call.name == "saved"


def _refuse_saved(term: Term) -> None:
    for part in term.walk():
        if _is_saved(part):
            message = "`saved(…)` stands alone or joined by AND: which records a saved view contains is not known here."
            raise ExprError("not-allowed", message, offset=part.offset, length=part.length)


def _expr(text: str, term: Term, sql: str, type_: FieldType) -> Expr:
    parts = list(term.walk())
    names = [part.name for part in parts if part.name is not None]
    calls = {part.call.slot: part.call for part in parts if part.call is not None}
    return Expr(
        text=text,
        sql=sql,
        type=type_,
        reads=tuple(sorted({name.sql for name in names if name.option is None})),
        via=tuple(sorted({step for name in names for step in name.via})),
        options=_options(term),
        calls=tuple(calls[slot] for slot in sorted(calls)),
        total=term.total,
    )


def _options(term: Term) -> tuple[str, ...]:
    """Options that a checked tree looks at, sorted."""
    return tuple(
        sorted({part.name.sql for part in term.walk() if part.name and part.name.option is not None})
    )
