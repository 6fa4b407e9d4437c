"""Chosen: which records of a stream a step of the lifecycle is about, as a statement over what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from engine.catalog import Field
from engine.compiler.draft.label import label_of
from engine.compiler.fields.behind import behind, columns, walk_plans
from engine.compiler.fields.terms import cast_to, column, parsed
from engine.expr.build import named_type, text, try_cast
from engine.expr.canonical import read
from engine.expr.error import ExprError
from engine.expr.sql import compile_condition
from engine.plan.lifecycle import Chosen, Keeping

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import End
    from engine.compiler.fields.behind import Walked
    from engine.expr.sql import Expr
    from engine.record import Side
    from engine.spec.diagnostic import Text
    from engine.spec.model import StreamRef


def choose_records(draft: Draft, end: End, only: Text | None, *, kept: str | None = None) -> Chosen | None:
    """The records that a condition means; None where it never holds, or after a finding.

    `kept`: the field that holds the id which an older integration has kept; who has none is not meant.
    """
    expr = _condition(draft, end, only)
    if only is not None and (expr is None or expr.sql == "FALSE"):
        return None
    reads = expr.reads if expr else ()
    walked = [one for name in reads if (one := behind(draft, end.ref, name)) is not None]
    through = {one.name for one in walked}
    own = [name for name in reads if name not in through] + [one.by.name for one in walked]
    label = next(iter(label_of(end.stream)), None)
    names = tuple(dict.fromkeys([*own, *([label] if label else []), *([kept] if kept else [])]))
    return Chosen(
        system=end.ref.system,
        stream=end.stream.name,
        id_field=end.stream.id,
        version_field=end.stream.modified,
        reads=names,
        walks=walk_plans(walked, end.side, end.ref.system),
        lens=_lens(end, names, walked, expr.sql if expr else "TRUE", label, kept),
        kept=tuple(kept_links(draft, end.ref)),
        batch_size=max(1, end.stream.can.batch_size),
    )


def _condition(draft: Draft, end: End, only: Text | None) -> Expr | None:
    """The compiled condition; None where there is none, or after a finding."""
    if only is None:
        return None
    try:
        expr = compile_condition(only.value, draft.scope(end.ref, end.stream, "linked", "origin", walk=True))
    except ExprError as error:
        draft.findings.expression(error, only)
        return None
    far = [call for call in expr.calls if call.name == "linked" and call.args]
    if far or any(step not in end.stream.fields for step in expr.via):
        message = "A step can use the record, the records it refers to, and its own link: `linked()`."
        draft.findings.add("not-allowed", message, only.span)
        return None
    return expr


def _lens(
    end: End,
    names: Sequence[str],
    walked: Sequence[Walked],
    condition: str,
    label: str | None,
    kept: str | None,
) -> str:
    """SELECT over `page` giving id, version, label, chosen and other."""
    typed = exp.Select().select(*_typed(end, names), copy=False).from_("page").subquery("typed", copy=False)
    looked = (
        exp.Select()
        .select("typed.*", *columns(walked, end.side), *_itself(end), copy=False)
        .from_(typed, copy=False)
        .join("own", on="own.id = typed._id", join_type="left", copy=False)
        .subquery("looked", copy=False)
    )
    chosen = {
        "id": column("_id"),
        "version": column("_version"),
        "label": _text(column(label)) if label else exp.null(),
        "chosen": parsed(condition),
        "other": _text(column(kept)) if kept else exp.null(),
    }
    found = [exp.Alias(this=value, alias=exp.to_identifier(name)) for name, value in chosen.items()]
    return exp.Select().select(*found, copy=False).from_(looked, copy=False).sql(dialect="duckdb")


def _text(value: exp.Expression) -> exp.Expression:
    return try_cast(value, named_type("TEXT"))


def _typed(end: End, names: Sequence[str]) -> Iterator[exp.Expression]:
    """The staged fields as canonical columns, and what people call the record's id and version."""
    stream = end.stream
    own = Field(name=stream.id, type="id")
    yield exp.Alias(this=cast_to(column("_id"), own.type, "id", None), alias=exp.to_identifier("_id"))
    yield exp.Alias(this=column("_version"), alias=exp.to_identifier("_version"))
    for name in names:
        field = stream.fields.get(name) or Field(name=name, type="unknown")
        value = read(column(name), field, empty_is_null=stream.empty_is_null, physical="VARCHAR")
        yield exp.Alias(this=value, alias=exp.to_identifier(name, quoted=True))


def _itself(end: End) -> Iterator[exp.Expression]:
    """What the engine's own functions say of a record; without a link it came from its own system."""
    alone = exp.column("id", table="own").is_(exp.null())
    came = exp.Case().when(alone, text(end.ref.system)).else_(exp.column("origin", table="own"))
    today = parsed("CAST(getvariable('today') AS DATE)")
    for name, value in (("_origin", came), ("_linked", exp.Not(this=alone.copy())), ("_today", today)):
        yield exp.Alias(this=value, alias=exp.to_identifier(name, quoted=True))


def kept_links(draft: Draft, ref: StreamRef) -> Iterator[Keeping]:
    """Who keeps links of the records of a stream: modules with links of their own, and triggers."""
    for name, ends in _all_ends(draft):
        for side, end in ends.items():
            if (end.system, end.stream) == (ref.system, ref.stream):
                there = next((one.system for at, one in ends.items() if at != side), end.system)
                trigger = name in draft.spec.triggers
                yield Keeping(module=name, side=side, here=end.system, there=there, trigger=trigger)


def _all_ends(draft: Draft) -> Iterator[tuple[str, dict[Side, StreamRef]]]:
    for module in draft.spec.modules.values():
        if module.pairs is None:
            yield module.name, {"left": module.left, "right": module.right}
    for trigger in draft.spec.triggers.values():
        of = trigger.change or trigger.delete
        maker = draft.spec.triggers.get(of.value) if of else trigger
        if maker is not None and maker.create is not None:
            yield trigger.name, {"left": trigger.watch, "right": maker.create}
