"""Pairing: every staged record is made, compared, set aside or held; who is recognised is found out for that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.run.pair.match import (
    leave_to_first_pass,
    match,
    match_made,
    match_staged,
    own_sightings,
    sightings,
)
from engine.run.pair.sort import sort
from engine.run.read.situation import count_situations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.ledger import ModuleState, Sightings
    from engine.record import Side
    from engine.run.pair.match import Matched
    from engine.run.read.stage_source import Staged
    from engine.run.session.sync_pass import SyncPass


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """What the pairing found out; the records stand in the tables `absent` and `paired`."""

    matched: Matched | None  #: None = the target was not read for it: both sides were read for their own sake
    gone: tuple[str, ...] = ()  #: remembered records of the target that are gone


def pair(sync: SyncPass, state: ModuleState, staged: Mapping[Side, Staged]) -> Paired:
    """Recognise newcomers, and give every staged record its way; `staged`: of each pass, by its source."""
    if not sync.first and sync.moving and sync.reverse.moving:
        leave_to_first_pass(sync)
        sync.learned.found = count_situations(sync)
    newcomers = sync.learned.found["newcomer"]
    if not sync.both_ways or sync.only is not None:
        paired = Paired(matched=match(sync, state, newcomers))
        match_made(sync)
    else:
        its = staged[sync.target.side]
        paired = Paired(matched=None, gone=match_staged(sync, newcomers, all_known=its.whole))
    sort(sync)
    return paired


def known_records(
    sync: SyncPass, staged: Mapping[Side, Staged], paired: Mapping[Side, Paired]
) -> dict[Side, Sightings | None]:
    """What later runs recognise newcomers by, of the sides that this pass has read."""
    matched = paired[sync.source_side].matched
    if matched is not None:
        return {sync.target.side: sightings(sync, matched)}
    # It is the other pass that asked for remembered records of this source.
    gone = paired[sync.target.side].gone
    return {sync.source_side: own_sightings(sync, whole=staged[sync.source_side].whole, gone=gone)}
