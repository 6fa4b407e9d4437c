"""Undo: take a finished run back, except records that somebody has changed since.

It is a run of its own in the history, journalled and settled like any other, and can be undone as well. What it
restores counts as in step: the base of the written side becomes what that side holds again, the base of the other
side stays. So the next run does not do the same once more; an edit made anywhere since then still comes over.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from engine.errors import UserError
from engine.event import ModuleStarted
from engine.ledger import ModuleState, open_ledger
from engine.run.read.waits import show_references
from engine.run.session.batches import batch_size
from engine.run.session.report import ChangeLine, FieldChange, Undone
from engine.run.sync.execute import execute
from engine.run.sync.link_origins import refuse_other_origins
from engine.run.sync.opened import opened, refuse_unbuilt
from engine.run.sync.pipeline import work_off
from engine.run.sync.writing import Writing
from engine.run.write.permit import Permit
from engine.run.write.revert import remake, restore, unmake
from engine.run.write.undo import Undoing, undoable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.ledger import RunRow
    from engine.ledger.store import Ledger
    from engine.plan import Plan
    from engine.record import Kind, Side
    from engine.run.session.run_request import RunRequest
    from engine.run.session.sync_pass import SyncPass
    from engine.run.sync.look import Looked
    from engine.run.write.undo import Remake, Restore, Undoable, Unmake

One = TypeVar("One")

#: How many runs back a run is looked for.
_RUNS = 100_000


def look_back(plan: Plan, request: RunRequest, run: str, *, limit: int = 20) -> Undone:
    """What taking the run back would do; nothing is written. Raises UserError if there is no such finished run."""
    refuse_unbuilt(plan)
    started = time.monotonic()
    with (
        open_ledger(request.ledger_url, readonly=True) as ledger,
        opened(plan, request, ledger, run="undo") as one,
    ):
        mode = _UndoPreview(undoing=_undoing(plan, ledger, run), limit=limit)
        notes = _notes(plan, ledger, run)
        for module in reversed(plan.modules):
            work_off(one.passes(module), mode)
    return mode.undone(run, None, plan, notes, time.monotonic() - started)


def put_back(plan: Plan, request: RunRequest, run: str, *, limit: int = 20) -> Undone:
    """Take the run back. Raises as `look_back`, and what `execute` raises."""
    started = time.monotonic()
    with open_ledger(request.ledger_url, readonly=True) as ledger:
        mode = _Undo(undoing=_undoing(plan, ledger, run), limit=limit)
        notes = _notes(plan, ledger, run)
    # What was made later may hang on what was made before.
    backwards = replace(plan, modules=plan.modules[::-1])
    report = execute(backwards, request, mode)
    return mode.undone(run, report.run, plan, notes, time.monotonic() - started)


def _undoing(plan: Plan, ledger: Ledger, run: str) -> Undoing:
    """What the run has left, and what came after it."""
    rows = ledger.runs(plan.name, _RUNS)
    row = next((one for one in rows if one.id == run), None)
    if row is None or row.outcome is None:
        these = ", ".join(one.id for one in rows[:3] if one.outcome) or "none"
        what = "has not ended" if row else "is no run"
        raise UserError(f"`{run}` {what} of `{plan.name}`.", remedy=f"The latest are: {these}.")
    if ledger.pending_intents(plan.name):
        raise UserError(
            "The outcome of some writes is not known yet, so nothing can be undone now.",
            remedy=f"Run it first: engine run {plan.file}",
        )
    return Undoing(
        run=run,
        intents=ledger.run_intents(plan.name, run),
        made=ledger.run_links(plan.name, run),
        modules=plan.modules,
        touched=_touched(ledger, plan.name, rows[: rows.index(row)]),
    )


def _touched(ledger: Ledger, integration: str, later: Sequence[RunRow]) -> dict[tuple[str, str, str], str]:
    """Records that later runs have changed, or whose changes they have taken over."""
    found: dict[tuple[str, str, str], str] = {}
    for run in later:
        for intent in ledger.run_intents(integration, run.id):
            if intent.payload is None or intent.kind != "update":
                continue
            ends = {intent.side: "_id", "left" if intent.side == "right" else "right": "_source"}
            for side, name in ends.items():
                found |= {(intent.module, side, one): run.id for one in intent.payload[name].to_pylist()}
    return found


def _notes(plan: Plan, ledger: Ledger, run: str) -> tuple[str, ...]:
    notes = []
    row = next(one for one in ledger.runs(plan.name, _RUNS) if one.id == run)
    if row.plan_fingerprint != plan.fingerprint:
        notes.append("The run had another plan; what no longer fits the present one is left alone.")
    made = ledger.run_links(plan.name, run)
    paired = sum(one is None for one in made["made"].to_pylist())
    if paired:
        pairs = "1 pair that it linked stays" if paired == 1 else f"{paired:,} pairs that it linked stay"
        notes.append(f"{pairs} linked; `engine links remove` takes a link apart.")
    known = {module.name for module in plan.modules}
    strange = {one.module for one in ledger.run_intents(plan.name, run)} - known
    notes += [
        f"The module `{name}` does not run now; what was written for it stays." for name in sorted(strange)
    ]
    return tuple(notes)


@dataclass(slots=True, kw_only=True)
class _Undo(Writing):
    """A run that is taken back, while its modules are worked off, the last first."""

    undoing: Undoing
    limit: int  #: lines to keep for a person
    lines: list[ChangeLine] = field(default_factory=list)
    counts: dict[Kind, int] = field(default_factory=lambda: {"update": 0, "create": 0, "delete": 0})
    found: list[Undoable] = field(default_factory=list)

    def begin(self, passes: Sequence[SyncPass]) -> bool:
        """Nothing is open: that was asked before."""
        self.permit = Permit(writer=self.writer, module=passes[0].module.name)
        passes[0].listen(ModuleStarted(module=passes[0].module.name))
        return _begin(passes)

    def look(self, passes: Sequence[SyncPass], state: ModuleState) -> Mapping[Side, Looked]:
        """What the run did, as the journal has it; it is taken back pass by pass."""
        del state
        for sync in passes:
            found = undoable(sync, self.undoing)
            self.found.append(found)
            self._show(sync, found)
            self._take_back(sync, found)
            sync.columns.drop("fresh", "after", "undone")
        return {}

    def _take_back(self, sync: SyncPass, found: Undoable) -> None:
        for updates in _batches(sync, found.restores):
            self.counts["update"] += restore(sync, self.permit, updates, found)
        for creates in _batches(sync, found.remakes):
            self.counts["create"] += remake(sync, self.permit, creates, found)
        for deletes in _batches(sync, found.unmakes):
            self.counts["delete"] += unmake(sync, self.permit, deletes, found)

    def _show(self, sync: SyncPass, found: Undoable) -> None:
        room = max(self.limit - len(self.lines), 0)
        told = [
            *(_restored(sync, self.undoing.run, one) for one in found.restores[:room]),
            *(_remade(sync, self.undoing.run, one) for one in found.remakes[:room]),
            *(_unmade(sync, self.undoing.run, one) for one in found.unmakes[:room]),
        ]
        self.lines += told[:room]

    def undone(self, run: str, by: str | None, plan: Plan, notes: tuple[str, ...], seconds: float) -> Undone:
        """What a person is told."""
        return Undone(
            run=run,
            by=by,
            integration=plan.name,
            lines=tuple(self.lines),
            counts=self.counts,
            already=sum(one.already for one in self.found),
            spared=tuple(spared for one in self.found for spared in one.spared),
            notes=notes,
            seconds=seconds,
        )


@dataclass(slots=True, kw_only=True)
class _UndoPreview(_Undo):
    """What taking it back would do."""

    def begin(self, passes: Sequence[SyncPass]) -> bool:
        """Nothing is written, so there is no permit."""
        return _begin(passes)

    def _take_back(self, sync: SyncPass, found: Undoable) -> None:
        del sync
        self.counts["update"] += len(found.restores)
        self.counts["create"] += len(found.remakes)
        self.counts["delete"] += len(found.unmakes)


def _begin(passes: Sequence[SyncPass]) -> bool:
    refuse_other_origins(passes[0])
    show_references(passes[0])
    return True


def _batches(sync: SyncPass, several: list[One]) -> Iterator[list[One]]:
    size = batch_size(sync)
    for first in range(0, len(several), size):
        yield several[first : first + size]


def _restored(sync: SyncPass, run: str, one: Restore) -> ChangeLine:
    side = sync.target.side
    names = {line.key: line.writes[side].name for line in sync.module.compared if side in line.writes}
    fields = (
        FieldChange(field=names[key], before=one.now.texts.get(key), after=value)
        for key, value in one.back.items()
    )
    return _line(sync, "update", one.now.id, one.now.label, f"run {run} changed it", tuple(fields))


def _remade(sync: SyncPass, run: str, one: Remake) -> ChangeLine:
    side = sync.target.side
    fields = (
        FieldChange(field=line.writes[side].name, before=None, after=one.before.get(line.key))
        for line in sync.module.compared
        if side in line.writes and one.before.get(line.key) is not None
    )
    why = f"run {run} deleted {one.old_id}; only mapped fields come back, under a new id"
    return _line(sync, "create", None, None, why, tuple(fields))


def _unmade(sync: SyncPass, run: str, one: Unmake) -> ChangeLine:
    return _line(sync, "delete", one.now.id, one.now.label, f"run {run} made it", ())


def _line(
    sync: SyncPass,
    kind: Kind,
    record: str | None,
    label: str | None,
    why: str,
    fields: tuple[FieldChange, ...],
) -> ChangeLine:
    return ChangeLine(
        module=sync.module.name,
        side=sync.target.side,
        kind=kind,
        id=record,
        label=label or record or "(its name was not kept)",
        why=why,
        fields=fields,
    )
