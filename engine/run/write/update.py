"""Update: pairs are brought in step, on both sides, with the fields that differ and no others."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

import pyarrow as pa
import simplejson

from engine.event import Noted
from engine.ledger import RecordKey, Settlement
from engine.record import SIDES, other
from engine.run.decide.conflicts import agreed, disputes
from engine.run.decide.expected_changes import pair_changes
from engine.run.decide.refusal_notices import refusals
from engine.run.session.batches import batch_size
from engine.run.session.columns import sql_name
from engine.run.session.held import report_held
from engine.run.session.pair import Decided, Pair, content_hash
from engine.run.write.after import Unkept, held_values, not_kept, note_news, shown_after, unkept_fields
from engine.run.write.door import Answer, go_on, settle, write
from engine.run.write.exchange import Queue, groups, held_in_circle
from engine.run.write.judge import LOST, UNCLEAR, Judged, judge
from engine.run.write.receipts import held_of
from engine.run.write.remember import note_refusals
from engine.run.write.settle import changed_links, losers_of, states_of, unclear_settlement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.ledger import HeldRow
    from engine.plan import FieldPlan
    from engine.record import Receipt, Side
    from engine.run.session.ledger_writer import LedgerWriter
    from engine.run.session.sync_pass import SyncPass
    from engine.run.write.permit import Permit


def update(sync: SyncPass, permit: Permit, found: Sequence[Pair], *, last: bool = True) -> list[Pair]:
    """Bring pairs in step, on both sides: each is decided, and its guards are asked, right before it is written.

    Answers those that guards are to be asked about again. `last`: they are not in this run; what they refuse is told.
    """
    judged = judge(sync, found)
    if permit.wanted is None:
        _note_unclear(sync, permit.writer, judged)
        decided = judged.decided
    else:
        both = zip(judged.decided, pair_changes(sync, judged.decided), strict=True)
        decided = [one for one, change in both if permit.picks(change)]
    put_off = {one.pair.mine.id for one in decided if one.refusals and not last}
    decided = [one for one in decided if one.pair.mine.id not in put_off]
    rounds = [turns for one in decided if one.refusals for turns in one.turns.values()]
    note_refusals(sync, permit.writer, refusals(sync, decided), rounds)
    _note_quiet(sync, permit.writer, [one for one in decided if not one.moves])
    moved = list(_push(sync, permit, [one for one in decided if one.moves]))
    if sync.both_ways:
        list(_push(sync.reverse, permit, [_flipped(sync, one) for one in moved]))
    return [pair for pair in found if pair.mine.id in put_off]


def _note_unclear(sync: SyncPass, writer: LedgerWriter, judged: Judged) -> None:
    """Counterparts that are gone or cannot be compared, and sources that vanished while the run was at work."""
    settlement = unclear_settlement(sync, judged.unclear)
    if settlement is not None:
        sync.ledger.settle(writer.renew(), None, settlement)
        report_held(sync, settlement.held)
        sync.counts.held += len(settlement.held)
        sync.counts.skip(UNCLEAR, len(judged.unclear) - len(settlement.held))
        _tell_orphans(sync, judged.unclear)
    if judged.lost:
        links = [
            (pair.link_id, f"gone-{sync.source_side}") for pair in judged.lost if pair.link_id is not None
        ]
        gone = Settlement(run=sync.run, module=sync.module.name, changes=states_of(links))
        sync.ledger.settle(writer.renew(), None, gone)
        sync.counts.skip(LOST, len(judged.lost))


def _tell_orphans(sync: SyncPass, unclear: Sequence[Pair]) -> None:
    """Said once, for then their links are known to lead nowhere: somebody edits what has no counterpart any more."""
    count = sum(1 for pair in unclear if pair.other is None and pair.link_id is not None)
    if count:
        records = "1 changed record" if count == 1 else f"{count} changed records"
        there = sync.target.name
        words = (
            f"{records} of {sync.source.name}: the counterpart in {there} is gone, so nothing was written."
        )
        sync.listen(Noted(module=sync.module.name, message=words))


def _note_quiet(sync: SyncPass, writer: LedgerWriter, quiet: Sequence[Decided]) -> None:
    """Pairs that need no write: remember that they are in step, or that they wait for a person."""
    if not quiet:
        return
    links, changes = changed_links(sync, quiet, {})
    held, fields = disputes(sync, quiet)
    settlement = Settlement(
        run=sync.run,
        module=sync.module.name,
        links=links,
        changes=changes,
        held=held,
        conflicts=fields,
        agreed=agreed(sync, quiet),
        released=_released(sync, quiet),
    )
    sync.ledger.settle(writer.renew(), None, settlement)
    report_held(sync, held)
    sync.counts.conflicts += len(held)
    refused = sum(1 for one in quiet if one.refusals and not one.decision.conflicts)
    sync.counts.held += refused
    sync.counts.unchanged += len(quiet) - len(held) - refused


def _released(sync: SyncPass, decided: Sequence[Decided]) -> tuple[RecordKey, ...]:
    """Records that are no longer held; what a conflict, a guard or a refused write holds stays."""
    keys: list[RecordKey] = []
    for one in decided:
        sides: list[tuple[Side, str]] = [(sync.source_side, one.pair.mine.id)]
        if sync.both_ways:
            sides.append((sync.target.side, one.pair.other_id))
        keepers = {other(refusal.side) for refusal in one.refusals if refusal.held}
        keepers |= {sync.module.sources[0]} if one.decision.conflicts else set()
        keepers |= {other(side) for side in SIDES if one.writes(side) and side not in one.holds}
        keys += [(side, record) for side, record in sides if side not in keepers]
    return tuple(keys)


def _push(sync: SyncPass, permit: Permit, moving: Sequence[Decided]) -> Iterator[Decided]:
    """Write what goes to the target, batch by batch; answers with the pairs that go on to the other pass."""
    side = sync.target.side
    writing = sorted((one for one in moving if one.writes(side)), key=lambda one: one.pair.values)
    yield from (one for one in moving if not one.writes(side))
    for _, same in groupby(writing, key=lambda one: one.pair.values):
        several = list(same)
        queue = Queue(writing=several, side=side)
        for first in range(0, len(several), batch_size(sync)):
            yield from _update_batch(sync, permit, several[first : first + batch_size(sync)], queue)
        for group in groups(queue.waiting, side):
            for first in range(0, len(group), batch_size(sync)):
                yield from _update_batch(sync, permit, group[first : first + batch_size(sync)])


def _flipped(sync: SyncPass, one: Decided) -> Decided:
    """The pair as the other pass sees it; its values stand where this pass has read them."""
    pair = one.pair
    turned = Pair(
        link_id=pair.link_id,
        mine=pair.its,
        other_id=pair.mine.id,
        other=pair.mine,
        values=f"{sync.schema}.fresh",
    )
    return replace(one, pair=turned)


def _update_batch(
    sync: SyncPass, permit: Permit, decided: Sequence[Decided], queue: Queue | None = None
) -> list[Decided]:
    """Journal, write and settle one batch; answers with the pairs that are linked by now.

    `queue` takes what is sent once more after the others; None = this is what it took.
    """
    rows = update_rows(sync, decided)
    answer = write(sync, permit, "update", rows, before=_before(decided), exchange=queue is None)
    applied = [one for one in decided if _receipt(answer, one).outcome == "applied"]
    done, unkept, asked = _held_now(sync, applied, answer)
    failed = [one for one in decided if _receipt(answer, one).outcome != "applied"]
    if queue is not None:
        failed = [one for one in failed if not queue.takes(one, _receipt(answer, one))]
    refused = (
        *(_refused(sync, one, _receipt(answer, one), () if queue else failed) for one in failed),
        *(not_kept(sync, one, fields) for one, fields in unkept),
    )
    failed += [one for one, _ in unkept]
    versions = {record: told or asked.get(record) for record, told in _versions(answer, done).items()}
    links, changes = changed_links(sync, done, {sync.target.side: versions})
    # A pair that is written on both sides is told of once.
    disputed, fields = disputes(sync, [one for one in done if len(one.holds) == 1])
    settlement = Settlement(
        run=sync.run,
        module=sync.module.name,
        links=links,
        changes=changes,
        held=(*refused, *disputed),
        conflicts=fields,
        agreed=agreed(sync, done),
        released=_released(sync, done),
        losers=losers_of(sync, done),
        turns=tuple(one.turns[sync.target.side] for one in done if sync.target.side in one.turns),
        intent_state="uncertain" if answer.unknown else "done",
    )
    new = settle(sync, permit, answer, settlement, applied=len(done), kind="update")
    sync.counts.held += len(refused)
    sync.counts.conflicts += len(disputed)
    go_on(sync, answer)
    # What the target refuses does not keep back what goes the other way, if the two are linked already.
    onward = [one for one in failed if one.pair.link_id is not None and one.writes(sync.source_side)]
    return [*_linked(done, new), *onward]


def _refused(sync: SyncPass, one: Decided, receipt: Receipt, together: Sequence[Decided]) -> HeldRow:
    """A record that was not written, held with the reason; `together`: those that were refused with it at last."""
    return held_in_circle(sync, one, together, receipt) or held_of(sync, _named(sync, one), receipt)


def _linked(done: Sequence[Decided], new: range) -> list[Decided]:
    """The pairs with the ids of the links that were made just now."""
    ids = iter(new)
    return [
        one if one.pair.link_id is not None else replace(one, pair=replace(one.pair, link_id=next(ids)))
        for one in done
    ]


def _receipt(answer: Answer, one: Decided) -> Receipt:
    return answer.by_op[_op(one)]


def _op(one: Decided) -> str:
    return f"update/{one.pair.other_id}"


def _named(sync: SyncPass, one: Decided) -> dict[str, object]:
    mine, side = one.pair.mine, sync.target.side
    values = one.sent(side)
    sent = {to: values[line.key] for to, line in sync.module.written(side).items() if line.key in values}
    return {"_source": mine.id, "_hash": mine.content, "_label": mine.label, "_sent": sent}


def _versions(answer: Answer, done: Sequence[Decided]) -> dict[str, str | None]:
    return {one.pair.other_id: _receipt(answer, one).version for one in done}


def _held_now(
    sync: SyncPass, done: Sequence[Decided], answer: Answer
) -> tuple[list[Decided], list[tuple[Decided, Unkept]], dict[str, str | None]]:
    """(pairs with what their written fields hold now, pairs that were not kept, versions of those it was asked for)."""
    side = sync.target.side
    order = [line.key for line in sync.module.compared]
    expected = [content_hash({**one.pair.its.texts, **one.sent(side)}, order) for one in done]
    shown, versions = shown_after(sync, [one.pair.other_id for one in done], expected, answer.by_op)
    kept, unkept = [], []
    for one in done:
        sent, seen = one.sent(side), shown.get(one.pair.other_id)
        ignored = unkept_fields(sent, one.pair.its.texts, seen) if seen is not None else {}
        if ignored:
            unkept.append((one, ignored))
            continue
        values = sent if seen is None else held_values(sent, seen, _receipt(answer, one).version)
        if seen is not None:
            note_news(sync, {**one.pair.its.texts, **values}, seen)
        kept.append(replace(one, holds={**one.holds, side: values}))
    return kept, unkept, versions


def update_rows(sync: SyncPass, decided: Sequence[Decided]) -> pa.Table:
    """What is sent for every decided pair: only the fields that change."""
    target = sync.target.side
    lines = [line for line in sync.module.compared if target in line.writes]
    names = {line.key: [one.to for one in line.writes[target].fields] for line in lines}
    chosen = pa.table(
        {
            "_op": pa.array([_op(one) for one in decided], pa.string()),
            "_id": pa.array([one.pair.other_id for one in decided], pa.string()),
            "_version": pa.array([one.pair.its.version for one in decided], pa.string()),
            "_set": pa.array(
                [[name for key in one.writes(target) for name in names[key]] for one in decided],
                pa.list_(pa.string()),
            ),
            "_source": pa.array([one.pair.mine.id for one in decided], pa.string()),
            "nr": pa.array(range(len(decided)), pa.int64()),
        }
    )
    needed = {key for one in decided for key in one.writes(target)}
    columns = ", ".join(_write_columns(line, target) for line in sync.module.compared if line.key in needed)
    sync.columns.show("decided", chosen)
    rows = sync.columns.table(
        f"SELECT d._op, d._id, d._version, d._set, d._source, {columns} "
        f"FROM decided AS d JOIN {decided[0].pair.values} AS w ON w.id = d._source ORDER BY d.nr"
    )
    sync.columns.hide("decided")
    return rows


def _write_columns(line: FieldPlan, side: Side) -> str:
    return ", ".join(f"{one.sql} AS {sql_name(one.to)}" for one in line.writes[side].fields)


def _before(decided: Sequence[Decided]) -> pa.Table:
    """What the records held right before they are written, so that a person can find and restore it."""
    return pa.table(
        {
            "_op": pa.array([_op(one) for one in decided], pa.string()),
            "before": pa.array([simplejson.dumps(one.pair.its.texts) for one in decided], pa.string()),
        }
    )
