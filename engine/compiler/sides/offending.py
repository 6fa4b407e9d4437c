"""Offending: the values that a record is held for, as its system shows them, beside the trouble of a lens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from engine.catalog import HIDDEN, SHOWN
from engine.compiler.fields.behind import field_of
from engine.compiler.fields.terms import column
from engine.expr.build import call, case, cast, literal, named_type, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import Checked, PairCheck
    from engine.compiler.sides.lens_parts import Cause, LensParts


def raw_name(name: str) -> str:
    """The column that keeps a field as its system shows it, beside the one that holds it as its type."""
    return f"raw␟{name}"


def raw_columns(parts: LensParts) -> list[exp.Expr]:
    """The fields that a record may be held for, as text; those behind references are read where they stand."""
    return [_named(column(name), raw_name(name)) for name in _own(parts)]


def _own(parts: LensParts) -> list[str]:
    return [name for name in parts.reads if name in set(_fields(parts))]


def _fields(parts: LensParts) -> list[str]:
    return [name for cause in parts.causes.values() for name in cause.fields]


def cause_columns(parts: LensParts) -> list[exp.Expr]:
    """What `offending` looks at, on its way through the lens: raw fields, those behind references, and results."""
    behind = [name for name in dict.fromkeys(_fields(parts)) if name not in parts.reads and parts.walk(name)]
    passed = [_named(column(raw_name(name)), raw_name(name)) for name in _own(parts)]
    return [
        *passed,
        *(_named(cast(column(name), named_type("TEXT")), raw_name(name)) for name in behind),
        _named(column("_broken"), raw_name("_broken")),
    ]


def offending(parts: LensParts, known: Sequence[str]) -> exp.Expression:
    """JSON object of the values, cut, by field; null for a record in order. `known`: columns that are there."""
    turns = [
        (exp.EQ(this=_first(), expression=literal(index, "integer")), told)
        for index, cause in sorted(parts.causes.items())
        if (told := _object(parts, cause, known)) is not None
    ]
    nothing = cast(exp.null(), named_type("TEXT"))
    return case((exp.Is(this=_first(), expression=exp.null()), nothing), *turns) if turns else nothing


def of_pair(draft: Draft, checked: Checked, check: PairCheck) -> str:
    """The same of a check of both records, over `w` and `o`: what it looks at, by side and field."""
    values: list[exp.Expression] = []
    for side, names in sorted(check.reads.items()):
        table = "w" if side == check.side else "o"
        for name in names:
            shown = exp.column(exp.to_identifier(f"field {name}", quoted=True), table=table)
            hidden = field_of(draft, checked.ends[side].ref, name).sensitive
            values += [text(f"{side}.{name}"), text(HIDDEN) if hidden else _cut(shown)]
    return cast(call("JSON_OBJECT", *values), named_type("TEXT")).sql(dialect="duckdb")


def _first() -> exp.Expression:
    """What is wrong with the record itself comes before what it lacks."""
    return call("COALESCE", exp.column("trouble"), exp.column("lacks"))


def _object(parts: LensParts, cause: Cause, known: Sequence[str]) -> exp.Expression | None:
    values: list[exp.Expression] = []
    for name in dict.fromkeys(cause.fields):
        if raw_name(name) in known:
            hidden = parts.field(name).sensitive
            values += [text(name), text(HIDDEN) if hidden else _cut(column(raw_name(name)))]
    for name, canonical in cause.results:
        values += [text(name), text(HIDDEN) if _sensitive(parts, cause) else _cut(exp.column(canonical))]
    return cast(call("JSON_OBJECT", *values), named_type("TEXT")) if values else None


def _sensitive(parts: LensParts, cause: Cause) -> bool:
    return cause.sensitive or any(parts.field(name).sensitive for name in cause.fields)


def _cut(value: exp.Expression) -> exp.Expression:
    """One character more than is shown, so that it is seen to be cut."""
    return call("LEFT", cast(value, named_type("TEXT")), exp.Literal.number(SHOWN + 1))


def _named(value: exp.Expression, name: str) -> exp.Expr:
    return exp.Alias(this=value, alias=exp.to_identifier(name, quoted=True))
