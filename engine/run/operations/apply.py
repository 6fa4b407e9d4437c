"""Apply: do exactly what a saved changeset says, each change only if a run would now do just the same.

Both sides are read and decided as in any run, and of what comes out only the changes of the file are done, by the
ordinary functions that journal, write and settle. The others of the file no longer hold; they are told, and nothing
of them is written. No cursor moves: the next run looks at everything that this one has not done.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

from engine.errors import StoppedError, UserError
from engine.event import Noted
from engine.ledger.settlement import Settlement
from engine.record import SIDES, other
from engine.run.decide.named_as_foreseen import named, names_of_made, shows_as_seen
from engine.run.decide.trigger import by_hand_only
from engine.run.read.counterparts import fetch
from engine.run.read.waits import new_waits
from engine.run.session.report import Applied, RunReport, Spared
from engine.run.sync.execute import execute
from engine.run.sync.look import Looked, look
from engine.run.sync.writing import Writing
from engine.run.write.remember import remember

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.ledger import ModuleState, RunRow
    from engine.plan import Plan
    from engine.record import Side
    from engine.run.session.changes import Change, SavedChanges
    from engine.run.session.pair import Pair, Shown
    from engine.run.session.run_request import RunRequest
    from engine.run.session.sync_pass import SyncPass

#: Changes that are looked at together, and stale ones of which it is told why.
CHUNK, TOLD = 5_000, 200
#: How many runs back a later one is looked for.
_RUNS = 1_000


def apply(plan: Plan, request: RunRequest, saved: SavedChanges) -> RunReport:
    """Do the changes of a file that still hold.

    Raises UserError if it was made for another integration, StoppedError if for another plan or other systems;
    and what `execute` raises.
    """
    _refuse_foreign(plan, request, saved)
    mode = _Applying(saved=saved)
    report = execute(plan, replace(request, whole=saved.header.whole), mode)
    applied = Applied(
        file=str(saved.path),
        changes=saved.header.changes,
        done=len(mode.done),
        already=mode.already,
        stale=tuple(mode.stale),
    )
    return replace(report, applied=applied)


def _refuse_foreign(plan: Plan, request: RunRequest, saved: SavedChanges) -> None:
    made = saved.header
    if made.integration != plan.name:
        raise UserError(
            f"`{saved.path}` is a changeset of `{made.integration}`, not of `{plan.name}`.",
            remedy="Name the spec that it was made with.",
        )
    again = f"Create it again: engine preview {plan.file} -o {saved.path}"
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
class _Applying(Writing):
    """The mode that makes the changes of a file and no others, each only if a run would make just the same."""

    saved: SavedChanges
    done: set[bytes] = field(default_factory=set)
    already: int = 0
    stale: list[Spared] = field(default_factory=list)
    made: set[tuple[str, str]] = field(default_factory=set)  #: modules and the records of their sources

    def begin(self, passes: Sequence[SyncPass]) -> bool:
        """What the file holds is permitted; a person has looked at it."""
        Writing.begin(self, passes)
        self.permit = replace(self.permit, wanted=self._take)
        self._note_later_runs(passes[0])
        for module in {line.refers for line in passes[0].module.fields if line.refers}:
            passes[0].shared.named[module] = names_of_made(passes[0], module, self._sources(module))
        return not by_hand_only(passes[0])

    def look(self, passes: Sequence[SyncPass], state: ModuleState) -> Mapping[Side, Looked]:
        """As a run does."""
        return look(passes, state)

    def admit(
        self, passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]
    ) -> ModuleState:
        """Only what triggers have seen is remembered."""
        del looked
        return remember(passes[0], self.writer, state)

    def leave_alone(self, sync: SyncPass, missed: Sequence[tuple[Pair, str]]) -> None:
        """The next run remembers it."""

    def end(self, passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]) -> None:
        """Find out why changes of the file were not made: for the first of them, by a look at both records."""
        del state, looked
        self._wait(passes)
        self._tell_stale(passes)

    def _wait(self, passes: Sequence[SyncPass]) -> None:
        """What was made while a reference of it was open is filled in at the end of the run, as in any run."""
        for sync in passes:
            waits = [one for one in new_waits(sync)[0] if (sync.module.name, one.record_id) in self.made]
            if waits:
                settlement = Settlement(run=sync.run, module=sync.module.name, waits=tuple(waits))
                sync.ledger.settle(self.writer.renew(), None, settlement)

    def _take(self, change: Change | None) -> bool:
        """Whether the change is in the file; it is made then."""
        name = bytes.fromhex(change.op()) if change else b""
        if name not in self.saved.ops:
            return False
        self.done.add(name)
        if change and change.kind == "create":
            self.made.add((change.module, change.left_id or change.right_id or ""))
        return True

    def _sources(self, module: str) -> dict[Side, set[str]]:
        """Of which records the file makes others in a module."""
        found: dict[Side, set[str]] = {side: set() for side in SIDES}
        for change in self.saved.lines(module):
            if change["kind"] == "create":
                side: Side = "left" if change["left_id"] else "right"
                found[side].add(change[f"{side}_id"])
        return found

    def _note_later_runs(self, sync: SyncPass) -> None:
        """A run that wrote something after the changeset was made is the first thing to look at."""
        name, known = sync.module.name, self.saved.header.last_run
        later = takewhile(lambda run: run.id != known, sync.ledger.runs(sync.integration, _RUNS))
        wrote = [run.id for run in later if run.id != sync.run and _wrote(run, name)]
        if wrote and name in self.saved.header.counts:
            message = f"Run {wrote[0]} has written since; changes that no longer apply are skipped."
            sync.listen(Noted(module=name, message=message))

    def _tell_stale(self, passes: Sequence[SyncPass]) -> None:
        rest = (
            line
            for line in self.saved.lines(passes[0].module.name)
            if bytes.fromhex(line["op"]) not in self.done
        )
        while lines := list(islice(rest, CHUNK)):
            made = _made(passes[0], lines)
            now = {side: _now(passes[0], lines, side, made) for side in SIDES}
            for line in lines:
                if _is_so(passes[0], line, now, made):
                    self.already += 1
                elif len(self.stale) < TOLD:
                    self._tell(passes[0], line, now)

    def _tell(self, sync: SyncPass, line: Mapping[str, Any], now: Now) -> None:
        names = ("module", "left_id", "right_id", "label")
        named = {name: line[name] for name in names}
        self.stale.append(Spared(what=line["kind"], why=_why(sync, line, now), **named))


def _wrote(run: RunRow, module: str) -> bool:
    counts = run.counts.get(module, {})
    return any(sum(counts.get(name, {}).values()) for name in ("created", "updated", "deleted"))


#: The records that changes name, as they are now, by side and id.
Now: TypeAlias = "Mapping[Side, Mapping[str, Shown]]"


#: Records that a run has made: (side, id) of their source -> (their id, the hash of what they held when last in step).
Made: TypeAlias = "Mapping[tuple[Side, str], tuple[str, bytes]]"


def _made(sync: SyncPass, lines: Sequence[Mapping[str, Any]]) -> dict[tuple[Side, str], tuple[str, bytes]]:
    """Those of the changes' creates that were made by now."""
    found: dict[tuple[Side, str], tuple[str, bytes]] = {}
    for side in SIDES:
        sources = [line[f"{side}_id"] for line in lines if line["kind"] == "create" and line[f"{side}_id"]]
        if sources:
            its = other(side)
            links = sync.ledger.links_table(sync.integration, sync.module.name, pa.array(sources), side)
            columns = (links[name].to_pylist() for name in (f"{side}_id", f"{its}_id", f"{its}_hash", "made"))
            for mine, counterpart, content, made in zip(*columns, strict=True):
                if made == its:
                    found[(side, mine)] = (counterpart, content)
    return found


def _now(sync: SyncPass, lines: Sequence[Mapping[str, Any]], side: Side, made: Made) -> dict[str, Shown]:
    """The records that the lines name on a side, and those that were made there, as they are now."""
    ids = {line[f"{side}_id"] for line in lines if line[f"{side}_id"] is not None}
    ids |= {counterpart for (source, _), (counterpart, _) in made.items() if source != side}
    return fetch(sync, sorted(ids), side=sync.module.side(side), into="again")


def _is_so(sync: SyncPass, line: Mapping[str, Any], now: Now, made: Made) -> bool:
    """Whether everything that the change would have brought about is so by now."""
    ids = {side: line[f"{side}_id"] for side in SIDES}
    if line["kind"] == "link":
        return _linked(sync, line)
    if line["kind"] == "delete":
        return all(ids[side] not in now[side] for side in line["writes"])
    if line["kind"] == "create":
        return _is_made(sync, line, now, made)
    written = [one for one in line["fields"] if one["write"]]
    records = {side: now[side].get(ids[side]) if ids[side] else None for side in SIDES}
    return bool(written) and all(_holds(sync, records[one["write"]], one) for one in written)


def _is_made(sync: SyncPass, line: Mapping[str, Any], now: Now, made: Made) -> bool:
    """Whether the record was made of what its source still shows, and nobody has changed it since."""
    source: Side = "left" if line["left_id"] else "right"
    record = line[f"{source}_id"]
    counterpart, content = made.get((source, record), ("", b""))
    mine, its = now[source].get(record), now[other(source)].get(counterpart)
    seen = line["seen"][source]["hash"]
    if mine is None or its is None or its.content != content:
        return False
    return shows_as_seen(sync, mine, seen)


def _holds(sync: SyncPass, record: Shown | None, one: Mapping[str, Any]) -> bool:
    if record is None:
        return False
    line = next((line for line in sync.module.compared if line.key == one["key"]), None)
    value = record.texts.get(one["key"])
    return bool((value if line is None else named(sync, line, value)) == one["result"])


def _why(sync: SyncPass, line: Mapping[str, Any], now: Mapping[Side, Mapping[str, Shown]]) -> str:
    """What has changed since the change was decided."""
    for side in SIDES:
        record, name = line[f"{side}_id"], f"{sync.module.side(side).name}:{line[f'{side}_id']}"
        if record is not None and record not in now[side]:
            return f"{name} is not there any more."
        if side in line["seen"] and not shows_as_seen(sync, now[side][record], line["seen"][side]["hash"]):
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
