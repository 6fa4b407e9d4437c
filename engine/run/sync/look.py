"""Look: everything of a module up to the first write, shared by run and preview."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.run.decide.trigger import TABLES as OF_TRIGGERS
from engine.run.decide.trigger import arm, meet_made
from engine.run.pair.match import Matched, match, meet, own_sightings, sightings, yield_met
from engine.run.pair.quota import ration
from engine.run.pair.sort import not_made, set_aside, sort
from engine.run.read.assess import ALL_LINKS, Assessed, assess, state_cursor
from engine.run.read.enrolled import TABLE as ENROLLED
from engine.run.read.enrolled import admit
from engine.run.read.situation import count_situations
from engine.run.read.waits import show_references
from engine.run.write.delete import Departed, departed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.ledger import ModuleState, Sightings
    from engine.record import Side
    from engine.run.session.sync_pass import Work

TABLES = (
    *("work", "seen", "ids", "keyed", "links", "held", "skips", "matched", "known", "taken", "aside"),
    *("absent", "beyond", "paired", "fresh", "again", "after", ENROLLED, ALL_LINKS),
    *OF_TRIGGERS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What one pass has seen."""

    assessed: Assessed
    matched: Matched | None  #: None = both sides were read for their own sake
    departed: Departed
    forgotten: tuple[str, ...] = ()  #: remembered records of the target that are gone


def look(works: Sequence[Work], state: ModuleState) -> dict[str, Looked]:
    """Read, compare, recognise and sort the records of every source; by source side."""
    recall(works)
    show_references(works[0])
    assessed = {}
    for work in works:
        assessed[work.source_side] = assess(work, state)
        arm(work, state)
        admit(work)
        work.found = count_situations(work)
    seen: dict[str, Looked] = {}
    for work in works:
        seen[work.source_side] = _looked(work, state, assessed)
        sort(work)
        ration(work)
    for work in works:
        _tally(work)
    return seen


def recall(works: Sequence[Work]) -> None:
    """What people have been asked about: fields in conflict, by the left id of their pair."""
    work = works[0]
    for one in work.ledger.conflicts(work.integration, work.module.name):
        work.disputed.setdefault(one.left_id, []).append(one)
    for further in works[1:]:
        further.disputed.update(work.disputed)


def _looked(work: Work, state: ModuleState, assessed: Mapping[Side, Assessed]) -> Looked:
    own = assessed[work.source_side]
    lost = departed(work, own, state_cursor(work, state)) if work.only is None else Departed()
    if not work.first and work.reverse is not None and work.moving and work.reverse.moving:
        yield_met(work)
        work.found = count_situations(work)
    newcomers = work.found["newcomer"]
    if work.reverse is None or work.only is not None:
        matched = match(work, state, newcomers)
        meet_made(work)
        return Looked(assessed=own, matched=matched, departed=lost)
    its = assessed[work.reverse.source_side]
    forgotten = meet(work, newcomers, all_known=its.whole)
    return Looked(assessed=own, matched=None, departed=lost, forgotten=forgotten)


def known_records(work: Work, looked: Mapping[str, Looked]) -> dict[Side, Sightings | None]:
    """What later runs recognise newcomers by, of the sides that this pass has read."""
    mine = looked[work.source_side]
    if mine.matched is not None:
        return {work.target.side: sightings(work, mine.matched)}
    its = looked[work.target.side]  # it is the other pass that asked for remembered records of this source
    return {work.source_side: own_sightings(work, whole=mine.assessed.whole, gone=its.forgotten)}


def planned(work: Work) -> int:
    """Records that are to be made or compared."""
    if not work.moving:
        return 0
    made = work.columns.one("SELECT count(*) FROM absent")
    return int(made) + int(work.columns.one("SELECT count(*) FROM paired"))


def _tally(work: Work) -> None:
    """Count what is settled by looking alone; pushing counts the rest."""
    counts, found = work.counts, work.found
    listed = sum(found.values())
    counts.unchanged += counts.read[work.source_side] - listed + found["met"]
    counts.skipped += found["out-of-view"] + found["gone"] + found["skipped"]
    counts.skipped += len(set_aside(work)) + not_made(work)
    counts.held += found["still-held"]
    counts.conflicts += found["still-in-conflict"]
