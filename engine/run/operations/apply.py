"""Apply: do exactly what a saved changeset says, each change only if a run would now do just the same.

Both sides are read and decided as in any run, and of what comes out only the changes of the file are done, by the
ordinary functions that journal, write and settle. The others of the file no longer hold; they are told, and nothing
of them is written. No cursor moves: the next run looks at everything that this one has not done.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.errors import StoppedError, UserError
from engine.event import ModuleStarted, Noted
from engine.record import SIDES
from engine.run.decide.expected_changes import creates, delete_change, pair_changes
from engine.run.decide.trigger import sift, takes
from engine.run.read.absent_or_deleted import Departed
from engine.run.read.counterparts import fetch, pairs
from engine.run.session.batches import portions
from engine.run.session.report import Applied, RunReport, Spared
from engine.run.session.tables import TABLES
from engine.run.sync.execute import execute
from engine.run.sync.look import look
from engine.run.write.create import push_creates
from engine.run.write.delete import push_deletes, sifted
from engine.run.write.delete_by_trigger import push_taken
from engine.run.write.recover import recover
from engine.run.write.remember import remember
from engine.run.write.update import CHUNK, judge, portion_size, push_judged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.ledger import RunRow
    from engine.plan import Plan
    from engine.record import Side
    from engine.run.session.changes import Change, SavedChanges
    from engine.run.session.ledger_writer import LedgerWriter
    from engine.run.session.pair import Shown
    from engine.run.session.run_request import RunRequest
    from engine.run.session.sync_pass import SyncPass

#: Stale changes of a module for which it is found out why.
TOLD = 200
#: How many runs back a later one is looked for.
_RUNS = 1_000


def apply(plan: Plan, request: RunRequest, saved: SavedChanges) -> RunReport:
    """Do the changes of a file that still hold.

    Raises UserError if it was made for another integration, StoppedError if for another plan or other systems;
    and what `execute` raises.
    """
    _refuse_foreign(plan, request, saved)
    task = _Applying(saved=saved)
    report = execute(plan, replace(request, whole=saved.header.whole), task.module)
    applied = Applied(
        file=str(saved.path),
        changes=saved.header.changes,
        done=len(task.done),
        already=task.already,
        stale=tuple(task.stale),
    )
    return replace(report, applied=applied)


def _refuse_foreign(plan: Plan, request: RunRequest, saved: SavedChanges) -> None:
    made = saved.header
    if made.integration != plan.name:
        raise UserError(
            f"`{saved.path}` is a changeset of `{made.integration}`, not of `{plan.name}`.",
            remedy="Name the spec that it was made with.",
        )
    again = f"Make it anew: engine preview {plan.file} -o {saved.path}"
    if made.plan != plan.fingerprint:
        raise StoppedError(
            f"`{saved.path}` was made with another plan: the spec, a choice or a catalog has changed since; "
            "nothing was written.",
            remedy=again,
        )
    if made.stand_ins != tuple(sorted(request.overrides)):
        raise StoppedError(
            f"`{saved.path}` was made for other systems: with the sandbox, or without; nothing was written.",
            remedy=again,
        )


@dataclass(slots=True, kw_only=True)
class _Applying:
    """A changeset while its modules are worked off."""

    saved: SavedChanges
    done: set[bytes] = field(default_factory=set)
    already: int = 0
    stale: list[Spared] = field(default_factory=list)

    def module(self, passes: Sequence[SyncPass], writer: LedgerWriter) -> None:
        """Do what the file says about one module, and no more."""
        sync = passes[0]
        sync.listen(ModuleStarted(module=sync.module.name))
        self._note_later_runs(sync)
        for one in passes:
            recover(one, writer)
        if sync.module.trigger is not None and sync.module.trigger.becomes is None:
            return  # it acts only when a person asks
        state = sync.ledger.module_state(sync.integration, sync.module.name)
        looked = look(passes, state)
        remember(sync, writer, state)
        for one in passes:
            self._creates(one, writer)
            self._pairs(one, writer)
            self._deletes(one, writer, looked[one.source_side].departed)
        self._tell_stale(passes)
        for one in passes:
            one.columns.drop(*TABLES)

    def _take(self, change: Change | None) -> bool:
        """Whether the change is in the file; it is done then."""
        name = bytes.fromhex(change.op()) if change else b""
        if name not in self.saved.ops:
            return False
        self.done.add(name)
        return True

    def _note_later_runs(self, sync: SyncPass) -> None:
        """A run that wrote something after the changeset was made is the first thing to look at."""
        name, known = sync.module.name, self.saved.header.last_run
        later = takewhile(lambda run: run.id != known, sync.ledger.runs(sync.integration, _RUNS))
        wrote = [run.id for run in later if run.id != sync.run and _wrote(run, name)]
        if wrote and name in self.saved.header.counts:
            message = f"Run {wrote[0]} has written since; what no longer holds is left alone."
            sync.listen(Noted(module=name, message=message))

    def _creates(self, sync: SyncPass, writer: LedgerWriter) -> None:
        kept = [
            change.left_id or change.right_id
            for places in portions(sync, "absent", CHUNK)
            for change in creates(sync, *places)
            if self._take(change)
        ]
        if not kept:
            return
        sync.columns.keep("kept", pa.table({"id": pa.array(kept, pa.string())}))
        sync.columns.run(
            "CREATE OR REPLACE TABLE absent AS SELECT * FROM absent SEMI JOIN kept USING (id) ORDER BY place"
        )
        sync.columns.drop("kept")
        with sync.ledger.bulk_load(writer.renew()):
            push_creates(sync, writer)

    def _pairs(self, sync: SyncPass, writer: LedgerWriter) -> None:
        if takes(sync):
            push_taken(sync, writer, lambda pair: self._take(delete_change(sync, pair)))
            return
        for first, last in portions(sync, "paired", portion_size(sync)):
            judged = judge(sync, sift(sync, pairs(sync, first, last))[0])
            both = zip(judged.decided, pair_changes(sync, judged.decided), strict=True)
            taken = [one for one, change in both if self._take(change)]
            push_judged(sync, writer, replace(judged, decided=taken))

    def _deletes(self, sync: SyncPass, writer: LedgerWriter, departed: Departed) -> None:
        gone = [pair for pair in sifted(sync, departed.gone) if self._take(delete_change(sync, pair))]
        push_deletes(sync, writer, Departed(gone=tuple(gone)))

    def _tell_stale(self, passes: Sequence[SyncPass]) -> None:
        """Find out why changes of the file were not done: for the first of them, by a look at both records."""
        rest = (
            line
            for line in self.saved.lines(passes[0].module.name)
            if bytes.fromhex(line["op"]) not in self.done
        )
        lines = list(islice(rest, TOLD))
        now = {side: _now(passes[0], lines, side) for side in SIDES} if lines else {}
        for line in lines:
            if _is_so(line, now):
                self.already += 1
                continue
            why = _why(passes[0], line, now)
            names = ("module", "left_id", "right_id", "label")
            self.stale.append(Spared(what=line["kind"], why=why, **{name: line[name] for name in names}))


def _wrote(run: RunRow, module: str) -> bool:
    counts = run.counts.get(module, {})
    return any(sum(counts.get(name, {}).values()) for name in ("created", "updated", "deleted"))


def _now(sync: SyncPass, lines: Sequence[Mapping[str, Any]], side: Side) -> dict[str, Shown]:
    """The records that the lines name on a side, as they are now."""
    ids = sorted({line[f"{side}_id"] for line in lines if line[f"{side}_id"] is not None})
    return fetch(sync, ids, side=sync.module.side(side), into="again")


def _is_so(line: Mapping[str, Any], now: Mapping[Side, Mapping[str, Shown]]) -> bool:
    """Whether everything that the change would have written is there by now."""
    written = [one for one in line["fields"] if one["write"]]
    if line["kind"] != "update" or not written:
        return False
    records = {side: now[side].get(line[f"{side}_id"]) for side in SIDES}
    return all(_holds(records[one["write"]], one) for one in written)


def _holds(record: Shown | None, one: Mapping[str, Any]) -> bool:
    return record is not None and record.texts.get(one["key"]) == one["result"]


def _why(sync: SyncPass, line: Mapping[str, Any], now: Mapping[Side, Mapping[str, Shown]]) -> str:
    """What has changed since the change was decided."""
    for side in SIDES:
        record, name = line[f"{side}_id"], f"{sync.module.side(side).name}:{line[f'{side}_id']}"
        if record is not None and record not in now[side]:
            return f"{name} is not there any more."
        if side in line["seen"] and now[side][record].content.hex() != line["seen"][side]["hash"]:
            return f"{name} has changed since."
    if _linked(sync, line) != line["linked"]:
        return "Its link has gone since." if line["linked"] else "It has been linked since."
    return "A run would decide otherwise now: something that it is compared with has changed."


def _linked(sync: SyncPass, line: Mapping[str, Any]) -> bool:
    """Whether the records have a link now; for a record that was to be made, whether it has any."""
    side = next(side for side in SIDES if line[f"{side}_id"] is not None)
    ids = pa.array([line[f"{side}_id"]], pa.string())
    links = sync.ledger.links_table(sync.integration, sync.module.name, ids, side)
    return bool(links.num_rows)
