"""Enrol: records that take part once a person has added them: whose they are, what they need, where they may go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.catalog import Stream
from engine.compiler.bind.keeper import keeper_of, side_of
from engine.compiler.draft.label import label_of
from engine.compiler.draft.names import resolve
from engine.compiler.draft.parts import Enrolled
from engine.compiler.fields.behind import behind
from engine.compiler.sides.needs import compile_checks
from engine.plan import EnrolPlan, OfferPlan, PlacePlan, sources
from engine.record import SIDES, Side, other
from engine.spec.diagnostic import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.catalog import Field
    from engine.compiler.bind.keeper import Keeper
    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import End
    from engine.plan import Arrow
    from engine.spec.model import Enrol, Module


def compile_enrol(draft: Draft, module: Module, arrow: Arrow, ends: Mapping[Side, End]) -> Enrolled | None:
    """How records are enrolled; None where they take part by themselves, or nobody makes any."""
    by_hand = module.creates is not None and module.creates.value == "by hand"
    if not by_hand or arrow == "==":
        return None
    said = module.enrol
    if said is None:
        return Enrolled(plan=EnrolPlan(sides=sources(arrow), at_most=None, places=(), mark=None))
    places = {side: _places(draft, said, ends, side) for side in SIDES}
    needs = compile_checks(draft, module, said.needs, sources(arrow), dict(ends))
    sides = _sides(arrow, places, [side for side, *_ in needs.kept])
    plan = EnrolPlan(
        sides=sides,
        at_most=_at_most(draft, said),
        places=tuple(place for side in sides for place in places[side]),
        mark=_mark(draft, said.mark, ends[sides[0]]) if said.mark is not None else None,
    )
    _check_places(draft, said, plan, ends)
    # Nobody waits for these links by himself: a person asks again.
    asked = {
        side: tuple(replace(one, awaited=False) for one in several) for side, several in needs.asked.items()
    }
    return Enrolled(plan=plan, needs=tuple(one for one in needs.kept if one[0] in sides), asked=asked)


def _sides(
    arrow: Arrow, places: Mapping[Side, tuple[PlacePlan, ...]], needing: list[Side]
) -> tuple[Side, ...]:
    """Whose records are enrolled: where the place says so, else the needs, else wherever records come from."""
    placed = [side for side in sources(arrow) if places[side]]
    needed = [side for side in sources(arrow) if side in needing]
    return tuple(placed or needed or sources(arrow))


def _mark(draft: Draft, text: Text, end: End) -> str | None:
    """The field that tells that a record takes part; None after a finding."""
    found = resolve(draft, draft.scope(end.ref, end.stream), text)
    if found is None:
        return None
    if found.type != "boolean" or not found.writable:
        message = f"`{text.value}` cannot mark what is enrolled: it is no yes/no field that may be written."
        draft.findings.add("type-mismatch", message, text.span)
    return found.name


def _places(draft: Draft, said: Enrol, ends: Mapping[Side, End], side: Side) -> tuple[PlacePlan, ...]:
    """What is filled in on the other side, for records of this one."""
    there = ends[other(side)]
    found = []
    for name, modules in said.place.items():
        known = there.stream.fields.get(name)
        if known is not None and name not in ends[side].stream.fields:
            offers = tuple(one for text in modules for one in _offers(draft, ends, side, text))
            found.append(PlacePlan(to=name, stream_in=known.stream_in, offers=offers))
    return tuple(found)


def _check_places(draft: Draft, said: Enrol, plan: EnrolPlan, ends: Mapping[Side, End]) -> None:
    """A finding for a place that no side has, and for one that nothing can be offered for."""
    offers = {place.to: {one.module for one in place.offers} for place in plan.places}
    here = ends[plan.sides[0]].ref.text.value
    for name, modules in said.place.items():
        if name not in offers:
            there = ends[other(plan.sides[0])]
            resolve(draft, draft.scope(there.ref, there.stream), Text(value=name, span=modules[0].span))
        for text in modules if name in offers else ():
            keeper = keeper_of(draft, text.value, text)
            if keeper is not None and keeper.rule.name not in offers[name]:
                draft.findings.add(
                    "reference-does-not-fit",
                    f"No field leads from `{here}` to a record that `{text.value}` links.",
                    text.span,
                    hint="name a module or trigger whose links have a record that this one refers to",
                )


def _offers(draft: Draft, ends: Mapping[Side, End], side: Side, text: Text) -> Iterator[OfferPlan]:
    """What a module or trigger has linked to the records that ours refers to, directly or through one reference."""
    end = ends[side]
    keeper = keeper_of(draft, text.value, None)
    for by in _paths(draft, end) if keeper is not None else ():
        at = side_of(keeper, draft, end.ref, by.refers) if keeper is not None and by.refers else None
        target = keeper.ends.get(other(at)) if keeper is not None and at is not None else None
        if keeper is None or at is None or target is None or target.system != ends[other(side)].ref.system:
            continue
        yield OfferPlan(
            module=keeper.rule.name,
            integration=keeper.integration,
            side=at,
            by=by.name,
            system=target.system,
            stream=target.stream,
            label=_label(draft, keeper, other(at)),
        )
        return


def _paths(draft: Draft, end: End) -> Iterator[Field]:
    """Every field that holds the id of another record: the stream's own, and those behind a reference."""
    own = [one for one in end.stream.fields.values() if one.refers]
    yield from own
    catalog = draft.catalogs.get(end.ref.system)
    for one in own:
        there = catalog.streams.get(one.refers or "", Stream(name="", id="")) if catalog is not None else None
        for further in there.fields.values() if there is not None else ():
            name = f"{one.name}.{further.name}"
            if further.refers and behind(draft, end.ref, name) is not None:
                yield replace(further, name=name)


def _label(draft: Draft, keeper: Keeper, side: Side) -> str | None:
    """How people know the records of that side."""
    stream = draft.stream(keeper.ends[side])
    mapping = keeper.spec.mappings.get(keeper.rule.mapping.value) if keeper.rule.mapping else None
    lines = (*(mapping.fields if mapping else ()), *keeper.rule.fields)
    named = [one.left if side == "left" else one.right for one in lines]
    mapped = [
        one.value for one in named if one is not None and stream is not None and one.value in stream.fields
    ]
    return next(iter(label_of(stream, mapped=mapped)), None) if stream is not None else None


def _at_most(draft: Draft, said: Enrol) -> int | None:
    """The number; None = any, or it cannot be told yet."""
    if said.at_most is None:
        return None
    if said.at_most.value.isdecimal():
        return int(said.at_most.value)
    what = "`enrol: at-most` that is computed"
    draft.findings.not_yet(what, said.at_most.span)
    return None
