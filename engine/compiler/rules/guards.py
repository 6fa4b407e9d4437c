"""Guards: which changes a rule looks at, and what a record would become, as SQL over what is read and sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from engine.catalog import Field
from engine.compiler.bind.choices import holds
from engine.compiler.draft.draft import Draft, place
from engine.compiler.draft.names import end_of, resolve
from engine.compiler.draft.parts import Checked, Guarded
from engine.compiler.fields.behind import Walked, behind, columns, walk_plans
from engine.compiler.fields.linked import walks_far
from engine.compiler.rules.mails import letter, told
from engine.compiler.sides.beside import plain_fields
from engine.expr.build import call, case, cast, named_type, text
from engine.expr.canonical import read
from engine.expr.error import ExprError
from engine.expr.sql import Expr, compile_condition
from engine.plan import GuardPlan, MailPlan
from engine.record import other
from engine.spec.node import IncompleteError
from engine.spec.phrase import split_arrow
from engine.spec.report import Report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.compiler.draft.parts import CompiledLine, End
    from engine.record import Side
    from engine.spec.model import Guard, Module


def check_guards(draft: Draft, standing: Mapping[str, Checked]) -> dict[str, Checked]:
    """Every name and expression of the guards; the modules that stand, with the guards that take part."""
    watched = dict(standing)
    for guard in draft.spec.guards.values():
        module = draft.spec.modules.get(guard.module.value)
        stands = holds(draft, guard.only_if)
        if module is None:
            continue  # the reader has said so
        left, right = end_of(draft, module.left, "left"), end_of(draft, module.right, "right")
        if left is None or right is None:
            continue
        part, checked = draft.part(), watched.get(module.name)
        found = _guarded(part, guard, module, {"left": left, "right": right})
        if checked is not None and found is not None and stands:
            watched[module.name] = replace(checked, guards=(*checked.guards, found))
        draft.findings.take(part.findings, stands=found is not None and checked is not None and stands)
    return watched


def _guarded(draft: Draft, guard: Guard, module: Module, ends: dict[Side, End]) -> Guarded | None:
    """The guard with its names resolved; None where something is wrong with it or cannot be answered yet."""
    side, fields = _protected(draft, guard, module, ends)
    end = ends[side]
    _check_restore(draft, guard, module)
    sentence = told(draft, guard.because, end) if guard.because else None
    mail = letter(draft, guard.mail, ends[other(side)], end) if guard.mail else None
    expr = _condition(draft, guard, end)
    if expr is None:
        return None
    return Guarded(
        spec=guard,
        side=side,
        fields=fields,
        condition=expr,
        sentence=sentence,
        mail=mail if draft.spec.mail else None,
    )


def _protected(
    draft: Draft, guard: Guard, module: Module, ends: dict[Side, End]
) -> tuple[Side, tuple[str, ...]]:
    """The side that a guard protects, which its arrows point to, and the fields there; none = the whole record."""
    target: Side = "left" if module.arrow == "<-" else "right"
    pairs = []
    for words in guard.refuse:
        try:
            left, arrow, right = split_arrow(words, ("<->", "->", "<-"), Report(file=words.span.file))
        except IncompleteError:
            continue  # the reader has said what is wrong with it
        for side, name in (("left", left), ("right", right)):
            end = ends["left" if side == "left" else "right"]
            resolve(draft, draft.scope(end.ref, end.stream), name)
        target = "left" if arrow.value == "<-" else "right"
        pairs.append((left.value, right.value))
    return target, tuple(left if target == "left" else right for left, right in pairs)


def _check_restore(draft: Draft, guard: Guard, module: Module) -> None:
    """`restore` writes to the side that the change came from, so the module must go both ways."""
    if guard.leave == "restore" and module.arrow != "<->":
        message = f"`leave: restore` writes a value back, but module `{module.name}` goes one way only."
        hint = "use `<->` in the module, or `leave: as-is`"
        draft.findings.add("contradiction", message, guard.span, hint=hint)


def _condition(draft: Draft, guard: Guard, end: End) -> Expr | None:
    try:
        expr = compile_condition(guard.when.value, draft.scope(end.ref, end.stream, "linked", walk=True))
    except ExprError as error:
        draft.findings.expression(error, guard.when)
        return None
    if any(one.name != "today" for one in expr.calls) or walks_far(draft, expr.via, end.ref):
        what = f"guard `{guard.name}`: a condition that looks at links, or through more than one reference"
        draft.findings.not_yet(what, guard.when.span)
    return expr


def _walked(draft: Draft, checked: Checked, one: Guarded) -> list[Walked]:
    found = [behind(draft, checked.ends[one.side].ref, name) for name in one.reads]
    return [walked for walked in found if walked is not None]


def build_guard(draft: Draft, checked: Checked, one: Guarded) -> GuardPlan:
    """The plan of a guard of a module."""
    walks, owner = _walked(draft, checked, one), f"guard {one.spec.name}"
    lines = {field.name: line for line in checked.lines for field in line.writes(one.side)}
    end, names = checked.ends[one.side], plain_fields(draft, checked, one)
    named = {name: lines[name] for name in one.fields if name in lines}
    return GuardPlan(
        name=one.spec.name,
        side=one.side,
        keys=tuple(dict.fromkeys(line.key for line in named.values() if line.spec.on == "always")),
        targets=tuple(named),
        whole=not one.fields,
        restores=one.spec.leave == "restore",
        becoming=tuple(_becoming(end, name, lines.get(name)) for name in names),
        made=tuple(_made(end, name, lines.get(name)) for name in names),
        walks=walk_plans(walks, owner, end.ref.system),
        behind=tuple(item.sql(dialect="duckdb") for item in columns(walks, owner)),
        condition=one.condition.sql.replace('"_today"', "CAST(getvariable('today') AS DATE)"),
        shows=tuple(sorted(one.shows.items())),
        sentence=one.sentence.text if one.sentence else None,
        line=_said(one),
        mail=None
        if one.mail is None
        else MailPlan(to=one.mail.to, subject=one.mail.subject.text, body=one.mail.body.text),
        place=place(one.spec.span),
    )


def _said(one: Guarded) -> str:
    return ", ".join(words.value for words in one.spec.refuse) or "the whole record"


def _typed(end: End, name: str, value: exp.Expression) -> exp.Expression:
    """A value that is sent, as the lens would read it back."""
    field = end.stream.fields.get(name) or Field(name=name, type="unknown")
    return read(value, field, empty_is_null=end.stream.empty_is_null)


def _becoming(end: End, name: str, line: CompiledLine | None) -> str:
    """A field of a record that is there: what is written to it, else what it shows (`o`)."""
    shown = exp.column(exp.to_identifier(f"field {name}", quoted=True), table="o")
    if line is None or line.spec.on != "always":
        return _as(shown, name)
    sent = exp.column(exp.to_identifier(f"sent {name}", quoted=True), table="n")
    written = call("LIST_CONTAINS", exp.column("keys", table="n"), text(line.key))
    return _as(case((written, _typed(end, name, sent)), default=shown), name)


def _made(end: End, name: str, line: CompiledLine | None) -> str:
    """A field of a record that would be made; what nothing is sent for is empty."""
    if line is None:
        field = end.stream.fields.get(name) or Field(name=name, type="unknown")
        empty = cast(exp.null(), named_type("TEXT"))
        return _as(read(empty, field, empty_is_null=True), name)
    return _as(
        _typed(end, name, exp.column(exp.to_identifier(name, quoted=True), table="n")),
        name,
    )


def _as(value: exp.Expression, name: str) -> str:
    named = exp.Alias(this=value, alias=exp.to_identifier(name, quoted=True))
    return named.sql(dialect="duckdb")
