"""Pipeline: the one sequence in which a module is worked off, whoever asks for it. What differs is its mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from engine.run.decide.trigger import takes
from engine.run.session.tables import TABLES
from engine.run.write.judge import next_pairs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.ledger import ModuleState
    from engine.record import Side
    from engine.run.read.absent_or_deleted import Departed
    from engine.run.session.pair import Pair
    from engine.run.session.sync_pass import SyncPass
    from engine.run.sync.look import Looked


class Mode(Protocol):
    """What differs between a run, a preview, a saved changeset, a person's order for one record, and an undo."""

    def begin(self, passes: Sequence[SyncPass]) -> bool:
        """Before anything is read, settle what earlier runs left open. False: nothing of this module is meant."""
        ...

    def look(self, passes: Sequence[SyncPass], state: ModuleState) -> Mapping[Side, Looked]:
        """Read, compare and pair what is asked for, by source side; a pass that is not in the answer pushes nothing."""
        ...

    def admit(
        self, passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]
    ) -> ModuleState:
        """Ask what must be asked, and remember what must be remembered, before anything is written."""
        ...

    def create(self, sync: SyncPass) -> None:
        """Newcomers, in the table `absent`."""
        ...

    def leave_alone(self, sync: SyncPass, missed: Sequence[tuple[Pair, str]]) -> None:
        """Pairs for which a trigger has nothing to do, with the reason."""
        ...

    def update(self, sync: SyncPass, found: Sequence[Pair]) -> None:
        """Pairs that may differ, as they are now."""
        ...

    def ask_again(self, sync: SyncPass) -> None:
        """What guards refused that look at other records, now that those are written."""
        ...

    def delete_by_trigger(self, sync: SyncPass, found: Sequence[Pair]) -> None:
        """Pairs whose target a trigger deletes."""
        ...

    def delete(self, sync: SyncPass, lost: Departed) -> None:
        """What the source has lost."""
        ...

    def end(self, passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]) -> None:
        """Everything is settled: move the cursors, if there are any to move."""
        ...


def work_off(passes: Sequence[SyncPass], mode: Mode) -> None:
    """Work off one module, pass by pass. If this ends early, what is settled stays settled, and no cursor moves."""
    if not mode.begin(passes):
        return
    first = passes[0]
    state = first.ledger.module_state(first.integration, first.module.name)
    looked = mode.look(passes, state)
    state = mode.admit(passes, state, looked)
    for sync in passes:
        if sync.source_side in looked:
            _push(sync, mode, looked[sync.source_side].departed)
    mode.end(passes, state, looked)
    for sync in passes:
        sync.columns.drop(*TABLES)


def _push(sync: SyncPass, mode: Mode, lost: Departed) -> None:
    mode.create(sync)
    for found, missed in next_pairs(sync):
        mode.leave_alone(sync, missed)
        if takes(sync):
            mode.delete_by_trigger(sync, found)
        else:
            mode.update(sync, found)
    mode.ask_again(sync)
    mode.delete(sync, lost)
