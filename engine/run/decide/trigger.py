"""Trigger: which records of a pass over a trigger have just become so, and what is remembered of the others.

A trigger is a module of one direction whose view is its condition. A record that was acted on has a link and is
never compared again. What was so when the trigger was activated is remembered as skipped; so is what it left alone.
Once a record stops being so, its skip is forgotten, and with `again: each-time` its link makes room for the next.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from engine.event import Noted
from engine.ledger import Settlement
from engine.run.decide.compare import Pair, decide
from engine.run.read.waits import LIVE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.ledger import ModuleState
    from engine.run.session.ledger_writer import LedgerWriter
    from engine.run.session.sync_pass import SyncPass

#: Why a record is left alone until it stops being so.
WAS_SO = "it was so already when the trigger was activated"
GONE = "the record that it would act on is gone"
NOT_SO = "the record that it would act on was not as `only` asks"
_OURS = (WAS_SO, GONE, NOT_SO)
#: Between a record's id and the number of an occurrence that has made room for the next: in no system's ids.
NUMBERED = "␟"
#: was_so: present at activation · anew: linked records that have become so once more · stopped: out of the condition
TABLES = ("was_so", "anew", "stopped")


def awake(sync: SyncPass, state: ModuleState) -> bool:
    """Whether the trigger was activated with the condition that it has now."""
    trigger = sync.module.trigger
    return state.contacted and trigger is not None and state.right_scope == trigger.signature


def put_to_sleep(names: Sequence[str], integration: str, writer: LedgerWriter) -> None:
    """Triggers that are switched off: what becomes so meanwhile counts as so already when they are on again."""
    for name in names:
        state = writer.ledger.module_state(integration, name)
        if state.contacted:
            writer.ledger.finish_module(writer.renew(), replace(state, contacted=False))


def takes(sync: SyncPass) -> bool:
    """Whether this is a trigger that deletes."""
    return sync.module.trigger is not None and sync.module.trigger.act == "delete"


def arm(sync: SyncPass, state: ModuleState) -> None:
    """Leave in `work` as newcomers those records that have just become so; note what is to be remembered."""
    trigger = sync.module.trigger
    if trigger is None:
        return
    columns, asleep = sync.columns, not awake(sync, state)
    columns.run(
        "CREATE OR REPLACE TABLE was_so AS SELECT id FROM work "
        f"WHERE {asleep} AND situation IN ('newcomer', 'unreadable') AND id NOT IN (SELECT record_id FROM held)"
    )
    columns.run(
        "CREATE OR REPLACE TABLE anew AS SELECT id, link_id FROM work "
        f"WHERE {trigger.again} AND situation = 'changed' AND state = 'suspended'"
    )
    columns.run(
        "CREATE OR REPLACE TABLE stopped AS SELECT id, link_id, state FROM work WHERE situation = 'out-of-view'"
    )
    columns.run(
        "UPDATE work SET situation = 'newcomer', link_id = NULL, other_id = NULL "
        "WHERE id IN (SELECT id FROM anew)"
    )
    columns.run(
        "UPDATE work SET situation = 'skipped' WHERE situation = 'changed' OR id IN (SELECT id FROM was_so)"
    )


def meet_made(sync: SyncPass) -> None:
    """Fill `matched` with what another trigger has made of the newcomers; who has nothing there is left alone."""
    trigger = sync.module.trigger
    if trigger is None or trigger.of is None or not sync.moving:
        return
    ids = sync.columns.table("SELECT id FROM work WHERE situation = 'newcomer'")["id"].combine_chunks()
    links = sync.ledger.links_table(sync.integration, trigger.of, ids, "left")
    sync.columns.keep("made", links.filter(pc.is_in(links["state"], pa.array(LIVE))))
    sync.columns.run(
        "INSERT INTO matched BY NAME SELECT left_id AS id, 1 AS candidates, right_id AS other_id, "
        "NULL AS other_version, 1 AS rivals, false AS taken, [right_id] AS others, 0 AS key FROM made"
    )
    sync.columns.drop("made")


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
    ids = sync.columns.table("SELECT id FROM was_so")["id"]
    if not len(ids):
        return None
    message = f"So already: {len(ids):,}. The trigger acts on what becomes so from now on."
    sync.listen(Noted(module=sync.module.name, message=message))
    return _skips(ids.combine_chunks(), pa.nulls(len(ids), pa.string()), WAS_SO)


def _skips(ids: pa.Array, others: pa.Array, why: str) -> pa.Table:
    words = {"side": "left", "why": why}
    fixed = {name: pa.repeat(pa.scalar(word, pa.string()), len(ids)) for name, word in words.items()}
    return pa.table({**fixed, "record_id": ids, "other_id": others})


def _forgotten(sync: SyncPass) -> tuple[tuple[str, str], ...]:
    """Records that are not so any more: the next time they become so counts."""
    if not sync.columns.one("SELECT count(*) FROM stopped"):
        return ()
    skips = sync.ledger.skips_table(sync.integration, sync.module.name)
    ours = skips.filter(pc.is_in(skips["why"], pa.array(_OURS)))
    sync.columns.keep("ours", pa.table({"id": ours["record_id"].cast(pa.string())}))
    rows = sync.columns.rows("SELECT id FROM stopped SEMI JOIN ours USING (id)")
    sync.columns.drop("ours")
    return tuple(("left", str(row[0])) for row in rows)


def _left(sync: SyncPass) -> pa.Table | None:
    """Links whose record is not so any more, where it may be so again."""
    trigger = sync.module.trigger
    if trigger is None or not trigger.again:
        return None
    found = sync.columns.table(
        "SELECT link_id, 'suspended' AS state FROM stopped WHERE link_id IS NOT NULL AND state <> 'suspended'"
    )
    return found if found.num_rows else None


def make_room(sync: SyncPass, writer: LedgerWriter) -> None:
    """The links of earlier occurrences: kept under a number where a record was made, else forgotten."""
    rows = sync.columns.rows("SELECT link_id, id FROM anew ORDER BY link_id")
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


def sift(sync: SyncPass, found: Sequence[Pair]) -> tuple[list[Pair], list[tuple[Pair, str]]]:
    """(pairs to go on with, those that a trigger leaves alone and why); of a module all go on.

    What already holds everything that would be written was written by a run that was killed: it goes on.
    """
    trigger = sync.module.trigger
    if trigger is None:
        return list(found), []
    gone = [(pair, GONE) for pair in found if pair.other is None]
    there = [pair for pair in found if pair.other is not None]
    barred = [pair for pair in there if not pair.its.in_view and pair.its.trouble is None]
    opened = [replace(pair, other=replace(pair.its, in_view=True)) for pair in barred]
    done = {
        one.pair.mine.id
        for one in (decide(sync, opened) if trigger.act == "change" else ())
        if not one.writes(sync.target.side)
    }
    left = [(pair, NOT_SO) for pair in barred if pair.mine.id not in done]
    aside = {pair.mine.id for pair, _ in left}
    kept = {pair.mine.id: pair for pair in opened}
    return [kept.get(pair.mine.id, pair) for pair in there if pair.mine.id not in aside], [*gone, *left]


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
            message = f"{sync.source.name}:{pair.mine.id} changes nothing at {sync.target.name}:{pair.other_id}: {why}."
            sync.listen(Noted(module=sync.module.name, message=message))
    sync.counts.skipped += len(missed)
