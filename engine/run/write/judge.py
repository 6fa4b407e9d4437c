"""Judge: what is about to be written, looked at once more, and every rule that protects it asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.run.decide.compare import decide
from engine.run.decide.damper import damped
from engine.run.decide.guard import guarded, refused_creates
from engine.run.decide.trigger import sift
from engine.run.pair.quota import ration
from engine.run.read.counterparts import fetch, pairs
from engine.run.read.referenced_records import read_referenced_anew
from engine.run.session.batches import batch_size, portions
from engine.run.session.tables import STAGED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.run.decide.refusal_notices import Refused
    from engine.run.session.pair import Decided, Pair
    from engine.run.session.sync_pass import SyncPass

#: Why pairs are left out: what became of their counterpart, or of the record itself, by the time they were looked at.
UNCLEAR, LOST = "with a counterpart that is gone or outside the view", "deleted meanwhile"
#: Pairs that are looked at together.
CHUNK = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Pairs after both sides were looked at."""

    decided: list[Decided]
    unclear: list[Pair]  #: the counterpart is gone, out of view or cannot be read
    lost: list[Pair]  #: the source itself is gone


def judge_newcomers(sync: SyncPass) -> list[Refused]:
    """Leave in `absent` only what may be made: readable, in view, with what it needs; answers what guards refuse.

    `beyond` says afterwards for whom there is nothing left of what only so many records get.
    """
    if not sync.moving:
        return []
    sync.columns.run(
        "DELETE FROM absent WHERE place IN "
        f"(SELECT rowid FROM {STAGED} WHERE NOT in_view OR trouble IS NOT NULL OR lacks IS NOT NULL)"
    )
    ration(sync)
    return refused_creates(sync, read_referenced_anew)


def next_pairs(sync: SyncPass) -> Iterator[tuple[list[Pair], list[tuple[Pair, str]]]]:
    """The records of `paired`, portion by portion: (pairs as they are now, those that a trigger leaves alone)."""
    for first, last in portions(sync, "paired", portion_size(sync)):
        yield sift(sync, pairs(sync, first, last))


def portion_size(sync: SyncPass) -> int:
    """Pairs that are looked at together: as many as one read by ids or one batch can take."""
    return CHUNK if sync.target.can.bulk else max(batch_size(sync), sync.target.can.by_ids)


def judge(sync: SyncPass, found: Sequence[Pair]) -> Judged:
    """Decide the pairs; those whose source would be written are decided anew from a source read just now."""
    clear = [pair for pair in found if pair.clear]
    unclear = [pair for pair in found if not pair.clear]
    decided = guarded(sync, damped(sync, list(decide(sync, clear))), read_referenced_anew)
    sync.counts.not_comparable += _unshown(sync, decided)
    back = [one.pair for one in decided if one.writes(sync.source_side)]
    if not back:
        return Judged(decided=decided, unclear=unclear, lost=[])
    again = fetch(sync, [pair.mine.id for pair in back], side=sync.source, into="again")
    fresh = [
        replace(pair, mine=again[pair.mine.id], values="again")
        for pair in back
        if pair.mine.id in again and again[pair.mine.id].trouble is None
    ]
    forth = [one for one in decided if not one.writes(sync.source_side)]
    # One that has just become unreadable was changed just now: the next run sees that, and holds it.
    lost = [pair for pair in back if pair.mine.id not in again]
    anew = guarded(sync, damped(sync, list(decide(sync, fresh))), read_referenced_anew)
    return Judged(decided=[*forth, *anew], unclear=unclear, lost=lost)


def _unshown(sync: SyncPass, decided: Sequence[Decided]) -> int:
    """Counterparts that do not show a field, and that no pass of their own has counted."""
    if sync.both_ways or sync.module.trigger is not None:
        return 0
    return sum(1 for one in decided if one.pair.its.absent - set(one.writes(sync.target.side)))
