"""One module of a run: recover, assess, match, sort, push, and move the cursor last."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.event import ModuleStarted, PushPlanned, RecordHeld
from engine.ledger import ModuleState, Settlement
from engine.run.assess import Assessed, assess, source_scope
from engine.run.held import as_held
from engine.run.match import Matched, match, sightings
from engine.run.pull import later
from engine.run.push import push_creates, push_pairs
from engine.run.recover import recover
from engine.run.sort import cloned, held_records, no_longer_held, not_made, set_aside, sort

if TYPE_CHECKING:
    from engine.run.work import Pen, Work

TABLES = ("work", "seen", "links", "held", "skips", "matched", "known", "absent", "paired", "fresh")


def run_module(work: Work, pen: Pen) -> None:
    """Bring one module in step. What is settled stays settled if this ends early; the cursor then stays put."""
    work.listen(ModuleStarted(module=work.module.name))
    recover(work, pen)
    state = work.ledger.module_state(work.integration, work.module.name)
    assessed, matched = look(work, state)
    _note(work, pen, assessed)
    work.listen(PushPlanned(module=work.module.name, writes=planned(work)))
    with work.ledger.bulk_load(pen.keep()):
        push_creates(work, pen)
    push_pairs(work, pen)
    known = {work.target.side: sightings(work, matched)}
    work.ledger.finish_module(
        pen.keep(),
        _next_state(work, state, assessed, matched),
        left=known.get("left"),
        right=known.get("right"),
    )
    work.columns.drop(*TABLES)


def look(work: Work, state: ModuleState) -> tuple[Assessed, Matched]:
    """Everything up to the first write: shared by run and preview."""
    assessed = assess(work, state)
    matched = match(work, state, assessed.counts["newcomer"])
    sort(work)
    _tally(work, assessed)
    return assessed, matched


def planned(work: Work) -> int:
    """Records that are to be made or compared."""
    made = work.columns.one("SELECT count(*) FROM absent")
    return int(made) + int(work.columns.one("SELECT count(*) FROM paired"))


def _tally(work: Work, assessed: Assessed) -> None:
    """Count what is settled by looking alone; pushing counts the rest."""
    counts, found = work.counts, assessed.counts
    counts.unchanged += counts.read[work.source.side] - sum(found.values())
    counts.skipped += found["out-of-view"] + found["gone"] + found["skipped"]
    counts.skipped += len(set_aside(work)) + not_made(work)
    counts.held += found["still-held"]
    counts.conflicts += found["still-in-conflict"]


def _note(work: Work, pen: Pen, assessed: Assessed) -> None:
    """Remember what needs no write: records that are held now, and duplicates that are left alone."""
    held = tuple(held_records(work))
    skips, released = _skips(work), no_longer_held(work, whole=assessed.whole)
    if held or released or skips is not None:
        settlement = Settlement(
            run=work.run, module=work.module.name, held=held, released=released, skips=skips
        )
        work.ledger.settle(pen.keep(), None, settlement)
    work.counts.held += len(held)
    for one in held:
        work.listen(RecordHeld(module=work.module.name, held=as_held(one)))


def _skips(work: Work) -> pa.Table | None:
    mine, other = work.source.side, work.target.side
    rows = [
        {"side": mine, "record_id": record, "other_id": found, "why": "duplicate, skipped as the module says"}
        for record, found in set_aside(work)
    ] + [
        {"side": other, "record_id": found, "other_id": record, "why": "a clone stands beside it"}
        for record, found in cloned(work)
    ]
    return pa.Table.from_pylist(rows) if rows else None


def _next_state(work: Work, state: ModuleState, assessed: Assessed, matched: Matched) -> ModuleState:
    """The cursors after a module that was worked off to its end."""
    mine, other = work.source.side, work.target.side
    moved = {f"{mine}_cursor": assessed.cursor, f"{mine}_scope": source_scope(work)}
    if matched.read:
        before = state.left_cursor if other == "left" else state.right_cursor
        known = None if matched.whole else before
        moved |= {f"{other}_cursor": later(matched.cursor, known), f"{other}_scope": matched.scope}
    return replace(state, contacted=True, fingerprint=work.module.fingerprint, **moved)  # type: ignore[arg-type] # names are ModuleState's
