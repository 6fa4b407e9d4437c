"""Search: `search:` of a module, checked, and compiled to what reads the records that people look for by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from engine.catalog import Field
from engine.compiler.fields.refers import own_id
from engine.compiler.fields.terms import column
from engine.expr.build import call, cast, named_type, text
from engine.expr.canonical import read
from engine.plan import SearchPlan, sources
from engine.record import SIDES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.compiler.draft.parts import Checked, End
    from engine.record import Side


def build_search(checked: Checked) -> SearchPlan | None:
    """What reads the records; None where the module says nothing of it."""
    names = tuple(one.value for one in checked.module.search)
    side = _side(checked, names) if names else None
    if side is None:
        return None
    end, parent = checked.ends[side], checked.parents.get(side)
    above = {one.module: one for one in (parent.lookups if parent else ())}
    reads = tuple(dict.fromkeys([*names, *(one.field for one in above.values())]))
    ids = [_as(own_id(one), module) for module, one in above.items()]
    return SearchPlan(
        side=side, fields=names, reads=reads, lens=_lens(end, names, reads, ids), above=tuple(above)
    )


def _side(checked: Checked, names: Sequence[str]) -> Side | None:
    """The side that records come from, if it has these fields; else the other one. A finding tells where none has."""
    order = (*sources(checked.arrow), *SIDES)
    return next((side for side in order if _has(checked.ends[side], names)), None)


def _has(end: End, names: Sequence[str]) -> bool:
    return end.stream.open or all(name in end.stream.fields for name in names)


def _lens(end: End, names: Sequence[str], reads: Sequence[str], ids: Sequence[exp.Expression]) -> str:
    typed = [_as(_typed(end, name), name) for name in reads]
    rows = exp.Select().select("_id", *typed).from_("page").subquery("typed")
    words = [cast(column(name), named_type("TEXT")) for name in names]
    label = _as(call("CONCAT_WS", text(" "), *words), "label")
    return exp.Select().select("_id", label, *ids).from_(rows).sql(dialect="duckdb")


def _typed(end: End, name: str) -> exp.Expression:
    field = end.stream.fields.get(name) or Field(name=name, type="unknown")
    return read(column(name), field, empty_is_null=end.stream.empty_is_null, physical="VARCHAR")


def _as(value: exp.Expression, name: str) -> exp.Expression:
    return exp.Alias(this=value, alias=exp.to_identifier(name, quoted=True))
