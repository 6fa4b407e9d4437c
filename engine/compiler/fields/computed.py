"""Computed: a line whose source is a constant, a value, a template or a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from engine.catalog import Field
from engine.compiler.draft.draft import Draft, place
from engine.compiler.draft.names import resolve
from engine.compiler.draft.parts import CompiledLine
from engine.compiler.fields.alike import level
from engine.compiler.fields.linked import with_links
from engine.compiler.fields.quota import compile_quota
from engine.compiler.fields.terms import column, parsed, word_of
from engine.expr.build import literal
from engine.expr.canonical import read
from engine.expr.error import ExprError
from engine.expr.path import compile_path
from engine.expr.sql import compile_value
from engine.expr.template import compile_template
from engine.plan import SlowField, Trouble
from engine.record import Side, other
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.compiler.draft.parts import End
    from engine.spec.diagnostic import Text
    from engine.spec.model import MappedField


def compile_computed(
    draft: Draft, spec: MappedField, side: Side, text: Text, ends: dict[Side, End], number: int
) -> CompiledLine | None:
    """`to: right.notes` with a constant, a value, a template or a path."""
    target = resolve(draft, draft.scope(ends[side].ref, ends[side].stream), text)
    if target is None:
        return None
    check_writable(draft, spec, side, target, ends)
    line = CompiledLine(
        key=target.name if side == "right" else f"<{target.name}",
        text=f"{_source_text(spec)} {'->' if side == 'right' else '<-'} {target.name}",
        type="text" if target.type == "unknown" else target.type,
        scale=target.scale,
        spec=spec,
        targets={side: target},
        get={side: column(target.name)},
        reads={side: (target.name,), other(side): ()},
        caseless=target.caseless,
    )
    if not _given(draft, line, other(side), target, ends, number):
        return None
    line.quota = compile_quota(draft, line, side, target, ends[side])
    level(draft, line, (target,))
    return line


def _source_text(spec: MappedField) -> str:
    if spec.has_const:
        return repr(spec.const) if isinstance(spec.const, str) else word_of(spec.const)
    text = spec.value or spec.text or spec.path
    shown = " ".join(text.value.split()) if text else ""
    return shown if len(shown) <= 60 else shown[:59] + "…"  # noqa: PLR2004 - what fits a line of a plan


def check_writable(draft: Draft, spec: MappedField, side: Side, target: Field, ends: dict[Side, End]) -> None:
    """A finding where the system itself sets the field."""
    if not target.writable:
        text = spec.right if side == "right" else spec.left
        draft.findings.add(
            "read-only",
            f"`{target.name}` is read-only: {ends[side].ref.system} sets it itself.",
            text.span if text else spec.span,
            hint="Reverse the arrow, or remove the line.",
        )


def _given(
    draft: Draft, line: CompiledLine, source: Side, target: Field, ends: dict[Side, End], number: int
) -> bool:
    """Fill in what the source gives for a computed line; False after findings."""
    spec = line.spec
    if spec.has_const:
        return _constant(draft, line, source, target)
    if spec.value is not None:
        return _value(draft, line, source, target, ends[source], spec.value)
    text = spec.text or spec.path
    if text is None:
        draft.findings.add("missing-key", "The line has a target but no source.", spec.span)
        return False
    return _slow(draft, line, source, target, ends[source], text, number)


def _constant(draft: Draft, line: CompiledLine, source: Side, target: Field) -> bool:
    text = word_of(line.spec.const)
    if target.choices and text not in target.choices:
        draft.findings.add(
            "unknown-choice",
            f"`{text}` is not a choice of `{target.name}`.",
            line.spec.span,
            hint=did_you_mean(text, target.choices),
        )
        return False
    line.get[source] = read(literal(text, "text"), Field(name="const", type=line.type), empty_is_null=False)
    return True


def _value(draft: Draft, line: CompiledLine, source: Side, target: Field, end: End, text: Text) -> bool:
    want = None if target.type == "unknown" else target.type
    try:
        scope = draft.scope(end.ref, end.stream, "linked", walk=True)
        expr = compile_value(text.value, scope, want=want)
    except ExprError as error:
        draft.findings.expression(error, text)
        return False
    found = with_links(draft, expr, text, end.ref, f"`{line.text}`")
    if found is None:
        return not draft.findings.wrong
    sql, line.asked = found
    line.reads[source] = (*expr.reads, *expr.via)
    line.get[source] = parsed(sql)
    if want is None:
        line.type = expr.type
        shown = Field(name=target.name, type=expr.type)
        line.get[other(source)] = read(column(target.name), shown, empty_is_null=False)
    return True


def _slow(
    draft: Draft, line: CompiledLine, source: Side, target: Field, end: End, text: Text, number: int
) -> bool:
    name = f"slow {number}"
    kind = "text" if line.spec.text is not None else "path"
    try:
        if kind == "text":
            template = compile_template(text.value, draft.scope(end.ref, end.stream))
            reads, options = template.reads, template.options
        else:
            compile_path(text.value)
            reads, options = _roots(text.value, end.stream.fields), ()
    except ExprError as error:
        draft.findings.expression(error, text)
        return False
    line.slow[source] = SlowField(
        column=name,
        kind="text" if kind == "text" else "path",
        source=text.value,
        reads=reads,
        options={name: draft.options[name].value for name in options},
        place=place(text.span),
    )
    line.reads[source] = reads
    line.get[source] = read(
        column(name), Field(name=name, type=line.type, scale=target.scale), empty_is_null=False
    )
    line.fails[source] = [
        (
            column(f"{name}!").is_(exp.Null()).not_(),
            Trouble(
                code="not-computed",
                message=f"`{' '.join(text.value.split())}` could not be computed for this record.",
                remedy="Look at the fields it reads; the line of the spec says which.",
                place=place(text.span),
            ),
        )
    ]
    return True


def _roots(path: str, fields: Mapping[str, Field]) -> tuple[str, ...]:
    """Fields of the catalog whose name a path mentions, so that they are asked for."""
    return tuple(name for name in fields if name.split(".")[0] in path)
