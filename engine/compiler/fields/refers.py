"""Refers: ids of another module's records, looked up in that module's links, in either direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from engine.compiler.draft.parts import Lookup
from engine.compiler.fields.terms import cast_to, column
from engine.expr.build import all_of, is_null, not_null, sql_type, try_cast
from engine.expr.lattice import FAMILY
from engine.plan import Reference, Trouble
from engine.record import SIDES, Side, other

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.catalog import Field
    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import CompiledLine, End
    from engine.spec.diagnostic import Text
    from engine.spec.model import Module, StreamRef


def look_up(
    draft: Draft, refers: Text, ends: Mapping[Side, End], fields: Mapping[Side, Field]
) -> dict[Side, Lookup]:
    """How each side's id is looked up; empty where the links are not known or cannot be used yet."""
    module = _module(draft, refers)
    if module is None:
        return {}
    turned = _turned(draft, refers, module, ends, fields["left"])
    if turned is None:
        return {}
    sides: dict[Side, Side] = {side: other(side) if turned else side for side in SIDES}
    for side, one in fields.items():
        _check_stream(draft, refers, ends[side], one, module.left if sides[side] == "left" else module.right)
    return {
        side: Lookup(field=one.name, type=one.type, module=module.name, side=sides[side])
        for side, one in fields.items()
    }


def _module(draft: Draft, refers: Text) -> Module | None:
    """The module that keeps the links; links of triggers and of other integrations are for later."""
    name = refers
    while name.value in draft.spec.modules:
        found = draft.spec.modules[name.value]
        if found.pairs is None:
            return found
        name = found.pairs
    if "." in name.value or name.value in draft.spec.triggers:
        draft.findings.not_yet(f"`refers: {refers}`: links that no module of this spec keeps", refers.span)
    return None


def _turned(draft: Draft, refers: Text, module: Module, ends: Mapping[Side, End], left: Field) -> bool | None:
    """Whether the module has its sides the other way round; None after a finding."""
    here = (ends["left"].ref.system, ends["right"].ref.system)
    there = (module.left.system, module.right.system)
    if here == there and here[0] != here[1]:
        return False
    if here == (there[1], there[0]):
        return here[0] != here[1] or left.refers != module.left.stream
    message = (
        f"`{module.name}` links {there[0]} and {there[1]}, so it knows nothing of {here[0]} and {here[1]}."
    )
    draft.findings.add(
        "reference-does-not-fit", message, refers.span, hint="Name a module between the same two systems."
    )
    return None


def _check_stream(draft: Draft, refers: Text, end: End, one: Field, linked: StreamRef) -> None:
    """A field that the catalog says to hold ids of one stream is not looked up among those of another."""
    if one.refers is not None and one.refers != linked.stream:
        draft.findings.add(
            "reference-does-not-fit",
            f"`{one.name}` holds the id of `{end.ref.system}.{one.refers}`, "
            f"but `{refers}` links `{linked.system}.{linked.stream}`.",
            refers.span,
            hint=f"Name the module that links `{end.ref.system}.{one.refers}`.",
        )


def own_id(lookup: Lookup, table: str | None = None) -> exp.Expression:
    """The id as the side itself holds it, as text."""
    name = column(lookup.field)
    if table is not None:
        name.set("table", exp.to_identifier(table))
    return cast_to(name, lookup.type, "id", None)


def found_id(lookup: Lookup, own: exp.Expression) -> exp.Expression:
    """The id of the same thing on the other side; NULL where the module has no link of it."""
    here, there = f"{lookup.side}_id", f"{other(lookup.side)}_id" if lookup.gives == "id" else "made"
    links = exp.Table(
        this=exp.to_identifier(lookup.table, quoted=True), alias=exp.TableAlias(this=exp.to_identifier("l"))
    )
    found = exp.Select().select(exp.Min(this=exp.column(there, table="l"))).from_(links)
    return exp.Subquery(this=found.where(exp.EQ(this=exp.column(here, table="l"), expression=own)))


def linked(lookup: Lookup) -> exp.Expression:
    """The column of the lens that holds what was found."""
    return column(lookup.column)


def unlinked(lookup: Lookup) -> exp.Expression:
    """Whether there is an id whose record has no link; never NULL."""
    return all_of(not_null(own_id(lookup)), is_null(linked(lookup)))


def translated(line: CompiledLine, side: Side, target: Field, canonical: exp.Expression) -> exp.Expression:
    """What a line with `refers` writes."""
    value = as_text(line, side, canonical)
    return value if FAMILY[target.type] == "text" else try_cast(value, sql_type(target.type))


def as_text(line: CompiledLine, side: Side, canonical: exp.Expression) -> exp.Expression:
    """The same before it has the target's type: canonical ids are the right side's."""
    lookup = line.lookups.get("right")
    return found_id(lookup, canonical) if side == "left" and lookup is not None else canonical


def blocked(lookup: Lookup, place_: str) -> Trouble:
    """A record that waits for another one."""
    return Trouble(
        code="blocked",
        message=f"`{lookup.field}` refers to a record of `{lookup.keeper}` that has no link yet.",
        remedy="It is synced automatically once that record is linked; see there what holds it back.",
        place=place_,
    )


def references(lookups: Iterable[Lookup]) -> tuple[Reference, ...]:
    """The tables of these lookups, each once."""
    tables = {
        one.table: Reference(module=one.module, table=one.table, integration=one.integration)
        for one in lookups
    }
    return tuple(tables.values())
