"""Look: everything of a module up to the first write, shared by run and preview."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.run.decide.trigger import arm, meet_made
from engine.run.pair.match import Matched, match, meet, own_sightings, sightings, yield_met
from engine.run.pair.sort import not_made, set_aside, sort
from engine.run.read.absent_or_deleted import Departed, departed
from engine.run.read.enrolled import skip_unenrolled
from engine.run.read.situation import count_situations
from engine.run.read.stage_source import Staged, stage_source, state_cursor
from engine.run.read.waits import show_references

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.ledger import ModuleState, Sightings
    from engine.record import Side
    from engine.run.session.sync_pass import SyncPass


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What one pass has seen."""

    assessed: Staged
    matched: Matched | None  #: None = both sides were read for their own sake
    departed: Departed
    forgotten: tuple[str, ...] = ()  #: remembered records of the target that are gone


def look(passes: Sequence[SyncPass], state: ModuleState) -> dict[Side, Looked]:
    """Read, compare, recognise and sort the records of every source; by source side."""
    recall(passes)
    show_references(passes[0])
    assessed = {}
    for sync in passes:
        assessed[sync.source_side] = stage_source(sync, state)
        arm(sync, state)
        skip_unenrolled(sync)
        sync.learned.found = count_situations(sync)
    seen: dict[Side, Looked] = {}
    for sync in passes:
        seen[sync.source_side] = _looked(sync, state, assessed)
        sort(sync)
    for sync in passes:
        _tally(sync)
    return seen


def recall(passes: Sequence[SyncPass]) -> None:
    """What people have been asked about: fields in conflict, by the left id of their pair."""
    sync = passes[0]
    for one in sync.ledger.conflicts(sync.integration, sync.module.name):
        sync.shared.disputed.setdefault(one.left_id, []).append(one)


def _looked(sync: SyncPass, state: ModuleState, assessed: Mapping[Side, Staged]) -> Looked:
    own = assessed[sync.source_side]
    lost = departed(sync, own, state_cursor(sync, state)) if sync.only is None else Departed()
    if not sync.first and sync.both_ways and sync.moving and sync.reverse.moving:
        yield_met(sync)
        sync.learned.found = count_situations(sync)
    newcomers = sync.learned.found["newcomer"]
    if not sync.both_ways or sync.only is not None:
        matched = match(sync, state, newcomers)
        meet_made(sync)
        return Looked(assessed=own, matched=matched, departed=lost)
    its = assessed[sync.reverse.source_side]
    forgotten = meet(sync, newcomers, all_known=its.whole)
    return Looked(assessed=own, matched=None, departed=lost, forgotten=forgotten)


def known_records(sync: SyncPass, looked: Mapping[Side, Looked]) -> dict[Side, Sightings | None]:
    """What later runs recognise newcomers by, of the sides that this pass has read."""
    mine = looked[sync.source_side]
    if mine.matched is not None:
        return {sync.target.side: sightings(sync, mine.matched)}
    its = looked[sync.target.side]  # it is the other pass that asked for remembered records of this source
    return {sync.source_side: own_sightings(sync, whole=mine.assessed.whole, gone=its.forgotten)}


def planned(sync: SyncPass) -> int:
    """Records that are to be made or compared."""
    if not sync.moving:
        return 0
    made = sync.columns.one("SELECT count(*) FROM absent")
    return int(made) + int(sync.columns.one("SELECT count(*) FROM paired"))


def _tally(sync: SyncPass) -> None:
    """Count what is settled by looking alone; pushing counts the rest."""
    counts, found = sync.counts, sync.learned.found
    listed = sum(found.values())
    counts.unchanged += counts.read[sync.source_side] - listed + found["met"]
    counts.skipped += found["out-of-view"] + found["gone"] + found["skipped"]
    counts.skipped += len(set_aside(sync)) + not_made(sync)
    counts.held += found["still-held"]
    counts.conflicts += found["still-in-conflict"]
