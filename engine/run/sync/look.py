"""Look: everything of a module up to the first write, shared by run and preview."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.run.decide.trigger import arm
from engine.run.pair.pairing import Paired, pair
from engine.run.pair.sort import not_made, set_aside
from engine.run.read.absent_or_deleted import Departed, departed
from engine.run.read.enrolled import skip_unenrolled
from engine.run.read.situation import count_situations
from engine.run.read.stage_source import Staged, stage_source, state_cursor
from engine.run.read.waits import show_references
from engine.run.session.tables import ALL_LINKS, HIDDEN, STAGED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.ledger import ModuleState
    from engine.record import Side
    from engine.run.session.sync_pass import SyncPass


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What one pass has seen."""

    staged: Staged
    paired: Paired
    departed: Departed


def look(passes: Sequence[SyncPass], state: ModuleState) -> dict[Side, Looked]:
    """Read, compare, recognise and sort the records of every source; by source side."""
    recall(passes)
    show_references(passes[0])
    staged = {}
    for sync in passes:
        staged[sync.source_side] = stage_source(sync, state)
        arm(sync, state)
        skip_unenrolled(sync)
        sync.learned.found = count_situations(sync)
    seen: dict[Side, Looked] = {}
    for sync in passes:
        own = staged[sync.source_side]
        lost = departed(sync, own, state_cursor(sync, state)) if sync.only is None else Departed()
        paired = pair(sync, state, staged)
        seen[sync.source_side] = Looked(staged=own, paired=paired, departed=lost)
    for sync in passes:
        _tally(sync)
        _tally_apart(sync, seen[sync.source_side].staged)
    return seen


def recall(passes: Sequence[SyncPass]) -> None:
    """What people have been asked about: fields in conflict, by the left id of their pair."""
    sync = passes[0]
    for one in sync.ledger.conflicts(sync.integration, sync.module.name):
        sync.shared.disputed.setdefault(one.left_id, []).append(one)


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
    counts.skip("outside the view", found["out-of-view"])
    counts.skip("without a counterpart, which was deleted", found["gone"])
    counts.skip("left alone", found["skipped"])
    counts.skip("skipped as duplicates", len(set_aside(sync)))
    counts.skip("not made on the other side", not_made(sync))
    counts.held += found["still-held"]
    counts.conflicts += found["still-in-conflict"]


def _tally_apart(sync: SyncPass, staged: Staged) -> None:
    """Count what nobody can say to be in step: records that hide a field, and links whose record is not there.

    A window shows only what changed: for the rest the figures of the last run count on.
    """
    if sync.only is not None or sync.module.trigger is not None:
        return
    counts, side = sync.counts, sync.source_side
    before = {} if staged.whole else _last_counts(sync)
    hidden = sync.columns.one(f"SELECT count(DISTINCT id) FROM {HIDDEN}") if sync.columns.has(HIDDEN) else 0
    counts.not_comparable += int(hidden)
    counts.not_comparable = max(counts.not_comparable, before.get("not_comparable", 0))
    if staged.whole and sync.source.saved_view is None:
        links = sync.columns.one(f"SELECT count(*) FROM {ALL_LINKS}")
        strangers = sync.columns.one(f"SELECT count(*) FROM {STAGED} WHERE link_id IS NULL")
        counts.missing[side] = max(int(links) + int(strangers) - staged.records, 0)
    else:
        counts.missing[side] = before.get("missing", {}).get(side, 0)


def _last_counts(sync: SyncPass) -> Mapping[str, Any]:
    """What the last run before this one has counted of the module."""
    runs = [run for run in sync.ledger.runs(sync.integration, limit=2) if run.id != sync.run]
    found: Mapping[str, Any] = runs[0].counts.get(sync.module.name, {}) if runs else {}
    return found
