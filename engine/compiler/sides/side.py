"""Sides: one end of a compiled module, with its lens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.catalog import Field
from engine.compiler.draft.label import label_of
from engine.compiler.fields.behind import behind, walk_plans
from engine.compiler.fields.refers import references, translated
from engine.compiler.fields.terms import column, parsed
from engine.compiler.sides.beside import beside
from engine.compiler.sides.fetches import fetched_by
from engine.compiler.sides.lens import clock, key_lens, lens
from engine.compiler.sides.lens_parts import LensParts, Need
from engine.compiler.sides.needs import failed
from engine.compiler.sides.only import own_link, referrers
from engine.compiler.sides.row_state import compared_fields
from engine.expr.build import cast, named_type
from engine.expr.canonical import value_map_back, write
from engine.plan import Reference, SidePlan, Trouble
from engine.record import Side, other

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlglot import exp

    from engine.catalog import FieldType
    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import Checked, CompiledLine, Lookup
    from engine.compiler.sides.needs import CheckSql
    from engine.spec.model import StreamRef


def build_side(draft: Draft, checked: Checked, side: Side, standing: Mapping[str, Checked]) -> SidePlan:
    """What to read of a side, and how; `standing` are all that take part."""
    end, view = checked.ends[side], checked.views[side]
    parts = _lens_parts(draft, checked, side)
    whole, keys = lens(parts), key_lens(parts)
    return SidePlan(
        side=side,
        system=end.ref.system,
        connector=draft.spec.systems[end.ref.system].connector.value,
        stream=end.stream.name,
        id_field=end.stream.id,
        version_field=end.stream.modified,
        reads=parts.reads,
        key_reads=parts.key_reads,
        folded=parts.folded,
        saved_view=view.saved,
        lens=whole,
        key_lens=keys,
        clock=clock(parts),
        troubles=(*parts.troubles, *_of_pairs(checked, side, parts.troubles)),
        slow=tuple(line.slow[side] for line in checked.lines if side in line.slow),
        references=(
            *references((*parts.lookups, *written_through(checked, side))),
            *(
                Reference(module=one.module, table=one.table, integration=one.integration)
                for one in checked.yields
                if one.side == side
            ),
        ),
        can=end.stream.can,
        referrers=referrers(draft, standing, checked, side) if parts.own else None,
        fetched_by=fetched_by(standing, checked, side),
        walks=walk_plans(parts.walks.values(), side, end.ref.system),
        view=view.sql,
        tells=end.stream.can.by_ids > 0 and not end.stream.tells_nothing,
        fillable=end.stream.fillable,
        compared=compared_fields(parts),
        computed=any(one.unstamped for name, one in end.stream.fields.items() if name in parts.reads),
    )


def _lens_parts(draft: Draft, checked: Checked, side: Side) -> LensParts:
    """What the lens of a side is made of."""
    end, view = checked.ends[side], checked.views[side]
    return LensParts(
        side=side,
        stream=end.stream,
        lines=checked.lines,
        keys=checked.keys,
        view=parsed(view.sql) if view.sql else None,
        view_reads=view.reads,
        needs=_needs(draft, checked.ends[side].ref, checked.needs, side),
        enrol=_needs(draft, checked.ends[side].ref, checked.enrol.needs if checked.enrol else (), side),
        label=_label(checked, side),
        makes=other(side) in checked.creates,
        parent=checked.parents.get(side),
        asked=checked.asked.get(side, ()),
        also=checked.telling,
        together=[one for one in checked.together if one.side == side],
        beside=beside(draft, checked, side),
        own=own_link(checked, side),
        walk=lambda name: behind(draft, end.ref, name),
        once=checked.trigger is not None and side == "left",
        slots={"_today": cast(parsed("getvariable('today')"), named_type("DATE"))}
        if _today(checked, side)
        else {},
    )


def _of_pairs(checked: Checked, side: Side, known: Sequence[Trouble]) -> list[Trouble]:
    """What a pair that fails a check is told at its counterpart, which stands on this side."""
    there = dict.fromkeys(one.trouble for one in checked.together if one.side != side)
    return [one for one in there if one not in known]


def _needs(draft: Draft, ref: StreamRef, checks: Sequence[CheckSql], side: Side) -> list[Need]:
    return [
        (
            parsed(sql),
            reads,
            failed(check, later=any(behind(draft, ref, name) for name in reads)),
        )
        for at, check, sql, reads in checks
        if at == side
    ]


def _today(checked: Checked, side: Side) -> bool:
    """Whether an expression of this side asks for the date of the run."""
    sql = [line.get[side].sql(dialect="duckdb") for line in checked.lines if side in line.get]
    sql += [checked.views[side].sql or "", *(sql for at, _, sql, _ in checked.needs if at == side)]
    return any('"_today"' in one for one in sql)


def _label(checked: Checked, side: Side) -> tuple[str, ...]:
    """How a person recognises a record of that side."""
    stream = checked.ends[side].stream
    keys = (key.names(side)[0] for key in checked.keys if key.parts)
    read = [name for line in checked.lines for name in line.reads.get(side, ())]
    # What a person who starts a trigger says instead of a text may have taken its line away.
    needed = (one.name for one in stream.fields.values() if one.required and one.type == "text")
    matched = next(keys, None) or (next(needed, None) if checked.trigger is not None else None)
    return label_of(stream, matched=matched, mapped=read)


def written_through(checked: Checked, side: Side) -> list[Lookup]:
    """What ids are looked up in when they are written to that side."""
    return [
        line.lookups["right"] for line in checked.lines if side == "left" in line.targets and line.lookups
    ]


def write_sql(line: CompiledLine, number: int, side: Side) -> list[str]:
    """The value of a canonical column as each field of that side takes it; an open target takes text."""
    canonical, kind, target = column(f"c{number}"), line.type, line.targets[side]
    if side in line.puts:
        return [_written(one.of(canonical), one.type, one.field) for one in line.puts[side]]
    if line.lookups:
        return [translated(line, side, target, canonical).sql(dialect="duckdb")]
    if line.spec.values and side == "left":
        canonical, kind = value_map_back(canonical, kind, line.spec.values), "text"
    return [_written(canonical, kind, target)]


def _written(value: exp.Expression, kind: FieldType, target: Field) -> str:
    if target.type == "unknown":
        target = Field(name=target.name, type="text")
    return write(value, kind, target).sql(dialect="duckdb")
