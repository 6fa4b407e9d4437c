"""Only: `only: referenced by MODULE` lets in what a record of one of those modules refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from engine.compiler.fields.linked import end_lookup
from engine.compiler.fields.terms import cast_to, column, parsed
from engine.expr.build import any_of, call, not_null
from engine.expr.canonical import read
from engine.plan import ReferrerPlan, sources
from engine.record import SIDES, Side
from engine.spec.phrase import split_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.catalog import Field
    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import Checked, End, Lookup
    from engine.plan import Arrow
    from engine.spec.diagnostic import Text
    from engine.spec.model import Module


def check_only(draft: Draft, module: Module, arrow: Arrow, ends: dict[Side, End]) -> None:
    """Each module named has a field that refers to records of this one; a finding where it has none."""
    for text in _named(module):
        referrer = draft.spec.modules.get(text.value)
        found = [
            _fields(draft, referrer, end) for side, end in ends.items() if referrer and side in sources(arrow)
        ]
        if referrer is not None and not any(found):
            _nothing_refers(draft, module, text)


def _named(module: Module) -> tuple[Text, ...]:
    return split_names(module.only_referenced_by) if module.only_referenced_by else ()


def _nothing_refers(draft: Draft, module: Module, text: Text) -> None:
    message = f"No field of the records of `{text}` is known to refer to records of `{module.name}`."
    hint = "Name a module whose stream holds their ids; `engine connectors` shows what a field refers to."
    draft.findings.add("reference-does-not-fit", message, text.span, hint=hint)


def _fields(draft: Draft, referrer: Module, end: End) -> tuple[tuple[Side, tuple[Field, ...]], ...]:
    """Fields of the referring module that hold ids of this end's records, by its side."""
    found: list[tuple[Side, tuple[Field, ...]]] = []
    for side in SIDES:
        ref = referrer.left if side == "left" else referrer.right
        stream = draft.stream(ref) if ref.system == end.ref.system else None
        fields = [one for one in (stream.fields.values() if stream else ()) if one.refers == end.stream.name]
        if fields:
            found.append((side, tuple(fields)))
    return tuple(found)


def referrers(
    draft: Draft, standing: Mapping[str, Checked], checked: Checked, side: Side
) -> tuple[ReferrerPlan, ...]:
    """Where to look for ids of this side's records; modules that are switched off refer to nothing."""
    if side not in sources(checked.arrow):
        return ()
    plans = []
    for text in _named(checked.module):
        other = standing.get(text.value)
        if other is not None:
            found = _fields(draft, other.module, checked.ends[side])
            plans += [_plan(checked, other, at, fields) for at, fields in found]
    return tuple(plans)


def _plan(checked: Checked, other: Checked, at: Side, fields: Sequence[Field]) -> ReferrerPlan:
    end, view = other.ends[at], other.views[at]
    names = tuple(dict.fromkeys([*(one.name for one in fields), *view.reads]))
    return ReferrerPlan(
        name=f"{end.ref.system}.{end.stream.name}",
        module=other.module.name,
        side=at,
        stream=end.stream.name,
        id_field=end.stream.id,
        version_field=end.stream.modified,
        reads=names,
        saved_view=view.saved,
        since=end.stream.can.since and bool(end.stream.modified),
        told=all(_is_told(checked.module.name, other, at, one) for one in fields),
        lens=id_lens(
            end, names, [cast_to(column(one.name), one.type, "id", None) for one in fields], view.sql
        ),
    )


def _is_told(module: str, other: Checked, at: Side, one: Field) -> bool:
    """Whether a line translates the field, so that whoever holds an id without a link waits for it."""
    return any(
        at in line.lookups
        and (line.lookups[at].module, line.lookups[at].field) == (module, one.name)
        and at in sources(other.arrow)
        and line.spec.on == "always"
        for line in other.lines
    )


def id_lens(end: End, names: Sequence[str], ids: Sequence[exp.Expression], view: str | None) -> str:
    """SELECT over `page` giving these ids of the records in view, one a row."""
    empty = end.stream.empty_is_null
    typed = [
        exp.Alias(
            this=read(column(name), end.stream.fields[name], empty_is_null=empty, physical="VARCHAR")
            if name in end.stream.fields
            else column(name),
            alias=exp.to_identifier(name, quoted=True),
        )
        for name in names
    ]
    today = exp.Alias(
        this=parsed("CAST(getvariable('today') AS DATE)"), alias=exp.to_identifier("_today", quoted=True)
    )
    rows = exp.Select().select(*typed, today, copy=False).from_("page").subquery("typed", copy=False)
    each = call("UNNEST", exp.Array(expressions=list(ids)))
    listed = exp.Alias(this=each, alias=exp.to_identifier("id"))
    found = exp.Select().select(listed, copy=False).from_(rows, copy=False)
    if view is not None:
        found = found.where(parsed(view), copy=False)
    return found.sql(dialect="duckdb")


def table_of(side: Side) -> str:
    """The table in which the ids stand that are referred to."""
    return f"referred {side}"


def own_link(checked: Checked, side: Side) -> Lookup | None:
    """Whether the record has a link already: then it stays in step, whoever refers to it. None = not asked."""
    if checked.module.only_referenced_by is None or side not in sources(checked.arrow):
        return None
    return end_lookup(checked.ends[side], checked.module.name, side, awaited=False)


def takes_part(side: Side, own: Lookup) -> exp.Expression:
    """Whether a record is referred to or linked."""
    table = exp.Table(this=exp.to_identifier(table_of(side), quoted=True))
    ids = exp.Select().select(exp.column("id", table=table_of(side), quoted=True)).from_(table)
    referred = exp.In(this=column("_id"), query=exp.Subquery(this=ids))
    return any_of(not_null(column(own.column)), exp.Paren(this=referred))
