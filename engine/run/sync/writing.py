"""Writing: the modes that change something: an ordinary run, and the base of those that do a part of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.event import ModuleStarted, Noted, PushPlanned
from engine.ledger import ModuleState, Settlement
from engine.run.decide.trigger import by_hand_only
from engine.run.decide.yielding import yielded
from engine.run.pair.pairing import known_records
from engine.run.pair.sort import cloned, held_records, no_longer_held, set_aside
from engine.run.read.stage_source import source_scope
from engine.run.read.waits import name_roots, new_waits, show_references
from engine.run.session.cursors import later
from engine.run.session.held import report_held
from engine.run.session.tables import STAGED
from engine.run.sync.approvals import keep_approvals, pairs_agreed
from engine.run.sync.limits import heed_limits
from engine.run.sync.link_origins import check_origins
from engine.run.sync.look import Looked, look, planned
from engine.run.write.ask_again import PutOff, ask_again
from engine.run.write.create import create
from engine.run.write.delete import delete
from engine.run.write.delete_by_trigger import delete_by_trigger
from engine.run.write.mark import mark_enrolled
from engine.run.write.permit import Permit
from engine.run.write.recover import recover
from engine.run.write.remember import leave_alone, remember, remember_requested
from engine.run.write.settle import states_of
from engine.run.write.update import update
from engine.run.write.withdrawn import take_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.record import Side
    from engine.run.read.absent_or_deleted import Departed
    from engine.run.session.ledger_writer import LedgerWriter
    from engine.run.session.pair import Pair
    from engine.run.session.sync_pass import SyncPass


@dataclass(slots=True, kw_only=True)
class Writing:
    """What every mode that writes has in common: each kind of change goes through the door, with the mode's permit.

    Whoever has taken the lease sets `writer`.
    """

    writer: LedgerWriter = field(init=False)
    permit: Permit = field(init=False)  #: for the present module
    put_off: PutOff = field(default_factory=PutOff)  #: by the present pass

    def begin(self, passes: Sequence[SyncPass]) -> bool:
        """See whose records the links are of, and find out what became of the writes that a killed run left open."""
        self.permit = Permit(writer=self.writer, module=passes[0].module.name)
        passes[0].listen(ModuleStarted(module=passes[0].module.name))
        check_origins(passes, self.writer)
        show_references(passes[0])
        for sync in passes:
            recover(sync, self.writer)
        return True

    def look(self, passes: Sequence[SyncPass], state: ModuleState) -> Mapping[Side, Looked]:
        """Nothing is compared."""
        del passes, state
        return {}

    def admit(
        self, passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]
    ) -> ModuleState:
        """Nothing is asked, for a person has ordered it."""
        del passes, looked
        return state

    def create(self, sync: SyncPass) -> None:
        """Make them."""
        self.put_off = PutOff(newcomers=create(sync, self.permit, last=not _looks_around(sync)))

    def leave_alone(self, sync: SyncPass, missed: Sequence[tuple[Pair, str]]) -> None:
        """Remember it, so that the same transition is not tried again."""
        leave_alone(sync, self.writer, missed)

    def update(self, sync: SyncPass, found: Sequence[Pair]) -> None:
        """Bring them in step."""
        self.put_off.pairs += update(sync, self.permit, found, last=not _looks_around(sync))

    def ask_again(self, sync: SyncPass) -> None:
        """What still is refused is told now."""
        ask_again(sync, self.permit, self.put_off)

    def delete_by_trigger(self, sync: SyncPass, found: Sequence[Pair]) -> None:
        """Delete them."""
        delete_by_trigger(sync, self.permit, found)

    def delete(self, sync: SyncPass, lost: Departed) -> None:
        """Delete the counterparts."""
        delete(sync, self.permit, lost)

    def end(self, passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]) -> None:
        """No cursor moves where less than the module was worked off."""


def _looks_around(sync: SyncPass) -> bool:
    """Whether what a guard says of one record may be another thing once others are written."""
    return any(guard.walks for guard in sync.module.guards)


@dataclass(slots=True, kw_only=True)
class Run(Writing):
    """An ordinary run: everything that the module says, within its limits."""

    def begin(self, passes: Sequence[SyncPass]) -> bool:
        """Besides, delete the counterparts of what people have taken out."""
        Writing.begin(self, passes)
        for sync in passes:
            take_out(sync, self.permit)
        return not by_hand_only(passes[0])

    def look(self, passes: Sequence[SyncPass], state: ModuleState) -> Mapping[Side, Looked]:
        """All that has changed."""
        return look(passes, state)

    def admit(
        self, passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]
    ) -> ModuleState:
        """Keep the limits, then remember what needs no write."""
        first = passes[0]
        agreed = heed_limits(passes, state, looked)
        keep_approvals(first, self.writer, agreed)
        state = remember(first, self.writer, state)
        # A run that ends early is not asked again; where pairs were agreed to, those that come up later are.
        if not (state.contacted or first.only is not None or pairs_agreed(first)):
            state = replace(state, contacted=True)
            first.ledger.finish_module(self.writer.renew(), state)
        for sync in passes:
            _note(sync, self.writer, looked[sync.source_side])
        first.listen(PushPlanned(module=first.module.name, writes=sum(planned(sync) for sync in passes)))
        return state

    def delete(self, sync: SyncPass, lost: Departed) -> None:
        """Besides, say who else writes what was left, and mark what has come over."""
        for sentence in yielded(sync):
            sync.listen(Noted(module=sync.module.name, message=sentence))
        Writing.delete(self, sync, lost)
        mark_enrolled(sync, self.permit)

    def end(self, passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]) -> None:
        """Move the cursors, unless only single records were looked at."""
        first = passes[0]
        if first.only is not None:
            return
        staged = {side: one.staged for side, one in looked.items()}
        paired = {side: one.paired for side, one in looked.items()}
        known = {side: seen for sync in passes for side, seen in known_records(sync, staged, paired).items()}
        for sync in passes:
            state = _next_state(sync, state, looked[sync.source_side])
        first.ledger.finish_module(
            self.writer.renew(), state, left=known.get("left"), right=known.get("right"), worked_off=True
        )


def _note(sync: SyncPass, writer: LedgerWriter, looked: Looked) -> None:
    """Remember what needs no write: records that are held now, wait, left the view, or are left alone."""
    remember_requested(sync, writer, looked.staged.requested)
    waits, unwaits = new_waits(sync)
    held = name_roots(sync, tuple(held_records(sync)), waits)
    settlement = Settlement(
        run=sync.run,
        module=sync.module.name,
        held=held,
        released=no_longer_held(sync, whole=looked.staged.whole),
        skips=_skips(sync),
        changes=_out_of_view(sync),
        waits=waits,
        unwaits=unwaits,
    )
    if any((held, settlement.released, waits, unwaits, settlement.skips, settlement.changes)):
        sync.ledger.settle(writer.renew(), None, settlement)
    sync.counts.held += len(held)
    report_held(sync, held)


def _out_of_view(sync: SyncPass) -> pa.Table | None:
    """Links of records that have left the view: let alone until both are seen again, and compared afresh then."""
    if not sync.both_ways or not sync.learned.found["out-of-view"]:
        return None
    rows = sync.columns.rows(
        f"SELECT link_id FROM {STAGED} WHERE situation = 'out-of-view' AND (state = 'active' OR state LIKE 'missing-%')"
    )
    return states_of([(int(row[0]), "suspended") for row in rows])


def _skips(sync: SyncPass) -> pa.Table | None:
    """Duplicates that are left alone, with what they equal."""
    mine, its = sync.source.side, sync.target.side
    skipped, again = "duplicate, skipped as the module says", "a clone stands beside it"
    rows = [
        {"side": mine, "record_id": record, "other_id": found, "why": skipped}
        for record, found in set_aside(sync)
    ]
    if sync.both_ways:
        rows += [
            {**row, "side": its, "record_id": row["other_id"], "other_id": row["record_id"]} for row in rows
        ]
    rows += [
        {"side": its, "record_id": found, "other_id": record, "why": again} for record, found in cloned(sync)
    ]
    return pa.Table.from_pylist(rows) if rows else None


def _next_state(sync: SyncPass, state: ModuleState, looked: Looked) -> ModuleState:
    """The cursors after a module that was worked off to its end."""
    mine, its = sync.source.side, sync.target.side
    own = looked.staged
    moved = {f"{mine}_cursor": own.cursor, f"{mine}_newest": own.newest, f"{mine}_scope": source_scope(sync)}
    matched = looked.paired.matched
    if matched is not None and matched.read:
        known = state.left_cursor if its == "left" else state.right_cursor
        before = None if matched.whole else known
        moved |= {f"{its}_cursor": later(matched.cursor, before), f"{its}_scope": matched.scope}
    return replace(state, contacted=True, fingerprint=sync.module.fingerprint, **moved)  # type: ignore[arg-type] # names are ModuleState's
