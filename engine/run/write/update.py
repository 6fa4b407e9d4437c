"""Align: bring pairs in step, each decided from what both sides show right before they are written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

import pyarrow as pa
import simplejson

from engine.event import Noted
from engine.ledger import RecordKey, Settlement
from engine.record import SIDES, other
from engine.run.decide.compare import Decided, Pair, content_hash, decide, fetch, pairs, portions
from engine.run.decide.conflicts import agreed, disputes
from engine.run.decide.guard import guarded
from engine.run.decide.refusals import note_refusals, refusals
from engine.run.decide.trigger import leave_alone, sift, takes
from engine.run.decide.yielding import yielded
from engine.run.write.after import held_values, shown_after
from engine.run.write.receipts import held_of
from engine.run.write.settle import changed_links, losers_of, states_of, unclear_settlement
from engine.run.write.write import Answer, batch_size, settle, tell, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.plan import FieldPlan
    from engine.record import Receipt, Side
    from engine.run.session.sync_pass import Pen, Work

#: Pairs that are looked at together.
CHUNK = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Pairs after both sides were looked at."""

    decided: list[Decided]
    unclear: list[Pair]  #: the counterpart is gone, out of view or cannot be read
    lost: list[Pair]  #: the source itself is gone

    @property
    def quiet(self) -> list[Decided]:
        """Pairs that need no write."""
        return [one for one in self.decided if not (one.writes("left") or one.writes("right"))]

    @property
    def moving(self) -> list[Decided]:
        """Pairs that need one."""
        return [one for one in self.decided if one.writes("left") or one.writes("right")]


def push_pairs(work: Work, pen: Pen) -> None:
    """Bring the records of `paired` in step, chunk by chunk."""
    if takes(work):
        return
    for first, last in portions(work, "paired", portion_size(work)):
        found, missed = sift(work, pairs(work, first, last))
        leave_alone(work, pen, missed)
        judged = judge(work, found)
        _note_unclear(work, pen, judged)
        push_judged(work, pen, judged)
    for sentence in yielded(work):
        work.listen(Noted(module=work.module.name, message=sentence))


def push_judged(work: Work, pen: Pen, judged: Judged) -> None:
    """Do what was decided, on both sides."""
    note_refusals(work, pen, refusals(work, judged.decided))
    _note_quiet(work, pen, judged.quiet)
    moved = list(push_decided(work, pen, judged.moving))
    if work.reverse is not None:
        list(push_decided(work.reverse, pen, [_flipped(work, one) for one in moved]))


def portion_size(work: Work) -> int:
    """Pairs that are looked at together: as many as one read by ids or one batch can take."""
    return CHUNK if work.target.can.bulk else max(batch_size(work), work.target.can.by_ids)


def judge(work: Work, found: Sequence[Pair]) -> Judged:
    """Decide the pairs; those whose source would be written are decided anew from a source read just now."""
    clear = [pair for pair in found if pair.clear]
    unclear = [pair for pair in found if not pair.clear]
    decided = guarded(work, list(decide(work, clear)))
    back = [one.pair for one in decided if one.writes(work.source_side)]
    if not back:
        return Judged(decided=decided, unclear=unclear, lost=[])
    again = fetch(work, [pair.mine.id for pair in back], side=work.source, into="again")
    fresh = [
        replace(pair, mine=again[pair.mine.id], values="again")
        for pair in back
        if pair.mine.id in again and again[pair.mine.id].trouble is None
    ]
    forth = [one for one in decided if not one.writes(work.source_side)]
    # One that has just become unreadable was changed just now: the next run sees that, and holds it.
    lost = [pair for pair in back if pair.mine.id not in again]
    anew = guarded(work, list(decide(work, fresh)))
    return Judged(decided=[*forth, *anew], unclear=unclear, lost=lost)


def _note_unclear(work: Work, pen: Pen, judged: Judged) -> None:
    """Counterparts that are gone or cannot be compared, and sources that vanished while the run was at work."""
    settlement = unclear_settlement(work, judged.unclear)
    if settlement is not None:
        work.ledger.settle(pen.keep(), None, settlement)
        tell(work, settlement.held)
        work.counts.held += len(settlement.held)
        work.counts.skipped += len(judged.unclear) - len(settlement.held)
        _tell_orphans(work, judged.unclear)
    if judged.lost:
        links = [
            (pair.link_id, f"gone-{work.source_side}") for pair in judged.lost if pair.link_id is not None
        ]
        gone = Settlement(run=work.run, module=work.module.name, changes=states_of(links))
        work.ledger.settle(pen.keep(), None, gone)
        work.counts.skipped += len(judged.lost)


def _tell_orphans(work: Work, unclear: Sequence[Pair]) -> None:
    """Said once, for then their links are known to lead nowhere: somebody edits what has no counterpart any more."""
    count = sum(1 for pair in unclear if pair.other is None and pair.link_id is not None)
    if count:
        records = "1 changed record" if count == 1 else f"{count} changed records"
        there = work.target.name
        words = (
            f"{records} of {work.source.name}: the counterpart in {there} is gone, so nothing was written."
        )
        work.listen(Noted(module=work.module.name, message=words))


def _note_quiet(work: Work, pen: Pen, quiet: Sequence[Decided]) -> None:
    """Pairs that need no write: remember that they are in step, or that they wait for a person."""
    if not quiet:
        return
    links, changes = changed_links(work, quiet, {})
    held, fields = disputes(work, quiet)
    settlement = Settlement(
        run=work.run,
        module=work.module.name,
        links=links,
        changes=changes,
        held=held,
        conflicts=fields,
        agreed=agreed(work, quiet),
        released=_released(work, quiet),
    )
    work.ledger.settle(pen.keep(), None, settlement)
    tell(work, held)
    work.counts.conflicts += len(held)
    refused = sum(1 for one in quiet if one.refusals and not one.decision.conflicts)
    work.counts.held += refused
    work.counts.unchanged += len(quiet) - len(held) - refused


def _released(work: Work, decided: Sequence[Decided]) -> tuple[RecordKey, ...]:
    """Records that are no longer held; what a conflict, a guard or a refused write holds stays."""
    keys: list[RecordKey] = []
    for one in decided:
        sides: list[tuple[Side, str]] = [(work.source_side, one.pair.mine.id)]
        if work.reverse is not None:
            sides.append((work.target.side, one.pair.other_id))
        keepers = {other(refusal.side) for refusal in one.refusals if refusal.held}
        keepers |= {work.module.sources[0]} if one.decision.conflicts else set()
        keepers |= {other(side) for side in SIDES if one.writes(side) and side not in one.holds}
        keys += [(side, record) for side, record in sides if side not in keepers]
    return tuple(keys)


def push_decided(work: Work, pen: Pen, moving: Sequence[Decided]) -> Iterator[Decided]:
    """Write what goes to the target, batch by batch; answers with the pairs that go on to the other pass."""
    side = work.target.side
    writing = sorted((one for one in moving if one.writes(side)), key=lambda one: one.pair.values)
    yield from (one for one in moving if not one.writes(side))
    for _, same in groupby(writing, key=lambda one: one.pair.values):
        several = list(same)
        for first in range(0, len(several), batch_size(work)):
            yield from _update_batch(work, pen, several[first : first + batch_size(work)])
            work.heed_stop()


def _flipped(work: Work, one: Decided) -> Decided:
    """The pair as the other pass sees it; its values stand where this pass has read them."""
    pair = one.pair
    turned = Pair(
        link_id=pair.link_id,
        mine=pair.its,
        other_id=pair.mine.id,
        other=pair.mine,
        values=f"{work.room}.fresh",
    )
    return replace(one, pair=turned)


def _update_batch(work: Work, pen: Pen, decided: Sequence[Decided]) -> list[Decided]:
    """Journal, write and settle one batch; answers with the pairs that are linked by now."""
    answer = write(work, pen, "update", update_rows(work, decided), before=_before(decided))
    applied = [one for one in decided if _receipt(answer, one).outcome == "applied"]
    done, asked = _held_now(work, applied, answer)
    failed = [one for one in decided if _receipt(answer, one).outcome != "applied"]
    refused = tuple(held_of(work, _named(one), _receipt(answer, one)) for one in failed)
    versions = {record: told or asked.get(record) for record, told in _versions(answer, done).items()}
    links, changes = changed_links(work, done, {work.target.side: versions})
    # A pair that is written on both sides is told of once.
    disputed, fields = disputes(work, [one for one in done if len(one.holds) == 1])
    settlement = Settlement(
        run=work.run,
        module=work.module.name,
        links=links,
        changes=changes,
        held=(*refused, *disputed),
        conflicts=fields,
        agreed=agreed(work, done),
        released=_released(work, done),
        losers=losers_of(work, done),
        intent_state="uncertain" if answer.unknown else "done",
    )
    new = settle(work, pen, answer, settlement, applied=len(done) - len(disputed), kind="update")
    work.counts.held += len(refused)
    work.counts.conflicts += len(disputed)
    answer.go_on()
    # What the target refuses does not keep back what goes the other way, if the two are linked already.
    onward = [one for one in failed if one.pair.link_id is not None and one.writes(work.source_side)]
    return [*_linked(done, new), *onward]


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


def _named(one: Decided) -> dict[str, object]:
    mine = one.pair.mine
    return {"_source": mine.id, "_hash": mine.content, "_label": mine.label}


def _versions(answer: Answer, done: Sequence[Decided]) -> dict[str, str | None]:
    return {one.pair.other_id: _receipt(answer, one).version for one in done}


def _held_now(
    work: Work, done: Sequence[Decided], answer: Answer
) -> tuple[list[Decided], dict[str, str | None]]:
    """The pairs with what the target holds in the fields that were written; versions of those it was asked for."""
    side = work.target.side
    order = [line.key for line in work.module.compared]
    expected = [content_hash({**one.pair.its.texts, **one.sent(side)}, order) for one in done]
    shown, versions = shown_after(work, [one.pair.other_id for one in done], expected, answer.by_op)
    kept = []
    for one in done:
        sent, seen = one.sent(side), shown.get(one.pair.other_id)
        values = sent if seen is None else held_values(sent, seen, _receipt(answer, one).version)
        kept.append(replace(one, holds={**one.holds, side: values}))
    return kept, versions


def update_rows(work: Work, decided: Sequence[Decided]) -> pa.Table:
    """What is sent for every decided pair: only the fields that change."""
    target = work.target.side
    names = {line.key: line.writes[target].to for line in work.module.compared if target in line.writes}
    chosen = pa.table(
        {
            "_op": pa.array([_op(one) for one in decided], pa.string()),
            "_id": pa.array([one.pair.other_id for one in decided], pa.string()),
            "_version": pa.array([one.pair.its.version for one in decided], pa.string()),
            "_set": pa.array(
                [[names[key] for key in one.writes(target)] for one in decided], pa.list_(pa.string())
            ),
            "_source": pa.array([one.pair.mine.id for one in decided], pa.string()),
            "nr": pa.array(range(len(decided)), pa.int64()),
        }
    )
    needed = {key for one in decided for key in one.writes(target)}
    columns = ", ".join(_write_column(line, target) for line in work.module.compared if line.key in needed)
    work.columns.show("decided", chosen)
    rows = work.columns.table(
        f"SELECT d._op, d._id, d._version, d._set, d._source, {columns} "
        f"FROM decided AS d JOIN {decided[0].pair.values} AS w ON w.id = d._source ORDER BY d.nr"
    )
    work.columns.hide("decided")
    return rows


def _write_column(line: FieldPlan, side: Side) -> str:
    write_ = line.writes[side]
    return f'{write_.sql} AS "{write_.to}"'


def _before(decided: Sequence[Decided]) -> pa.Table:
    """What the records held right before they are written, so that a person can find and restore it."""
    return pa.table(
        {
            "_op": pa.array([_op(one) for one in decided], pa.string()),
            "before": pa.array([simplejson.dumps(one.pair.its.texts) for one in decided], pa.string()),
        }
    )
