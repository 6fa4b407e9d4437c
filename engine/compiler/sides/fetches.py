"""Fetches: `under: { …, else: fetch }` lets a record bring along the one that it lives below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.compiler.fields.refers import own_id
from engine.compiler.sides.only import id_lens
from engine.expr.build import all_of, case, is_null
from engine.plan import ReferrerPlan, sources
from engine.record import other

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlglot import exp

    from engine.compiler.draft.parts import Checked, Lookup
    from engine.record import Side


def fetched_by(standing: Mapping[str, Checked], checked: Checked, side: Side) -> tuple[ReferrerPlan, ...]:
    """Where to look for ids of this side's records that records below them bring along."""
    if side not in sources(checked.arrow) or other(side) not in checked.creates:
        return ()
    return tuple(
        _plan(child, at, index)
        for child in standing.values()
        if child.module.under and child.module.under[0].otherwise == "fetch"
        for at in sources(child.arrow)
        if at in child.parents and other(at) in child.creates
        for index, one in enumerate(child.parents[at].lookups)
        if (one.module, one.side) == (checked.module.name, side)
    )


def _plan(child: Checked, at: Side, index: int) -> ReferrerPlan:
    end, view, lookups = child.ends[at], child.views[at], child.parents[at].lookups[: index + 1]
    names = tuple(dict.fromkeys([*(one.field for one in lookups), *view.reads]))
    return ReferrerPlan(
        name=f"{end.ref.system}.{end.stream.name}",
        module=child.module.name,
        side=at,
        stream=end.stream.name,
        id_field=end.stream.id,
        version_field=end.stream.modified,
        reads=names,
        saved_view=view.saved,
        since=end.stream.can.since and bool(end.stream.modified),
        told=True,  # who lives below a record without a link waits for it
        lens=id_lens(end, names, [_counting(lookups)], view.sql),
    )


def _counting(lookups: Sequence[Lookup]) -> exp.Expression:
    """The last field's id, unless a field before it has a value: then that one says who the parent is."""
    *earlier, last = lookups
    before = [is_null(own_id(one)) for one in earlier if one.field != last.field]
    return case((all_of(*before), own_id(last))) if before else own_id(last)
