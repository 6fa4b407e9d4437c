"""Recover: find out what became of the writes that a killed run, or an answer that never came, left open.

An update is not repeated: its record is read again and found equal or not; only what it overwrote is told here.
A create is looked up on the target: what is there is adopted with the journalled values as its base, so that
edits made since win as edits; what is not there is made again by the ordinary way, once it can no longer turn up.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import simplejson

from engine.connectors.read_port import ReadRequest
from engine.event import Noted
from engine.ledger import HeldRow, Intent, Loser, Settlement
from engine.plan import Trouble
from engine.run.decide.trigger import by_hand_only
from engine.run.read.counterparts import fetch
from engine.run.read.pull import Reading, pull
from engine.run.read.referenced_records import read_referenced
from engine.run.session.held import hold
from engine.run.write.recognise_sent import found_on_target
from engine.run.write.settle import associating, new_links

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.plan import Plan
    from engine.run.session.ledger_writer import LedgerWriter
    from engine.run.session.sync_pass import SyncPass

    Texts = Mapping[str, str | None]


def recover(sync: SyncPass, writer: LedgerWriter) -> None:
    """Settle every open intent of the module, before anything is planned."""
    intents = [
        intent
        for intent in sync.ledger.pending_intents(sync.integration)
        if intent.module == sync.module.name and intent.side == sync.target.side
    ]
    creates = [intent for intent in intents if intent.kind == "create" and intent.payload is not None]
    for intent in intents:
        if intent.kind != "create" or intent.payload is None:
            sync.learned.unsure.update(
                intent.payload["_id"].to_pylist() if intent.payload is not None else ()
            )
            sync.ledger.settle(writer.renew(), intent.id, _closed(sync, overwritten(sync, intent)))
    if creates:
        _read_target(sync)
        for intent in creates:
            _adopt(sync, writer, intent)
        sync.columns.drop("present", "open_ids")


def close_orders(plan: Plan, writer: LedgerWriter, run: str) -> None:
    """Close what an interrupted order for an association has left: it counts for nothing until it is repeated."""
    names = {one.name for one in plan.associations if not one.by_trigger}
    for intent in writer.ledger.pending_intents(plan.name):
        if intent.module in names:
            settlement = Settlement(run=run, module=intent.module, intent_state="failed")
            writer.ledger.settle(writer.renew(), intent.id, settlement)


def _closed(sync: SyncPass, losers: tuple[Loser, ...]) -> Settlement:
    return Settlement(run=sync.run, module=sync.module.name, intent_state="failed", losers=losers)


def overwritten(sync: SyncPass, intent: Intent) -> tuple[Loser, ...]:
    """Values that somebody had set on the target and that an update, known only by its intent, has replaced.

    Where the update did not arrive the target still holds them, and the run decides anew.
    """
    if intent.payload is None or intent.before is None or intent.kind != "update":
        return ()
    rows = intent.payload.select(["_op", "_id", "_set", "_source"]).to_pylist()
    before = dict(zip(intent.before["_op"].to_pylist(), intent.before["before"].to_pylist(), strict=True))
    present, known = fetch(sync, [row["_id"] for row in rows]), _bases(sync, rows)
    found = []
    for row in rows:
        if row["_id"] in present:
            was, now = simplejson.loads(before[row["_op"]]), present[row["_id"]].texts
            link, base = known.get(row["_source"], (None, {}))
            found += _lost(sync, row, was=was, now=now, base=base, link=link)
    return tuple(found)


def _bases(sync: SyncPass, rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[int, Texts]]:
    """Source id -> its link, and what the target held when the two were last in step."""
    mine = f"{sync.source.side}_id"
    sources = pa.array([row["_source"] for row in rows], pa.string())
    links = sync.ledger.links_table(sync.integration, sync.module.name, sources, sync.source.side)
    ids = dict(zip(links[mine].to_pylist(), links["link_id"].to_pylist(), strict=True))
    bases = sync.ledger.bases(list(ids.values()))
    index = 0 if sync.target.side == "left" else 1
    return {record: (link, bases[link][index] or {}) for record, link in ids.items()}


def _lost(
    sync: SyncPass, row: Mapping[str, Any], *, was: Texts, now: Texts, base: Texts, link: int | None
) -> list[Loser]:
    """The fields of one record whose value was a person's and is replaced."""
    side = sync.target.side
    lines = sync.module.written(side)
    sent = list(dict.fromkeys(lines[name].key for name in row["_set"] if name in lines))
    return [
        Loser(
            module=sync.module.name,
            side=side,
            record_id=row["_id"],
            field=key,
            value=was[key],
            winner=now.get(key),
            at=sync.clock.text(),
            run=sync.run,
            link_id=link,
        )
        for key in sent
        if was.get(key) not in (None, "", base.get(key), now.get(key))
    ]


def _read_target(sync: SyncPass) -> None:
    """The table `present`: every record of the target as it is now. A lookup that fails stops the run."""
    side, functions = sync.target, sync.computed[sync.target.side]
    sync.columns.drop("present")
    request = ReadRequest(stream=side.stream, fields=side.reads)
    for page in pull(sync.connector(side), side, request, functions, Reading(), lambda _page: None):
        read_referenced(sync, side, page)
        sync.columns.show("page", page)
        sync.columns.add("present", side.lens)
        sync.columns.hide("page")


def _adopt(sync: SyncPass, writer: LedgerWriter, intent: Intent) -> None:
    """Link what is there, hold what may still turn up, leave the rest to be made again."""
    rows = _open_rows(sync, intent)
    found = found_on_target(sync, rows) if rows.num_rows else {}
    there = _where(rows, [found.get(one) is not None for one in rows["_source"].to_pylist()])
    unclear = _where(rows, [one in found and found[one] is None for one in rows["_source"].to_pylist()])
    missing = _where(rows, [one not in found for one in rows["_source"].to_pylist()])
    waits = missing.num_rows > 0 and intent.not_before is not None and _before(sync, intent.not_before)
    lost = _where(missing, [not waits and by_hand_only(sync)] * missing.num_rows)  # no run makes them again
    held = missing if not lost.num_rows else lost.slice(0, 0)
    settlement = Settlement(
        run=sync.run,
        module=sync.module.name,
        links=_adopted(sync, there, found),
        associating=associating(sync),
        held=(
            *_hold(sync, unclear, _ambiguous(sync)),
            *_hold(sync, held, _unconfirmed(sync) if waits else _not_arrived(sync)),
        ),
        released=tuple(
            (sync.source.side, one) for rows in (there, lost) for one in rows["_source"].to_pylist()
        ),
        intent_state="uncertain" if waits else "done" if not missing.num_rows else "failed",
        not_before=intent.not_before if waits else None,
    )
    sync.ledger.settle(writer.renew(), intent.id, settlement)
    sync.learned.awaiting = sync.learned.awaiting or waits
    for record in lost["_source"].to_pylist():
        words = f"{sync.source.name}:{record} was sent to {sync.target.name}, where it never arrived: order it again."
        sync.listen(Noted(module=sync.module.name, message=words))
    if there.num_rows:
        sync.listen(Noted(module=sync.module.name, message=_sentence(sync, there.num_rows)))


def _where(rows: pa.Table, kept: Sequence[bool]) -> pa.Table:
    return rows.filter(pa.array(kept, pa.bool_()))


def _adopted(sync: SyncPass, there: pa.Table, found: Mapping[str, str | None]) -> pa.Table | None:
    """Links whose bases are the journalled values: an edit made since then is an edit, not an echo."""
    if not there.num_rows:
        return None
    ids = pa.array([found[one] for one in there["_source"].to_pylist()], pa.string())
    return new_links(sync, there, ids, None)


def _unconfirmed(sync: SyncPass) -> Trouble:
    return Trouble(
        code="unconfirmed",
        message=f"{sync.target.name} did not confirm the write; it may or may not have been applied.",
        remedy="Nothing to do: the next run looks whether the record is there before it is sent again.",
        place=sync.module.place,
    )


def _not_arrived(sync: SyncPass) -> Trouble:
    """The cursor may have passed the record meanwhile: held and due at once, it is asked for by its id."""
    return Trouble(
        code="try-later",
        message=f"An earlier run sent it to {sync.target.name}, where it never arrived.",
        remedy="Nothing to do: it is created again.",
        place=sync.module.place,
    )


def _ambiguous(sync: SyncPass) -> Trouble:
    return Trouble(
        code="ambiguous",
        message=f"An earlier run may have made it, and {sync.target.name} has several records that look like it.",
        remedy="Delete the surplus records there; the next run links the one that is left.",
        place=sync.module.place,
    )


def _hold(sync: SyncPass, rows: pa.Table, trouble: Trouble) -> list[HeldRow]:
    shown = rows.select(["_source", "_label", "_hash"]).to_pylist()
    held = [hold(sync, row["_source"], row["_label"], row["_hash"], trouble, temporary=True) for row in shown]
    due = trouble.code == "try-later"
    return [replace(one, next_try=sync.clock.text()) for one in held] if due else held


def _sentence(sync: SyncPass, count: int) -> str:
    records = "record" if count == 1 else "records"
    return f"{count} {records} of an earlier run turned up in {sync.target.name} and were linked, not made again."


def _before(sync: SyncPass, moment: str) -> bool:
    return sync.clock.now() < datetime.fromisoformat(moment)


def _open_rows(sync: SyncPass, intent: Intent) -> pa.Table:
    """Rows of the intent whose source has no link yet: the others were settled with their batch."""
    payload: pa.Table = intent.payload
    sources = payload["_source"].combine_chunks()
    links = sync.ledger.links_table(sync.integration, sync.module.name, sources, sync.source.side)
    linked = set(links[f"{sync.source.side}_id"].to_pylist())
    closed = linked if intent.state == "pending" else linked | _answered(sync, sources.to_pylist())
    return payload.filter(pa.array([one not in closed for one in sources.to_pylist()], pa.bool_()))


def _answered(sync: SyncPass, sources: Sequence[str]) -> set[str]:
    """Of a batch that was answered in part: the records about which nothing is unclear."""
    rows = sync.ledger.held_rows(sync.integration, sync.module.name)
    return set(sources) - {row.record_id for row in rows if row.code == "unconfirmed"}
