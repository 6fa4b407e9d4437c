"""Exchange: records that take over each other's values, which must be unique, are written at last, together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.plan import Trouble
from engine.run.session.held import hold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.ledger import HeldRow
    from engine.record import Receipt, Side
    from engine.run.session.pair import Decided
    from engine.run.session.sync_pass import SyncPass

    #: Who holds a value of a line on the target, before anything was written.
    Holders = Mapping[tuple[str, str | None], list[Decided]]

#: Records that a sentence names, and the most among which an exchange is looked for.
_NAMED, _LOOKED_AT = 5, 100


@dataclass(slots=True, kw_only=True)
class Queue:
    """The updates of one push, and those of them that are sent once more after the others."""

    writing: Sequence[Decided]
    side: Side
    waiting: list[Decided] = field(default_factory=list)
    _holders: Holders | None = None

    def takes(self, one: Decided, receipt: Receipt) -> bool:
        """Whether a write was refused that brings what another record of the push gives up: then it waits here."""
        if receipt.outcome != "refused":
            return False
        if self._holders is None:
            self._holders = _holders(self.writing)
        sent = one.sent(self.side)
        after = {**one.pair.its.texts, **sent}
        found = [holder for item in sent.items() for holder in self._holders.get(item, ())]
        waits = any(_gives_up(holder, after, self.side) for holder in found if holder is not one)
        if waits:
            self.waiting.append(one)
        return waits


def _holders(writing: Sequence[Decided]) -> Holders:
    """Who of these holds which value now; of those that hold the same the first few tell enough."""
    found: dict[tuple[str, str | None], list[Decided]] = {}
    for one in writing:
        for item in one.pair.its.texts.items():
            some = found.setdefault(item, [])
            if item[1] is not None and len(some) < _NAMED:
                some.append(one)
    return found


def _gives_up(holder: Decided, after: Mapping[str, str | None], side: Side) -> bool:
    """Whether a record gives up anything that another one is to hold; what is unique may have several fields."""
    its = holder.pair.its.texts
    return any(its.get(key) is not None and its.get(key) == after.get(key) for key in holder.writes(side))


def groups(waiting: Sequence[Decided], side: Side) -> Iterator[list[Decided]]:
    """Those that take over values of each other, each behind the one whose value it takes over, if there is a first.

    Whoever waited for records that are written by now comes last, all of them together.
    """
    after, by_id = _after(waiting, side), {one.pair.other_id: one for one in waiting}
    near: dict[str, set[str]] = {name: set(first) for name, first in after.items()}
    for name, first in after.items():
        for other in first:
            near[other].add(name)
    alone = [name for name in after if not near[name]]
    done = set(alone)
    for name in after:
        if name not in done:
            group = _reached(name, near)
            done |= group
            yield [by_id[one] for one in _in_order([one for one in after if one in group], after)]
    if alone:
        yield [by_id[name] for name in alone]


def _after(waiting: Sequence[Decided], side: Side) -> dict[str, list[str]]:
    """For each record those whose value it takes over, and which give it up."""
    given: dict[tuple[str, str | None], list[str]] = {}
    for one in waiting:
        for key in one.writes(side):
            given.setdefault((key, one.pair.its.texts.get(key)), []).append(one.pair.other_id)
    found = {}
    for one in waiting:
        mine = one.pair.other_id
        names = [
            name for item in one.sent(side).items() if item[1] is not None for name in given.get(item, ())
        ]
        found[mine] = [name for name in dict.fromkeys(names) if name != mine]
    return found


def _reached(name: str, near: Mapping[str, set[str]]) -> set[str]:
    found, todo = {name}, [name]
    while todo:
        new = near[todo.pop()] - found
        found |= new
        todo += new
    return found


def _in_order(names: Sequence[str], after: Mapping[str, Sequence[str]]) -> list[str]:
    """Each behind those that it waits for; in a circle somebody is first."""
    ordered: list[str] = []
    begun: set[str] = set()
    todo = [(name, False) for name in reversed(names)]
    while todo:
        name, ready = todo.pop()
        if ready:
            ordered.append(name)
        elif name not in begun:
            begun.add(name)
            todo.append((name, True))
            todo += [(first, False) for first in after[name] if first not in begun]
    return ordered


def _circle(one: Decided, group: Sequence[Decided], side: Side) -> list[Decided]:
    """The records of a group that it exchanges values with, itself among them; empty = it takes part in no exchange."""
    if not 1 < len(group) <= _LOOKED_AT:
        return []
    near = {name: set(first) for name, first in _after(group, side).items()}
    mine = one.pair.other_id
    onward = _reached(mine, near)
    names = {each.pair.other_id for each in group} & onward
    within = [each for each in group if each.pair.other_id in names]
    within = [each for each in within if mine in _reached(each.pair.other_id, near)]
    return within if len(within) > 1 else []


def held_in_circle(
    sync: SyncPass, one: Decided, together: Sequence[Decided], receipt: Receipt
) -> HeldRow | None:
    """A record whose exchange the target does not take, with all that take part; None = it takes part in none."""
    side, mine = sync.target.side, one.pair.mine
    within = _circle(one, together, side) if receipt.outcome == "refused" else []
    if not within:
        return None
    taken = {each.pair.its.texts.get(key) for each in within for key in each.writes(side)}
    lines = {line.key: line.line for line in sync.module.compared}
    keys = [key for key, value in one.sent(side).items() if value is not None and value in taken]
    named = ", ".join(f"{sync.target.name}:{each.pair.other_id}" for each in within[:_NAMED])
    more = f" and {len(within) - _NAMED:,} more" if len(within) > _NAMED else ""
    said = ": ".join(part for part in (receipt.code, receipt.message) if part)
    trouble = Trouble(
        code="exchange",
        message=f"{named}{more} exchange values with each other by {', '.join(f'`{lines[key]}`' for key in keys)}, "
        f"and {sync.target.system} takes them one by one only" + (f" ({said})." if said else "."),
        remedy=f"Give one of them another value in {sync.target.system} for a moment, then run with `--full`.",
        place=sync.module.place,
    )
    return hold(sync, mine.id, mine.label, mine.content, trouble, temporary=True)
