"""Damper: a field that the engine itself keeps changing in a circle, with nobody else touching it, is left and held."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from engine.guard import Refusal, refused_keys
from engine.ledger.model import Turned, Turns
from engine.reconcile import Missing
from engine.record import SIDES, other
from engine.run.decide.refusal_notices import ROUNDS, shown_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.ledger.store import Ledger
    from engine.reconcile import FieldDecision
    from engine.record import Side
    from engine.run.session.pair import Decided
    from engine.run.session.sync_pass import SyncPass

#: Runs in a row in which the engine may change a field out of others that it has changed itself.
MOST_TURNS = 3
#: Fields that a circle may lead through.
MOST_FIELDS = 8


class Cell(NamedTuple):
    """A field of one record of one account."""

    origin: str
    record_id: str
    name: str


@dataclass(slots=True, kw_only=True)
class Memory:
    """What runs have changed, read record by record as far as it is asked for."""

    ledger: Ledger
    asked: set[str] = field(default_factory=set)
    rows: dict[tuple[str, str], list[Turns]] = field(default_factory=lambda: defaultdict(list))

    def load(self, ids: Iterable[str]) -> None:
        """Read what is known of records with these ids."""
        new = set(ids) - self.asked
        self.asked |= new
        for row in self.ledger.turns(new) if new else ():
            self.rows[row.origin, row.record_id].append(row)

    def of(self, origin: str, record_id: str) -> Sequence[Turns]:
        """What every module of every integration has changed of a record."""
        self.load((record_id,))
        return self.rows.get((origin, record_id), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is the same for all pairs of a pass."""

    sync: SyncPass
    memory: Memory
    origins: Mapping[Side, str]  #: whose records those of each side are
    names: Mapping[Side, Mapping[str, Sequence[str]]]  #: the fields that each line writes, by its key
    #: Of each line what its value is made of, and the line as a person reads it.
    made: Mapping[Side, Mapping[str, tuple[tuple[str, ...], str]]]


def damped(sync: SyncPass, several: Sequence[Decided]) -> list[Decided]:
    """The decisions without the fields that go round, each with what is to be remembered of those that are written."""
    moving = [one for one in several if one.moves]
    origins = _origins(sync) if moving else {}
    if len(origins) < len(SIDES):
        return list(several)
    watch = _watch(sync, origins)
    watch.memory.load(record for one in moving for record in (one.pair.mine.id, one.pair.other_id))
    return [_damped(watch, one) if one.moves else one for one in several]


def _watch(sync: SyncPass, origins: Mapping[Side, str]) -> Watch:
    lines, whose = sync.module.compared, f"`{sync.integration}.{sync.module.name}`"
    return Watch(
        sync=sync,
        memory=Memory(ledger=sync.ledger),
        origins=origins,
        names={
            side: {
                line.key: [one.to for one in line.writes[side].fields]
                for line in lines
                if side in line.writes
            }
            for side in SIDES
        },
        made={
            side: {line.key: (line.reads.get(other(side), ()), f"`{line.line}` of {whose}") for line in lines}
            for side in SIDES
        },
    )


def _origins(sync: SyncPass) -> Mapping[Side, str]:
    """Whose records those of each side are; empty = that is not known yet."""
    if sync.learned.origins is None:
        state = sync.ledger.module_state(sync.integration, sync.module.name)
        known = zip(SIDES, (state.left_origin, state.right_origin), strict=True)
        sync.learned.origins = {side: _whose(sync, side, told) for side, told in known if told is not None}
    return sync.learned.origins


def _whose(sync: SyncPass, side: Side, origin: str) -> str:
    """Records of a system that does not tell its place are nobody else's."""
    _, place, *_ = json.loads(origin)
    return origin if place else f"{sync.integration}/{sync.module.side(side).system} {origin}"


def _damped(watch: Watch, one: Decided) -> Decided:
    for side in SIDES:
        written = [decision for decision in one.decision.fields if decision.write == side]
        if written:
            one = _of_side(watch, one, side, written)
    return one


def _of_side(watch: Watch, one: Decided, side: Side, written: Sequence[FieldDecision]) -> Decided:
    """The decision as far as it goes to one side."""
    sync, source_side = watch.sync, other(side)
    target, source = shown_by(sync, one, side), shown_by(sync, one, source_side)
    row = _own_row(watch, side, target.id)
    fields = {name: kept for name, kept in row.fields.items() if _stays(sync, row, kept)} if row else {}
    rounds: dict[str, str] = {}
    for decision in written:
        for name in watch.names[side][decision.key]:
            before = row.fields.get(name) if row else None
            now = _turned(watch, side, decision, before, row)
            if before is not None and now.turns > MOST_TURNS:
                start = Cell(watch.origins[side], target.id, name)
                held = before.turns > MOST_TURNS  # others of its circle are at rest since
                way = before.line if held else _circle(watch, start, source_side, source.id, now)
                now = replace(now, turns=MOST_TURNS)
                if way:
                    now = replace(now, turns=MOST_TURNS + 1, line=way, value=_sent(decision))
                rounds |= {decision.key: way} if way else {}
            fields[name] = now
    turns = Turns(
        integration=sync.integration,
        module=sync.module.name,
        side=side,
        record_id=target.id,
        origin=watch.origins[side],
        source_origin=watch.origins[source_side],
        source_id=source.id,
        fields=fields,
        run=sync.run,
        held=bool(row) and any(kept.turns > MOST_TURNS for kept in fields.values()),
    )
    one = replace(one, turns={**one.turns, side: turns})
    return _without(sync, one, side, rounds) if rounds else one


def _own_row(watch: Watch, side: Side, record_id: str) -> Turns | None:
    """What this module has changed of a record."""
    mine = (watch.sync.integration, watch.sync.module.name, side)
    known = watch.memory.of(watch.origins[side], record_id)
    return next((row for row in known if (row.integration, row.module, row.side) == mine), None)


def _stays(sync: SyncPass, row: Turns, kept: Turned) -> bool:
    """Whether what is known of a field still counts although it is not written now."""
    return row.run == sync.run or kept.turns > MOST_TURNS


def _turned(
    watch: Watch, side: Side, decision: FieldDecision, before: Turned | None, row: Turns | None
) -> Turned:
    """What is remembered of a field once it has been written this time."""
    sources, line = watch.made[side][decision.key]
    turns = 1
    if (
        before is not None and row is not None and isinstance(decision.loser, Missing)
    ):  # nobody has touched it
        if before.turns <= MOST_TURNS:
            turns = before.turns + (row.run != watch.sync.run)
        elif before.value == _sent(decision):
            turns = before.turns  # another value has been changed by somebody
    return Turned(turns=turns, sources=sources, line=line, value=None)


def _sent(decision: FieldDecision) -> str | None:
    return None if decision.base_left is None else str(decision.base_left)


def _circle(watch: Watch, start: Cell, source_side: Side, record_id: str, turned: Turned) -> str | None:
    """The lines by which a field is made of itself, each of which has written in the last runs; None = it is not."""
    first = (Cell(watch.origins[source_side], record_id, name) for name in turned.sources)
    waiting: list[tuple[Cell, tuple[str, ...]]] = [(one, (turned.line,)) for one in first]
    seen: set[Cell] = set()
    while waiting:
        cell, way = waiting.pop()
        if cell == start:
            return ", ".join(dict.fromkeys(way))
        if cell in seen or len(way) >= MOST_FIELDS:
            continue
        seen.add(cell)
        for row in watch.memory.of(cell.origin, cell.record_id):
            kept = row.fields.get(cell.name)
            if kept is not None and kept.turns >= MOST_TURNS - 1:
                sources = (Cell(row.source_origin, row.source_id, name) for name in kept.sources)
                waiting += [(one, (*way, kept.line)) for one in sources]
    return None


def _without(sync: SyncPass, one: Decided, side: Side, rounds: Mapping[str, str]) -> Decided:
    """The decision without what goes round, and why."""
    groups = {line.key: line.group for line in sync.module.compared if line.group}
    keys = refused_keys(one.decision, side, tuple(rounds), groups)
    sent, lines = one.sent(side), next(iter(rounds.values()))
    refusal = Refusal(
        guard=ROUNDS,
        side=side,
        keys=keys,
        values={key: sent[key] for key in keys},
        sentence=f"It goes round: {lines} have changed it in {MOST_TURNS} runs in a row, and nobody else has.",
        restored=False,
    )
    fields = tuple(
        _left(one, decision) if decision.key in keys else decision for decision in one.decision.fields
    )
    return replace(one, decision=replace(one.decision, fields=fields), refusals=(*one.refusals, refusal))


def _left(one: Decided, decision: FieldDecision) -> FieldDecision:
    """Nothing is written, and what is known of the field stays."""
    left, right = ((one.bases.get(side) or {}).get(decision.key, Missing.NO_BASE) for side in SIDES)
    return replace(
        decision, write=None, base_left=left, base_right=right, loser=Missing.NO_BASE, why="it goes round"
    )
