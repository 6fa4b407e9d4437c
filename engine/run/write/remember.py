"""Remember: what the ledger keeps of a pass before anything is written: who was asked for, triggers, refusals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from engine.event import Noted
from engine.ledger import Settlement
from engine.run.decide.trigger import NUMBERED, OURS, SO_ALREADY, awake
from engine.run.session.held import report_held
from engine.run.session.tables import ANEW, STAGED, STOPPED, WAS_SO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.ledger import ModuleState
    from engine.ledger.model import Turns
    from engine.run.decide.refusal_notices import Refused
    from engine.run.session.ledger_writer import LedgerWriter
    from engine.run.session.pair import Pair
    from engine.run.session.sync_pass import SyncPass


def remember_requested(sync: SyncPass, writer: LedgerWriter, requested: frozenset[str]) -> None:
    """Store who was asked for, before anything of them is written: a run that is killed goes on with them."""
    if sync.source.saved_view is None or not requested:
        return
    rows = sync.columns.rows(f"SELECT id FROM {STAGED} WHERE in_view")
    ids = {str(row[0]) for row in rows} & requested
    sync.ledger.admit(writer.renew(), sync.module.name, sync.source_side, sorted(ids), sync.clock.text())


def note_refusals(
    sync: SyncPass, writer: LedgerWriter, found: Sequence[Refused], turns: Sequence[Turns] = ()
) -> None:
    """Remember what was refused before anything else of these records is written; each change is told once."""
    if not found:
        return
    held = tuple(one.held for one in found if one.held is not None)
    notices = {one.notice.key: one.notice for one in found}
    known = sync.ledger.known_notices(sync.integration, tuple(notices))
    settlement = Settlement(
        run=sync.run, module=sync.module.name, held=held, notices=tuple(notices.values()), turns=tuple(turns)
    )
    sync.ledger.settle(writer.renew(), None, settlement)
    report_held(sync, [one.held for one in found if one.held is not None and one.notice.key not in known])


def put_to_sleep(names: Sequence[str], integration: str, writer: LedgerWriter) -> None:
    """Triggers that are switched off: what becomes so meanwhile counts as so already when they are on again."""
    for name in names:
        state = writer.ledger.module_state(integration, name)
        if state.contacted:
            writer.ledger.finish_module(writer.renew(), replace(state, contacted=False))


def remember(sync: SyncPass, writer: LedgerWriter, state: ModuleState) -> ModuleState:
    """Store what `arm` has noted, before anything is written; answers the state of a trigger that is active now.

    What was so at activation is stored before the activation itself: else a run that is killed in between would
    act on all of it.
    """
    trigger = sync.module.trigger
    if trigger is None:
        return state
    _settle(sync, writer, skips=_was_so(sync), unskipped=_forgotten(sync), changes=_left(sync))
    make_room(sync, writer)
    if awake(sync, state):
        return state
    active = replace(state, contacted=True, right_scope=trigger.signature)
    sync.ledger.finish_module(writer.renew(), active)
    return active


def _settle(sync: SyncPass, writer: LedgerWriter, **parts: pa.Table | tuple[object, ...] | None) -> None:
    if any(part is not None and len(part) for part in parts.values()):
        settlement = Settlement(run=sync.run, module=sync.module.name, **parts)  # type: ignore[arg-type] # parts of it by name
        sync.ledger.settle(writer.renew(), None, settlement)


def _was_so(sync: SyncPass) -> pa.Table | None:
    ids = sync.columns.table(f"SELECT id FROM {WAS_SO}")["id"]
    if not len(ids):
        return None
    records = "1 record meets" if len(ids) == 1 else f"{len(ids):,} records meet"
    message = f"{records} the condition already. The trigger acts on records that meet it from now on."
    sync.listen(Noted(module=sync.module.name, message=message))
    return _skips(ids.combine_chunks(), pa.nulls(len(ids), pa.string()), SO_ALREADY)


def _skips(ids: pa.Array, others: pa.Array, why: str) -> pa.Table:
    words = {"side": "left", "why": why}
    fixed = {name: pa.repeat(pa.scalar(word, pa.string()), len(ids)) for name, word in words.items()}
    return pa.table({**fixed, "record_id": ids, "other_id": others})


def _forgotten(sync: SyncPass) -> tuple[tuple[str, str], ...]:
    """Records that are not so any more: the next time they become so counts."""
    if not sync.columns.one(f"SELECT count(*) FROM {STOPPED}"):
        return ()
    skips = sync.ledger.skips_table(sync.integration, sync.module.name)
    ours = skips.filter(pc.is_in(skips["why"], pa.array(OURS)))
    sync.columns.keep("ours", pa.table({"id": ours["record_id"].cast(pa.string())}))
    rows = sync.columns.rows(f"SELECT id FROM {STOPPED} SEMI JOIN ours USING (id)")
    sync.columns.drop("ours")
    return tuple(("left", str(row[0])) for row in rows)


def _left(sync: SyncPass) -> pa.Table | None:
    """Links whose record is not so any more, where it may be so again."""
    trigger = sync.module.trigger
    if trigger is None or not trigger.again:
        return None
    found = sync.columns.table(
        f"SELECT link_id, 'suspended' AS state FROM {STOPPED} WHERE link_id IS NOT NULL AND state <> 'suspended'"
    )
    return found if found.num_rows else None


def make_room(sync: SyncPass, writer: LedgerWriter) -> None:
    """The links of earlier occurrences: kept under a number where a record was made, else forgotten."""
    rows = sync.columns.rows(f"SELECT link_id, id FROM {ANEW} ORDER BY link_id")
    if not rows:
        return
    links = [(int(link), str(record)) for link, record in rows]
    trigger = sync.module.trigger
    if trigger is None or trigger.act != "create":
        _settle(sync, writer, dropped=tuple(link for link, _ in links))
        return
    _settle(sync, writer, changes=numbered(sync, links))


def numbered(sync: SyncPass, links: Sequence[tuple[int, str]]) -> pa.Table:
    """Changes that give the links of these records the number of their occurrence: `D7` becomes `D7␟1`."""
    known = sync.ledger.links_table(sync.integration, sync.module.name, columns=("left_id",))
    past: dict[str, int] = {}
    for one in known["left_id"].to_pylist():
        record, mark, _ = one.rpartition(NUMBERED)
        if mark:
            past[record] = past.get(record, 0) + 1
    names = [f"{record}{NUMBERED}{past.get(record, 0) + 1}" for _, record in links]
    return pa.table(
        {
            "link_id": pa.array([link for link, _ in links], pa.int64()),
            "left_id": pa.array(names, pa.string()),
        }
    )


def leave_alone(sync: SyncPass, writer: LedgerWriter, missed: Sequence[tuple[Pair, str]]) -> None:
    """Remember that a trigger had nothing to do for these, so that the same transition is not tried again."""
    for why in dict.fromkeys(why for _, why in missed):
        pairs = [pair for pair, one in missed if one == why]
        skips = _skips(
            pa.array([pair.mine.id for pair in pairs], pa.string()),
            pa.array([pair.other_id for pair in pairs], pa.string()),
            why,
        )
        _settle(sync, writer, skips=skips, released=tuple((sync.source_side, pair.mine.id) for pair in pairs))
        for pair in pairs:
            message = f"{sync.source.name}:{pair.mine.id} leaves {sync.target.name}:{pair.other_id} unchanged: {why}."
            sync.listen(Noted(module=sync.module.name, message=message))
    sync.counts.skip("left alone by their trigger", len(missed))
