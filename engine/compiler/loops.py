"""Loops: fields that lines write round in a circle, and whether one of them has the last word. Pure."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlglot import exp

from engine.compiler.fields.terms import parsed
from engine.record import SIDES, other
from engine.spec.diagnostic import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import Checked, CompiledLine
    from engine.record import Side
    from engine.spec.diagnostic import Span

#: A circle through more fields than these is not looked for.
MOST_FIELDS = 8
#: Steps of the search; where they do not suffice, what was found until then is told.
MOST_STEPS = 200_000


#: Fields that must have certain values, such as `contact_type: vendor`.
ViewValues = dict[str, str]


class Cell(NamedTuple):
    """A field of a stream of one account, whatever the specs call its system."""

    account: str  #: connector and settings
    stream: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A line of a module, along one of the ways that it writes."""

    module: str  #: `SPEC.MODULE`
    spec: str
    number: int  #: of the line among all lines of all specs: both ways of a line share it
    source: Cell
    target: Cell
    names: tuple[str, str]  #: of source and target, as its spec has them
    kinds: tuple[
        ViewValues, ViewValues
    ]  #: what the views of its module ask of the records of source and target
    wins: Cell | None  #: whose value stands where both were changed; None = that is not said beforehand
    rule: str  #: who that is, as a person reads it
    yields: tuple[str, ...]  #: `SPEC.MODULE` that win over this module
    span: Span  #: of the arrow of its module
    line: CompiledLine


def flows_of(draft: Draft, standing: Iterable[Checked], first: int, *, on: str = "always") -> list[Flow]:
    """Every way that a value goes, and is kept in step if nothing else is asked; `first` is the first line's number."""
    flows: list[Flow] = []
    for checked in standing:
        if checked.trigger is not None:
            continue  # it writes once and never compares
        kinds = {side: _kind(checked.views[side].sql) for side in SIDES}
        for line, rule in zip(checked.lines, checked.policies, strict=True):
            if line.spec.on == on:
                flows += _of_line(draft, checked, line, rule[0], first + len(flows), kinds)
    return flows


def _kind(view: str | None) -> ViewValues:
    """The fields that a view holds to one value."""
    found: ViewValues = {}
    waiting: list[Any] = [parsed(view)] if view else []
    while waiting:
        part = waiting.pop().unnest()
        if isinstance(part, exp.And):
            waiting += [part.left, part.right]
        elif isinstance(part, exp.NullSafeEQ) and isinstance(part.right, exp.Literal):
            found[part.left.name] = part.right.name
    return found


def _of_line(
    draft: Draft,
    checked: Checked,
    line: CompiledLine,
    policy: str,
    number: int,
    kinds: Mapping[Side, ViewValues],
) -> Iterator[Flow]:
    for side, target in ((at, one) for at in line.targets for one in line.writes(at)):
        for name in _given(line, other(side)):
            source, goal = _cell(draft, checked, other(side), name), _cell(draft, checked, side, target.name)
            winner = {other(side): source, side: goal}.get(policy) if len(line.targets) > 1 else source  # type: ignore[call-overload] # a policy may be a side
            yield Flow(
                module=f"{draft.spec.name}.{checked.module.name}",
                spec=draft.spec.name,
                number=number,
                source=source,
                target=goal,
                names=(_name(checked, other(side), name), _name(checked, side, target.name)),
                kinds=(kinds[other(side)], kinds[side]),
                wins=winner,
                rule=policy
                if winner is None
                else checked.ends[side if winner == goal else other(side)].ref.system,
                yields=tuple(text.value for text in checked.module.precedence),
                span=checked.module.arrow_at,
                line=line,
            )


def _given(line: CompiledLine, side: Side) -> Sequence[str]:
    """The fields whose values it carries."""
    names = line.reads.get(side, ())
    return names[:1] if line.spec.left and line.spec.right and not line.spec.converts else names


def _cell(draft: Draft, checked: Checked, side: Side, field: str) -> Cell:
    system = draft.spec.systems[checked.ends[side].ref.system]
    settings = json.dumps(dict(system.settings), sort_keys=True, default=str)
    return Cell(f"{system.connector} {settings}", checked.ends[side].stream.name, field)


def _name(checked: Checked, side: Side, field: str) -> str:
    return f"{checked.ends[side].ref.system}.{checked.ends[side].ref.stream}.{field}"


Circle = tuple[Flow, ...]


def loops(flows: Sequence[Flow]) -> tuple[Diagnostic, ...]:
    """A finding for each set of modules of several specs whose fields go round without anybody's last word."""
    found: dict[frozenset[str], list[Circle]] = defaultdict(list)
    for circle in circles(flows):
        if goes_round(circle):
            found[frozenset(one.module for one in circle)].append(circle)
    return tuple(_finding(several) for several in found.values())


def circles(flows: Sequence[Flow], *, specs: int = 2) -> Iterator[Circle]:
    """Every way from a field back to itself through lines of at least so many specs, each line and field once."""
    ways = _ways(flows)
    seen: set[frozenset[int]] = set()
    steps = 0
    for start in sorted(ways):
        waiting: list[Circle] = [(flow,) for flow in ways[start]]
        while waiting:
            steps += 1
            if steps > MOST_STEPS:
                return
            path = waiting.pop()
            here = path[-1].target
            if here == start:
                lines = frozenset(one.number for one in path)
                several = len({one.spec for one in path}) >= specs
                if lines not in seen and several and _same(path[-1], path[0]):
                    seen.add(lines)
                    yield path
                continue
            if here > start and len(path) < MOST_FIELDS:
                waiting += [(*path, flow) for flow in ways.get(here, ()) if _is_new(path, flow)]


def _is_new(path: Circle, flow: Flow) -> bool:
    """Whether a way leads on: by another line than those so far, to a field that was not passed."""
    passed = {one.source for one in path[1:]} | {path[-1].target}
    fresh = flow.target not in passed and all(one.number != flow.number for one in path)
    return fresh and _same(path[-1], flow)


def _same(first: Flow, then: Flow) -> bool:
    """Whether a record that the first writes can be one that the other reads."""
    told, asked = first.kinds[1], then.kinds[0]
    return all(asked.get(name, value) == value for name, value in told.items())


def _ways(flows: Sequence[Flow]) -> Mapping[Cell, list[Flow]]:
    """The ways out of each field, without fields that only one line touches: no circle leads through them."""
    kept = list(flows)
    while True:
        lines: dict[Cell, set[int]] = defaultdict(set)
        for one in kept:
            lines[one.source].add(one.number)
            lines[one.target].add(one.number)
        inner = [one for one in kept if len(lines[one.source]) > 1 and len(lines[one.target]) > 1]
        if len(inner) == len(kept):
            break
        kept = inner
    ways: dict[Cell, list[Flow]] = defaultdict(list)
    for one in kept:
        ways[one.source].append(one)
    return ways


def goes_round(circle: Circle) -> bool:
    """Whether nobody has the last word, or a line makes another value of it at each turn."""
    return not _excused(circle) and (_authority(circle) is None or any(_computes(one) for one in circle))


def _computes(flow: Flow) -> bool:
    spec = flow.line.spec
    return any(one is not None for one in (spec.value, spec.text, spec.path))


def _excused(circle: Circle) -> bool:
    """Whether one of its modules leaves unwritten what another of them has linked."""
    modules = {one.module for one in circle}
    return any(set(one.yields) & modules for one in circle)


def _authority(circle: Circle) -> Cell | None:
    """The only field of a circle that loses to nobody; None = there is none, or several, or it depends."""
    if any(one.wins is None for one in circle):
        return None
    losers = {one.target if one.wins == one.source else one.source for one in circle}
    first = [one.source for one in circle if one.source not in losers]
    return first[0] if len(first) == 1 else None


def _finding(several: Sequence[Circle]) -> Diagnostic:
    circle = min(several, key=lambda one: [flow.names for flow in one])
    last = max(circle, key=lambda one: (one.span.file, one.span.line))
    start = f"`{circle[0].names[0]}`"
    way = "".join(f" -> `{one.names[1]}` ({one.module}: {_said(one)})" for one in circle)
    others = len(several) - 1
    does = "does 1 further field" if others == 1 else f"do {others} further fields"
    more = f"; so {does} of these modules" if others else ""
    return Diagnostic(
        severity="error",
        code="no-authority",
        message=f"These fields update each other in a circle, and no system is authoritative: {start}{way}{more}.",
        span=last.span,
        hint="name one system in `conflicts` of these modules, make one of the lines one-way, or let a module "
        "yield to another of them (`yields-to`)",
        related=tuple(one.span for one in circle if one is not last),
    )


def _said(flow: Flow) -> str:
    return f"`{flow.rule}` decides" if flow.wins is None else f"{flow.rule} wins"
