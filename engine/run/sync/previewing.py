"""Previewing: the mode that writes nothing and gathers what a run would do, record by record."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.record import SIDES
from engine.run.decide.expected_changes import creates, delete_change, lines_of, pair_changes
from engine.run.decide.refusal_notices import refusals
from engine.run.decide.trigger import by_hand_only
from engine.run.decide.yielding import yielded
from engine.run.pair.sort import held_records, still_held
from engine.run.read.waits import name_roots, new_waits
from engine.run.session.batches import portions
from engine.run.session.foreseen import name_of_new, sql_name_of_new
from engine.run.session.held import as_held
from engine.run.session.report import Ask, ChangeLine, HeldRecord
from engine.run.session.tables import ABSENT
from engine.run.sync.limits import stops_of
from engine.run.sync.link_origins import demand_approval, origin_asks
from engine.run.sync.look import look
from engine.run.write.delete import sifted
from engine.run.write.judge import CHUNK, LOST, UNCLEAR, judge, judge_newcomers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.ledger import HeldRow, ModuleState
    from engine.ledger.model import Wait
    from engine.record import Counts, Kind, Side
    from engine.run.decide.refusal_notices import Refused
    from engine.run.read.absent_or_deleted import Departed
    from engine.run.session.changes import Change, Saving
    from engine.run.session.pair import Decided, Pair
    from engine.run.session.sync_pass import SyncPass
    from engine.run.sync.approvals import Stop
    from engine.run.sync.look import Looked


@dataclass(slots=True, kw_only=True)
class Preview:
    """What the modules would do, as far as they have been worked off."""

    limit: int  #: records to show of each module
    saving: Saving | None = None  #: where every change goes; None = only the first lines are wanted
    counts: dict[str, Counts] = field(default_factory=dict)
    lines: list[ChangeLine] = field(default_factory=list)
    held: list[HeldRecord] = field(default_factory=list)
    #: (system, stream, kind) -> {module: records}
    writes: dict[tuple[str, str, Kind], dict[str, int]] = field(default_factory=dict)
    #: (system, stream, kind) -> the fields that are asked for after the write, where its answer does not show them
    read_back: dict[tuple[str, str, Kind], tuple[str, ...]] = field(default_factory=dict)
    asks: list[Ask] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  #: whole sentences
    waits: list[tuple[SyncPass, Wait]] = field(
        default_factory=list
    )  #: what records refer to that has no link yet
    room: int = 0  #: lines of the present module that may still be shown

    def begin(self, passes: Sequence[SyncPass]) -> bool:
        """Nothing is settled; what is open counts as it stands. Raises StoppedError as a run does for its links."""
        self.room = self.limit
        first = passes[0]
        self.counts[first.module.name] = first.counts
        asks = origin_asks(first, first.ledger.module_state(first.integration, first.module.name))
        if asks:
            demand_approval(first, asks[1:] or asks)  # what is forgotten first cannot be previewed
        return not by_hand_only(first)

    def look(self, passes: Sequence[SyncPass], state: ModuleState) -> Mapping[Side, Looked]:
        """As a run does."""
        return look(passes, state)

    def admit(
        self, passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]
    ) -> ModuleState:
        """Note what a run will ask first, and what it holds."""
        for stop in stops_of(passes, state, looked):
            self._ask(passes[0], stop)
        for sync in passes:
            waits, _ = new_waits(sync)
            self.waits += [(sync, one) for one in waits] if sync.only is None else []
            rows = name_roots(sync, tuple(held_records(sync)), waits)
            sync.counts.held += len(rows)
            rows += self._before(sync, whole=looked[sync.source_side].staged.whole)
            self.held += [HeldRecord(module=sync.module.name, held=as_held(row)) for row in rows]
        return state

    def _before(self, sync: SyncPass, *, whole: bool) -> tuple[HeldRow, ...]:
        """What is held and stays so."""
        keys = set(still_held(sync, whole=whole))
        rows = sync.ledger.held_rows(sync.integration, sync.module.name) if keys else []
        return tuple(row for row in rows if (row.side, row.record_id) in keys)

    def _ask(self, sync: SyncPass, stop: Stop) -> None:
        """What was agreed to already is only mentioned."""
        name = sync.module.name
        if stop.code in sync.accepted:
            self.notes.append(f"{name}: {stop.what} It is approved already, so a run does not ask.")
            return
        self.asks.append(
            Ask(module=name, code=stop.code, what=stop.what, remedy=stop.remedy, details=stop.details)
        )

    def create(self, sync: SyncPass) -> None:
        """Newcomers that would be made, and those that guards refuse."""
        refused = judge_newcomers(sync)
        self._refuse(sync, refused)
        sync.counts.held += len({one.notice.record_id for one in refused})
        total = int(sync.columns.one("SELECT count(*) FROM absent")) if sync.moving else 0
        sync.counts.created[sync.target.side] += total
        self._count(sync, sync.target.side, "create", total)
        if total:
            _foresee_creates(sync)
        several = portions(sync, "absent", CHUNK if self.saving else max(self.room, 1))
        for places in several if self.saving else several[: self.room > 0]:
            for change in creates(sync, *places):
                self._take(change)

    def leave_alone(self, sync: SyncPass, missed: Sequence[tuple[Pair, str]]) -> None:
        """Count them."""
        sync.counts.skip("left alone by their trigger", len(missed))

    def update(self, sync: SyncPass, found: Sequence[Pair]) -> None:
        """Decide them as a run would."""
        judged, counts = judge(sync, found), sync.counts
        unreadable = [
            one for one in judged.unclear if one.other is not None and one.other.trouble is not None
        ]
        counts.held += len(unreadable)
        counts.skip(UNCLEAR, len(judged.unclear) - len(unreadable))
        counts.skip(LOST, len(judged.lost))
        self._refuse(sync, refusals(sync, judged.decided))
        _foresee_links(sync, judged.decided)
        for one in judged.decided:
            self._tally(sync, one)
        for change in pair_changes(sync, judged.decided) if self.saving or self.room > 0 else ():
            if change:
                self._take(change)

    def _tally(self, sync: SyncPass, one: Decided) -> None:
        """Count one decision as the run would."""
        counts, written = sync.counts, [side for side in SIDES if one.writes(side)]
        counts.conflicts += bool(one.decision.conflicts)
        counts.held += bool(one.refusals) and not (written or one.decision.conflicts)
        counts.unchanged += not (written or one.decision.conflicts or one.refusals)
        for side in written:
            counts.updated[side] += 1
            self._count(sync, side, "update", 1)

    def ask_again(self, sync: SyncPass) -> None:
        """Nothing was written that could have changed what guards look at."""

    def delete_by_trigger(self, sync: SyncPass, found: Sequence[Pair]) -> None:
        """What cannot be read is held."""
        doomed = [pair for pair in found if pair.clear]
        sync.counts.held += len(found) - len(doomed)
        self._doom(sync, doomed)

    def delete(self, sync: SyncPass, lost: Departed) -> None:
        """The counterparts of what is gone."""
        self._doom(sync, sifted(sync, lost.gone))
        self.notes += [f"{sync.module.name}: {sentence}" for sentence in yielded(sync)]

    def _doom(self, sync: SyncPass, doomed: Sequence[Pair]) -> None:
        side = sync.target.side
        sync.counts.deleted[side] += len(doomed)
        self._count(sync, side, "delete", len(doomed))
        for pair in doomed:
            self._take(delete_change(sync, pair))

    def end(self, passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]) -> None:
        """Nothing is remembered."""

    def resolve(self) -> None:
        """References that were open when their records were made, and that the same run fills in at its end."""
        for module, several in groupby(self.waits, lambda one: one[0].module.name):
            waiting = {
                (sync.source_side, wait.record_id): (sync, wait)
                for sync, wait in several
                if sync.foreseen is not None
                and sync.foreseen.has(wait.root_module, wait.root_side, wait.root_id)
                and sync.foreseen.has(module, wait.side, wait.record_id)
            }
            for sync, wait in waiting.values():
                sync.counts.updated[sync.target.side] += 1
                self._count(sync, sync.target.side, "update", 1)
                if self.room > 0:
                    self.lines.append(_filled_in(sync, wait))

    def _take(self, change: Change) -> None:
        """Keep a change, and show it while there is room."""
        if self.saving is not None:
            self.saving.add(change)
        shown = lines_of(change)[: max(self.room, 0)]
        self.lines += shown
        self.room -= len(shown)

    def _refuse(self, sync: SyncPass, found: Sequence[Refused]) -> None:
        """Note what guards would hold; what they would put back is among the changes."""
        held = {(one.held.side, one.held.record_id): one.held for one in found if one.held is not None}
        self.held += [HeldRecord(module=sync.module.name, held=as_held(row)) for row in held.values()]

    def _count(self, sync: SyncPass, side: Side, kind: Kind, records: int) -> None:
        """Note writes for the forecast."""
        plan = sync.module.side(side)
        by_module = self.writes.setdefault((plan.system, plan.stream, kind), {})
        by_module[sync.module.name] = by_module.get(sync.module.name, 0) + records
        if plan.tells:
            self.read_back[plan.system, plan.stream, kind] = plan.reads


def _foresee_creates(sync: SyncPass) -> None:
    """The links of the newcomers that would be made."""
    mine, its = sync.source_side, sync.target.side
    if sync.foreseen is not None:
        made = f"SELECT id AS {mine}_id, {sql_name_of_new(sync.module.name, mine, 'id')} AS {its}_id, '{its}' AS made"
        found = sync.columns.table(f"SELECT left_id, right_id, made FROM ({made} FROM {ABSENT})")
        sync.foreseen.add(sync.module.name, found)


def _foresee_links(sync: SyncPass, decided: Sequence[Decided]) -> None:
    """The links of those that were recognised."""
    met = [one.pair for one in decided if one.pair.link_id is None]
    if sync.foreseen is not None and met:
        ids = {
            f"{sync.source_side}_id": [pair.mine.id for pair in met],
            f"{sync.target.side}_id": [pair.other_id for pair in met],
        }
        columns = {name: pa.array(ids[name], pa.string()) for name in ("left_id", "right_id")}
        found = pa.table({**columns, "made": pa.nulls(len(met), pa.string())})
        sync.foreseen.add(sync.module.name, found)


def _filled_in(sync: SyncPass, wait: Wait) -> ChangeLine:
    side = sync.target.side
    return ChangeLine(
        module=sync.module.name,
        side=side,
        kind="update",
        id=None,
        label=name_of_new(sync.module.name, wait.side, wait.record_id),
        why=f"{wait.root_module} {wait.root_id} is linked by then",
        fields=(),
    )
