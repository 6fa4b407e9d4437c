"""Quota: compile `at-most` of a line: a constant that only so many records get, and what the rest get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.catalog import Field
from engine.compiler.fields.singles import single_scope, told_by
from engine.compiler.fields.terms import column, word_of
from engine.expr.build import literal
from engine.expr.canonical import read, write
from engine.expr.error import ExprError
from engine.expr.sql import compile_value
from engine.plan import AmountPlan, QuotaPlan
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import CompiledLine, End
    from engine.record import Side
    from engine.spec.diagnostic import Text


def compile_quota(draft: Draft, line: CompiledLine, side: Side, target: Field, end: End) -> QuotaPlan | None:
    """The quota of a line with a constant; None where it has none, or after findings."""
    if line.spec.at_most is None:
        _refuse_alone(draft, line)
        return None
    other, amount = _other(draft, line, target), compile_amount(draft, line.spec.at_most)
    if line.spec.on != "create":
        message = "`at-most` limits how many created records get the value, so the line needs `on: create`."
        draft.findings.add("missing-key", message, line.spec.at_most.span)
    if other is None or amount is None:
        return None
    value = _constant(line, word_of(line.spec.const))
    held = read(column(target.name), target, empty_is_null=end.stream.empty_is_null)
    has = f"{held.sql(dialect='duckdb')} IS NOT DISTINCT FROM {value.sql(dialect='duckdb')}"
    sent = write(value, line.type, _as_target(target)).sql(dialect="duckdb")
    return QuotaPlan(
        side=side,
        field=target.name,
        value=word_of(line.spec.const),
        amount=amount,
        other=write(_constant(line, other), line.type, _as_target(target)).sql(dialect="duckdb"),
        otherwise=other,
        has=f"SELECT _id AS id, {has} AS has FROM page",  # noqa: S608 - built of checked parts
        sent=f"{column(target.name).sql(dialect='duckdb')} IS NOT DISTINCT FROM {sent}",
    )


def compile_amount(draft: Draft, text: Text) -> AmountPlan | None:
    """A whole number that is stated, or that one-record streams tell; None after a finding."""
    try:
        expr = compile_value(text.value, single_scope(draft), want="integer")
    except ExprError as error:
        draft.findings.expression(error, text)
        return None
    reads, canonical = told_by(draft, expr)
    return AmountPlan(text=text.value, sql=expr.sql, reads=reads, canonical=canonical)


def _refuse_alone(draft: Draft, line: CompiledLine) -> None:
    """`else` beside a constant means nothing without `at-most`."""
    if line.spec.has_const and line.spec.otherwise is not None:
        message = "`else` is the value for records beyond `at-most`, and the line has no `at-most`."
        draft.findings.add("missing-key", message, line.spec.otherwise.span)


def _other(draft: Draft, line: CompiledLine, target: Field) -> str | None:
    """What the rest get, as written; None after a finding."""
    if line.spec.otherwise is None:
        message = "`at-most` needs an `else`: the value for records beyond the limit."
        draft.findings.add("missing-key", message, line.spec.span)
        return None
    word = line.spec.otherwise.value
    if target.choices and word not in target.choices:
        hint = did_you_mean(word, target.choices)
        message = f"`{word}` is not a choice of `{target.name}`."
        draft.findings.add("unknown-choice", message, line.spec.otherwise.span, hint=hint)
        return None
    if target.type == "boolean" and word not in ("true", "false"):
        message = f"`{word}` is neither `true` nor `false`, and `{target.name}` holds nothing else."
        draft.findings.add("bad-literal", message, line.spec.otherwise.span)
        return None
    return word


def _constant(line: CompiledLine, word: str) -> exp.Expression:
    """A word of the spec in common terms."""
    return read(literal(word, "text"), Field(name="const", type=line.type), empty_is_null=False)


def _as_target(target: Field) -> Field:
    """An open target takes text."""
    return Field(name=target.name, type="text") if target.type == "unknown" else target
