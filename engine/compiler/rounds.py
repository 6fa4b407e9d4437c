"""Rounds: lines of one spec that bring a value back to where it came from: it is decided twice, or never rests."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from engine.compiler.loops import Circle, Flow, circles, flows_of, goes_round
from engine.spec.diagnostic import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import Checked, CompiledLine
    from engine.compiler.loops import Cell
    from engine.record import Side
    from engine.spec.diagnostic import Span

#: A number that an expression multiplies by.
_TIMES = re.compile(r"\*\s*([0-9]+(?:\.[0-9]+)?)")


def check_rounds(draft: Draft, standing: Collection[Checked]) -> None:
    """A finding for each set of lines that go round, and for each that fills what another one takes back."""
    kept = flows_of(draft, standing, 0)
    for lines in _sets(one for one in circles(kept, specs=1) if goes_round(one) and not _agrees(one)):
        draft.findings.found.append(_told_round(lines))
    made = flows_of(draft, standing, len(kept), on="create")
    told: set[int] = set()
    for one in made:
        back = _way_back(one, kept) if one.number not in told and not _apart(one) else None
        if back is not None:
            told.add(one.number)
            draft.findings.found.append(_told_lost(one, back))
    _check_later(draft, standing)


def _agrees(circle: Circle) -> bool:
    """Whether it is the same two fields in step twice: what one module leaves, the other finds in step."""
    lines = [one.line for one in circle]
    plain = all(len(one.targets) > 1 and not one.spec.values and not one.converts for one in lines)
    return plain and len({frozenset((one.source, one.target)) for one in circle}) == 1


def _sets(found: Iterable[Circle]) -> list[list[Flow]]:
    """The ways of all circles, those with a field in common together; each way once."""
    sets: list[dict[tuple[int, Cell, Cell], Flow]] = []
    for circle in found:
        own = {(one.number, one.source, one.target): one for one in circle}
        cells = {one.source for one in circle}
        for known in [one for one in sets if cells & {flow.source for flow in one.values()}]:
            own = {**known, **own}
            cells |= {flow.source for flow in known.values()}
            sets.remove(known)
        sets.append(own)
    return [list(one.values()) for one in sets]


def _told_round(ways: Sequence[Flow]) -> Diagnostic:
    lines = _lines(ways)
    modules = list(dict.fromkeys(flow.module.partition(".")[2] for flow in ways))
    shown = ", ".join(f"`{one.text}`" for one in lines.values())
    if len(modules) > 1:
        where = " and ".join(f"`{one}`" for one in modules)
        message = f"The modules {where} feed each other, and no value of theirs comes to rest: {shown}."
        hint = "let one line with `<->` keep each of these values in step, or remove one of the directions"
    else:
        message = f"One value is decided twice, for these lines write each other's fields: {shown}."
        hint = _rewritten(lines)
    spans = [one.spec.span for one in lines.values()]
    last = max(spans, key=lambda one: (one.file, one.line, one.column))
    others = tuple(one for one in spans if one != last)
    return Diagnostic(
        severity="error", code="goes-round", message=message, span=last, hint=hint, related=others
    )


def _lines(ways: Sequence[Flow]) -> dict[int, CompiledLine]:
    return {flow.number: flow.line for flow in ways}


def _rewritten(lines: Mapping[int, CompiledLine]) -> str:
    """The same as one line, as far as it can be told."""
    fields = _fields(lines.values())
    left, right = fields["left"], fields["right"]
    if len(left) == len(right) == 1:
        return f"write one line: `{_of_two(left[0], right[0], list(lines.values()))}`"
    if len(left) == 1 or len(right) == 1:
        ends = " <-> ".join(one[0] if len(one) == 1 else f"[{', '.join(one)}]" for one in (left, right))
        return (
            f'write one line: `{{ map: {ends}, join: " ", split: last }}`, with what stands between the parts'
        )
    return "write one line for each value: `<->` with `join`, `times`, or `right:` and `left:` where it is converted"


def _fields(lines: Iterable[CompiledLine]) -> dict[Side, list[str]]:
    """The fields of each side that these lines read or write."""
    found: dict[Side, dict[str, None]] = {"left": {}, "right": {}}
    for one in lines:
        for side, names in found.items():
            names.update(dict.fromkeys(field.name for field in one.writes(side)))
            if side not in one.targets:
                names.update(dict.fromkeys(one.reads.get(side, ())))
    return {side: list(names) for side, names in found.items()}


def _of_two(left: str, right: str, lines: Sequence[CompiledLine]) -> str:
    said = {side: one.spec.value.value for one in lines for side in one.targets if one.spec.value is not None}
    worded = any(one.spec.values for one in lines)
    if not said:
        return f"{{ map: {left} <-> {right}, values: … }}" if worded else f"{left} <-> {right}"
    factor = _TIMES.search(said.get("right", ""))
    if factor is not None:
        return f"{{ map: {left} <-> {right}, times: {factor[1]} }}"
    to_right, to_left = (
        " ".join(words.split()) for words in (said.get("right", left), said.get("left", right))
    )
    return f'{{ map: {left} <-> {right}, right: "{to_right}", left: "{to_left}" }}'


def _apart(flow: Flow) -> bool:
    return flow.line.spec.later == "kept-apart"


def _way_back(made: Flow, kept: Sequence[Flow]) -> Flow | None:
    """The way that brings back what a line fills once, where nothing carries later changes forth."""
    if any(one.source == made.source and one.target == made.target for one in kept):
        return None
    ways: dict[Cell, list[Flow]] = defaultdict(list)
    for one in kept:
        ways[one.source].append(one)
    waiting, seen = [made.target], {made.target}
    while waiting:
        for one in ways[waiting.pop()]:
            if one.target == made.source:
                return one
            if one.target not in seen:
                seen.add(one.target)
                waiting.append(one.target)
    return None


def _told_lost(made: Flow, back: Flow) -> Diagnostic:
    line, later = made.line, back.line
    message = (
        f"Later changes of `{made.names[0]}` are lost: `{line.text}` fills `{made.names[1]}` once, and `{later.text}` "
        f"then overwrites what is typed in `{made.names[0]}`."
    )
    hint = "make it one line with `<->`; or write `later: kept-apart` beside `on: create` if it is meant"
    spans: tuple[Span, ...] = (later.spec.span,)
    return Diagnostic(
        severity="error",
        code="later-changes-lost",
        message=message,
        span=line.spec.span,
        hint=hint,
        related=spans,
    )


def _check_later(draft: Draft, standing: Iterable[Checked]) -> None:
    """`later` says something of lines that fill a field once, and of no others."""
    for line in _with_later(standing):
        if line.spec.on != "create":
            message = "`later: kept-apart` is about a line that fills a field once: `on: create` is missing."
            draft.findings.add(
                "contradiction", message, line.spec.span, hint="Leave it out, or add `on: create`."
            )


def _with_later(standing: Iterable[Checked]) -> Iterator[CompiledLine]:
    for checked in standing:
        if checked.trigger is None:
            yield from (line for line in checked.lines if line.spec.later == "kept-apart")
