"""What functions, operators and casts take and give."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.expr.error import ExprError
from engine.expr.fit import fit, fit_all, pair_up, wrong
from engine.expr.functions import FORMATS, UNITS, Function, Parameter
from engine.expr.lattice import FAMILY, join, said
from engine.expr.term import Term
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from engine.catalog import FieldType

_CASTS: dict[str, FieldType] = {
    "TEXT": "text",
    "VARCHAR": "text",
    "INT": "integer",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "DECIMAL": "decimal",
    "DOUBLE": "number",
    "FLOAT": "number",
    "REAL": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMPTZ": "instant",
}
MAX_SCALE = 9


def apply(function: Function, args: list[Term]) -> Term:
    """A call of a function of the language, its arguments checked. Raises ExprError."""
    _check_count(function, args)
    takes = [function.takes[min(at, len(function.takes) - 1)] for at in range(len(args))]
    fitted = [_take(function.name, kind, arg) for kind, arg in zip(takes, args, strict=True)]
    shared: FieldType = fitted[0].type
    if "same" in takes:
        shared, fitted = _take_same(function, fitted)
    gives = {"same": shared, "first": fitted[0].type, "last": fitted[-1].type}.get(
        function.gives, function.gives
    )
    total = function.total or (function.gives == "same" and any(arg.total for arg in fitted))
    return Term(op=function.name, type=gives, args=tuple(fitted), total=total)  # type: ignore[arg-type]  # words mapped


def _take_same(function: Function, args: list[Term]) -> tuple[FieldType, list[Term]]:
    """Arguments that share one type; the second of NULLIF is compared with the first."""
    if function.name == "nullif":
        first, second = pair_up(args[0], args[1])
        return first.type, [first, second]
    shared, fitted = fit_all(args)
    if function.name in {"greatest", "least"} and shared == "boolean":
        raise wrong(args[0], "Booleans cannot be compared by size.")
    return shared, fitted


def _check_count(function: Function, args: list[Term]) -> None:
    most = None if function.repeats else len(function.takes)
    if len(args) >= function.least and (most is None or len(args) <= most):
        return
    wanted = f"{function.least}" if function.least == most else f"{function.least} to {most}"
    wanted = f"at least {function.least}" if most is None else wanted
    raise ExprError("type-mismatch", f"`{function.name}` takes {wanted} arguments; {len(args)} are given.")


def _take(name: str, kind: Parameter, arg: Term) -> Term:
    """One argument as its parameter wants it."""
    if kind == "same":
        return arg
    if kind in {"digits", "unit", "format"}:
        return _take_literal(name, kind, arg)
    if kind == "scalar":
        fitting = FAMILY[arg.type] != "nested"
    elif kind == "integer":
        fitting = arg.type in {"integer", "duration"}
    elif kind == "day":
        fitting = FAMILY[arg.type] in {"date", "instant"}
    else:
        fitting = FAMILY[arg.type] == kind
    if arg.flexible and arg.value is None:
        return fit(arg, _TYPICAL[kind])
    if not fitting:
        raise wrong(
            arg, f"`{name}` takes {said(_TYPICAL[kind])} here; this is {said(arg.type)}.", hint=_CAST[kind]
        )
    return arg


_TYPICAL: dict[Parameter, FieldType] = {
    "text": "text",
    "integer": "integer",
    "numeric": "decimal",
    "day": "date",
    "scalar": "text",
}
_CAST: dict[Parameter, str] = {
    "text": "Write `cast(… AS text)` around it.",
    "integer": "Write `cast(… AS integer)` or `floor(…)` around it.",
    "numeric": "Write `cast(… AS decimal)` around it.",
    "day": "Write `cast(… AS date)` around it; a literal day is written cast('2026-01-31' AS date).",
    "scalar": "Lists and objects are read with `path:`.",
}


def _take_literal(name: str, kind: Parameter, arg: Term) -> Term:
    """A parameter that must be known before the run."""
    value = arg.value if arg.flexible else None
    if (
        kind == "digits"
        and isinstance(value, int)
        and not isinstance(value, bool)
        and 0 <= value <= MAX_SCALE
    ):
        return arg
    if kind == "unit" and isinstance(value, str) and value.lower() in UNITS:
        return replace(arg, value=value.lower())
    if (
        kind == "format"
        and isinstance(value, str)
        and set(re.findall("%(.?)", value.replace("%%", ""))) <= FORMATS
    ):
        return arg
    wanted = {
        "digits": f"a number of digits from 0 to {MAX_SCALE}",
        "unit": "one of " + ", ".join(f"'{unit}'" for unit in UNITS),
        "format": "a format in quotes such as '%Y-%m-%d'; letters: " + " ".join(sorted(FORMATS)),
    }[kind]
    hint = did_you_mean(value, UNITS) if kind == "unit" and isinstance(value, str) else None
    raise wrong(arg, f"`{name}` takes {wanted} here.", code="bad-literal", hint=hint)


def compute(op: str, first: Term, second: Term) -> Term:
    """+ - * / % of two numbers; a date plus or minus days; the days between two dates."""
    for term in (first, second):
        if term.flexible and term.value is None:
            raise wrong(term, "NULL cannot be used in a calculation.", code="not-allowed")
    if first.type == "date" and op in {"+", "-"} and second.type in {"integer", "duration"}:
        return Term(op=op, type="date", args=(first, second))
    if first.type == second.type == "date" and op == "-":
        return Term(op="days", type="integer", args=(first, second))
    for term in (first, second):
        if FAMILY[term.type] != "numeric":
            raise wrong(term, f"`{op}` needs numbers; this is {said(term.type)}.", hint=_computed(op, term))
    shared = join(first.type, second.type) or "number"
    return Term(op=op, type="number" if op == "/" else shared, args=(first, second))


def _computed(op: str, term: Term) -> str | None:
    if FAMILY[term.type] == "text":
        return "Write `concat(a, b)` to join texts." if op == "+" else "Write `cast(… AS decimal)` around it."
    if FAMILY[term.type] == "instant":
        return "Write `cast(… AS date)` around the moment to compute with days."
    return None


def cast_target(written: str) -> tuple[FieldType, int | None]:
    """The type and the digits after the point that a CAST names. Raises ExprError for an unknown one."""
    match = re.fullmatch(r"([A-Za-z_ ]+?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?", written)
    type_ = _CASTS.get(match[1].upper()) if match else None
    if match is None or type_ is None or (match[2] and type_ != "decimal"):
        names = "text, integer, decimal, decimal(18, 2), double, boolean, date, timestamptz"
        raise ExprError("not-allowed", f"`{written}` is no type to cast to.", hint=f"There are: {names}.")
    scale = int(match[3] or 0) if match[2] else MAX_SCALE
    if scale > MAX_SCALE:
        raise ExprError("not-allowed", f"A decimal has at most {MAX_SCALE} digits after the point here.")
    return type_, scale if type_ == "decimal" else None


_FROM: dict[str, frozenset[str]] = {
    "text": frozenset({"text", "numeric", "boolean", "date", "instant"}),
    "numeric": frozenset({"text", "numeric"}),
    "boolean": frozenset({"text", "boolean"}),
    "date": frozenset({"text", "date"}),
    "instant": frozenset({"text", "date", "instant"}),
    "nested": frozenset(),
}


def cast(term: Term, target: tuple[FieldType, int | None]) -> Term:
    """A CAST; the value is NULL where it cannot be read as the type, so it never fails."""
    type_, scale = target
    if term.flexible and term.value is None:
        return Term(op="cast", type=type_, args=(fit(term, type_),), value=scale)
    if FAMILY[type_] not in _FROM[FAMILY[term.type]]:
        hint = "`path:` reads what is in it." if FAMILY[term.type] == "nested" else None
        raise wrong(term, f"{said(term.type).capitalize()} cannot be cast to {said(type_)}.", hint=hint)
    return Term(op="cast", type=type_, args=(term,), value=scale)
