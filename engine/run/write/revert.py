"""Revert: the writes of an undo, journalled, sent and settled batch by batch.

What is in step afterwards is remembered before anything is sent. So a process that ends in between leaves a pair
that is quiet either way: restored, or just as the run had left it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import simplejson

from engine.ledger import Settlement
from engine.reconcile import Decision, FieldDecision
from engine.run.decide.guard import guarded, refused_rows
from engine.run.read.counterparts import fetch
from engine.run.read.referenced_records import read_referenced_anew
from engine.run.session.columns import sql_name
from engine.run.session.pair import Decided, Pair, Shown, content_hash
from engine.run.session.tables import UNDONE
from engine.run.write.after import held_values, shown_after, unkept_fields
from engine.run.write.delete import heed_what_stays
from engine.run.write.door import go_on, settle, write
from engine.run.write.images import put_in_table
from engine.run.write.settle import states_of
from engine.run.write.update import update_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.record import Receipt
    from engine.run.session.sync_pass import SyncPass
    from engine.run.write.door import Answer
    from engine.run.write.permit import Permit
    from engine.run.write.undo import Remake, Restore, Undoable, Unmake

    Texts = Mapping[str, str | None]

#: `skips.why` of a record that was made again, and whose counterpart is gone.
_WHY = "made again when the run that had deleted it was undone"


def restore(sync: SyncPass, permit: Permit, several: Sequence[Restore], found: Undoable) -> int:
    """Give records back what they held, as far as guards let it through; answers how many."""
    put_in_table(sync, {one.source_id: one.before for one in several})
    several = _unguarded(sync, several, found)
    rows = update_rows(sync, [_decided(sync, one) for one in several]) if several else None
    if rows is None:
        return 0
    before = _images([(f"update/{one.now.id}", one.now.texts) for one in several])
    _settle_bases(sync, permit, [(one, one.back, one.now.version) for one in several])
    answer = write(sync, permit, "update", rows, before=before, exchange=True)
    done = [one for one in several if _receipt(answer, one.now.id).outcome == "applied"]
    failed = [one for one in several if _receipt(answer, one.now.id).outcome != "applied"]
    for one in failed:
        why = _refusal(sync, _receipt(answer, one.now.id))
        found.spare(sync, "update", one.now.id, one.source_id, one.now.label, why)
    bases, ignored = _held(sync, done, answer)
    for one in ignored:
        why = f"{sync.target.system} accepted it and did not keep it."
        found.spare(sync, "update", one.now.id, one.source_id, one.now.label, why)
    failed += ignored
    settlement = Settlement(
        run=sync.run,
        module=sync.module.name,
        changes=_changes(sync, [*bases, *((one, {}, one.version) for one in failed)]),
        intent_state=_state(answer),
    )
    settle(sync, permit, answer, settlement, applied=len(bases), kind="update")
    go_on(sync, answer)
    return len(bases)


def _unguarded(sync: SyncPass, several: Sequence[Restore], found: Undoable) -> list[Restore]:
    """Those whose former values no guard refuses by now; the others are spared."""
    if not sync.module.guards:
        return list(several)
    fetch(sync, [one.now.id for one in several])  # guards look at the records as they are now
    kept = []
    judged = guarded(sync, [_decided(sync, one) for one in several], read_referenced_anew)
    for one, decided in zip(several, judged, strict=True):
        for refusal in decided.refusals:
            found.spare(sync, "update", one.now.id, one.source_id, one.now.label, refusal.sentence)
        kept += [] if decided.refusals else [one]
    return kept


def _decided(sync: SyncPass, one: Restore) -> Decided:
    """The way back as a decision: the target gets what stands in the table `undone`."""
    fields = (
        FieldDecision(key=key, write=sync.target.side, base_left=value, base_right=value)
        for key, value in one.back.items()
    )
    pair = Pair(
        link_id=one.link_id,
        mine=Shown(id=one.source_id, version=None, texts={}, content=b"", label=None),
        other_id=one.now.id,
        other=one.now,
        values=UNDONE,
    )
    return Decided(pair=pair, decision=Decision(fields=tuple(fields)))


def _held(
    sync: SyncPass, done: Sequence[Restore], answer: Answer
) -> tuple[list[tuple[Restore, Texts, str | None]], list[Restore]]:
    """(records with what their restored fields hold now, and their version; those that were not kept)."""
    hashes = [_hash(sync, one, one.back) for one in done]
    seen, versions = shown_after(sync, [one.now.id for one in done], hashes, answer.by_op)
    held: list[tuple[Restore, Texts, str | None]] = []
    ignored: list[Restore] = []
    for one in done:
        shown, version = seen.get(one.now.id), _receipt(answer, one.now.id).version
        if shown is not None and unkept_fields(one.back, one.now.texts, shown):
            ignored.append(one)
            continue
        back = one.back if shown is None else held_values(one.back, shown, version)
        held.append((one, back, version or versions.get(one.now.id) or one.now.version))
    return held, ignored


def _hash(sync: SyncPass, one: Restore, held: Texts) -> bytes:
    """The hash of the record with these fields; with none of them, the one that the ledger has."""
    order = [line.key for line in sync.module.compared]
    return content_hash({**one.now.texts, **held}, order) if held else one.hash


def _settle_bases(
    sync: SyncPass, permit: Permit, several: Sequence[tuple[Restore, Texts, str | None]]
) -> None:
    settlement = Settlement(run=sync.run, module=sync.module.name, changes=_changes(sync, several))
    sync.ledger.settle(permit.writer.renew(), None, settlement)


def _changes(sync: SyncPass, several: Sequence[tuple[Restore, Texts, str | None]]) -> pa.Table:
    """What the ledger keeps of each record: the base of its own side with the restored fields, the other's as it is."""
    side = sync.target.side
    own = [simplejson.dumps({**one.base, **held}, ensure_ascii=False) for one, held, _ in several]
    its = [simplejson.dumps(one.other_base, ensure_ascii=False) for one, _, _ in several]
    left, right = (own, its) if side == "left" else (its, own)
    return pa.table(
        {
            "link_id": pa.array([one.link_id for one, _, _ in several], pa.int64()),
            f"{side}_hash": pa.array([_hash(sync, one, held) for one, held, _ in several], pa.binary()),
            f"{side}_version": pa.array([version for _, _, version in several], pa.string()),
            "left_values": pa.array(left, pa.string()),
            "right_values": pa.array(right, pa.string()),
        }
    )


def _images(several: Sequence[tuple[str, Texts]]) -> pa.Table:
    """What the records held right before this, so that an undo can be undone."""
    return pa.table(
        {
            "_op": pa.array([op for op, _ in several], pa.string()),
            "before": pa.array([simplejson.dumps(texts) for _, texts in several], pa.string()),
        }
    )


def _receipt(answer: Answer, record: str, kind: str = "update") -> Receipt:
    return answer.by_op[f"{kind}/{record}"]


def _refusal(sync: SyncPass, receipt: Receipt) -> str:
    detail = receipt.message or receipt.code or receipt.outcome
    return f"{sync.target.system} did not take it: {detail}"


def _state(answer: Answer) -> Literal["done", "uncertain"]:
    return "uncertain" if answer.unknown else "done"


def unmake(sync: SyncPass, permit: Permit, several: Sequence[Unmake], found: Undoable) -> int:
    """Delete what the run made; answers how many. Their links stay, so that no run makes them again."""
    side = sync.target.side
    _settle_states(sync, permit, [(one.link_id, f"gone-{side}") for one in several])
    rows = pa.table(
        {
            "_op": pa.array([f"delete/{one.now.id}" for one in several], pa.string()),
            "_id": pa.array([one.now.id for one in several], pa.string()),
            "_version": pa.array([one.now.version for one in several], pa.string()),
            "_source": pa.array([one.source_id for one in several], pa.string()),
        }
    )
    before = _images([(f"delete/{one.now.id}", one.now.texts) for one in several])
    answer = heed_what_stays(sync, write(sync, permit, "delete", rows, before=before))
    receipts = {one.now.id: _receipt(answer, one.now.id, "delete") for one in several}
    done = [one for one in several if receipts[one.now.id].outcome in ("applied", "gone")]
    failed = [one for one in several if receipts[one.now.id].outcome not in ("applied", "gone")]
    for one in failed:
        found.spare(
            sync, "create", one.now.id, one.source_id, one.now.label, _refusal(sync, receipts[one.now.id])
        )
    settlement = Settlement(
        run=sync.run,
        module=sync.module.name,
        changes=states_of([(one.link_id, one.state) for one in failed]),
        intent_state=_state(answer),
    )
    settle(sync, permit, answer, settlement, applied=len(done), kind="delete")
    go_on(sync, answer)
    return len(done)


def _settle_states(sync: SyncPass, permit: Permit, states: Sequence[tuple[int | None, str]]) -> None:
    settlement = Settlement(run=sync.run, module=sync.module.name, changes=states_of(states))
    sync.ledger.settle(permit.writer.renew(), None, settlement)


def remake(sync: SyncPass, permit: Permit, several: Sequence[Remake], found: Undoable) -> int:
    """Make again what the run deleted, with the mapped fields; answers how many."""
    several = sorted(several, key=lambda one: one.old_id)  # as their rows stand
    put_in_table(sync, {one.old_id: one.before for one in several})
    rows = _new_rows(sync, several)
    refused = refused_rows(sync, rows, read_referenced_anew)
    for place, why in refused.items():
        found.spare(sync, "delete", several[place].old_id, several[place].source_id, None, why)
    several = [one for place, one in enumerate(several) if place not in refused]
    if not several:
        return 0
    rows = rows.filter(pa.array([place not in refused for place in range(rows.num_rows)]))
    answer = write(sync, permit, "create", rows, exactly=True)
    ids = _new_ids(answer, several)
    for one in several:
        if one.old_id not in ids:
            why = _refusal(sync, _receipt(answer, one.old_id, "create"))
            found.spare(sync, "delete", one.old_id, one.source_id, None, why)
    settlement = Settlement(
        run=sync.run,
        module=sync.module.name,
        skips=_left_alone(sync, list(ids.values())),
        intent_state=_state(answer),
    )
    settle(sync, permit, answer, settlement, applied=len(ids), kind="create")
    go_on(sync, answer)
    return len(ids)


def _new_ids(answer: Answer, several: Sequence[Remake]) -> dict[str, str]:
    """Old id -> new id, of the records that were made."""
    if answer.whole is not None:
        return dict(zip([one.old_id for one in several], answer.whole.ids.to_pylist(), strict=True))
    receipts = {one.old_id: _receipt(answer, one.old_id, "create") for one in several}
    return {old: one.id for old, one in receipts.items() if one.outcome == "applied" and one.id}


def _new_rows(sync: SyncPass, several: Sequence[Remake]) -> pa.Table:
    """What is sent, beside what a look-up after a killed process needs."""
    side, order = sync.target.side, [line.key for line in sync.module.compared]
    lines = [line for line in sync.module.compared if side in line.writes]
    written = [one for line in lines for one in line.writes[side].fields]
    fields = "".join(f", {one.sql} AS {sql_name(one.to)}" for one in written)
    keys = "".join(f", NULL::VARCHAR AS _k{index}" for index in range(len(sync.module.keys)))
    told = pa.table(
        {
            "id": pa.array([one.old_id for one in several], pa.string()),
            "_source": pa.array([one.source_id for one in several], pa.string()),
            "_hash": pa.array([content_hash(one.before, order) for one in several], pa.binary()),
            "_base": pa.array([simplejson.dumps(one.before) for one in several], pa.string()),
        }
    )
    sync.columns.show("told", told)
    rows = sync.columns.table(
        "SELECT 'create/' || w.id AS _op, NULL::VARCHAR AS _id, NULL::VARCHAR AS _version, t._source, t._hash, "
        f"NULL::VARCHAR AS _seen, NULL::VARCHAR AS _label, t._base{keys}{fields} "
        f"FROM {UNDONE} AS w JOIN told AS t ON t.id = w.id ORDER BY w.id"
    )
    sync.columns.hide("told")
    return rows


def _left_alone(sync: SyncPass, ids: Sequence[str]) -> pa.Table | None:
    """In both directions a record without a counterpart would be taken for a new one, and made on the other side."""
    if not sync.both_ways or not ids:
        return None
    return pa.Table.from_pylist([{"side": sync.target.side, "record_id": one, "why": _WHY} for one in ids])
