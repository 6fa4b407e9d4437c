"""Mark: an enrolled record says so itself, in a field of its own, from its first link until it is taken out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.connectors.read_port import ReadRequest
from engine.event import Noted
from engine.ledger import Settlement
from engine.run.read.enrolled import enrolments
from engine.run.read.pull import whole_read
from engine.run.read.text_columns import text_columns
from engine.run.session.pair import LIVE
from engine.run.write.door import go_on, settle, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.ledger import Enrolment
    from engine.run.session.sync_pass import SyncPass
    from engine.run.write.permit import Permit


def mark_enrolled(sync: SyncPass, permit: Permit) -> None:
    """Mark those of the source that are linked by now, and no others; what is refused is tried by the next run."""
    if sync.module.enrol is None or sync.module.enrol.mark is None:
        return
    known = enrolments(sync)
    linked = _linked(sync, known)
    fresh = [one for one in known if one.state == "enrolled" and one.record_id in linked]
    for one in _written(sync, permit, fresh, yes=True):
        permit.writer.ledger.mark(permit.writer.renew(), replace(one, state="marked"))
    alone = [one for one in known if one.state == "marked" and one.record_id not in linked]
    for one in _written(sync, permit, alone, yes=False):  # its counterpart is gone
        permit.writer.ledger.mark(permit.writer.renew(), replace(one, state="enrolled"))


def unmark(sync: SyncPass, permit: Permit, one: Enrolment) -> None:
    """The record does not take part any more. What the system refuses stays as it is."""
    if sync.module.enrol is not None and sync.module.enrol.mark is not None:
        _written(sync, permit, [one], yes=False)


def _linked(sync: SyncPass, several: Sequence[Enrolment]) -> set[str]:
    if not several:
        return set()
    ids = pa.array([one.record_id for one in several], pa.string())
    links = sync.ledger.links_table(sync.integration, sync.module.name, ids, sync.source_side)
    return {row[f"{sync.source_side}_id"] for row in links.to_pylist() if row["state"] in LIVE}


def _written(sync: SyncPass, permit: Permit, several: Sequence[Enrolment], *, yes: bool) -> list[Enrolment]:
    """Write the mark; answers those that have it now."""
    if not several:
        return []
    back = sync.reverse
    rows = _rows(sync.module.enrol.mark if sync.module.enrol else None, several, yes=yes)
    before = pa.table({"_op": rows["_op"], "before": pa.array(["{}"] * len(several), pa.string())})
    answer = write(back, permit, "update", rows, before=before)
    done = [one for one in several if answer.by_op[_op(one)].outcome == "applied"]
    state: Settlement = Settlement(
        run=sync.run,
        module=sync.module.name,
        intent_state="uncertain" if answer.unknown else "done",
    )
    settle(back, permit, answer, state, applied=len(done), kind="update")
    go_on(sync, answer)
    kept = _kept(sync, done, yes=yes)
    if len(kept) < len(done):
        count = len(done) - len(kept)
        records = "1 record" if count == 1 else f"{count} records"
        message = f"{records} of {sync.source.name} accepted the mark and did not keep it; the next run tries again."
        sync.listen(Noted(module=sync.module.name, message=message))
    return kept


def _kept(sync: SyncPass, several: Sequence[Enrolment], *, yes: bool) -> list[Enrolment]:
    """Those that show the mark as it was written; a record that does not show it counts as having kept it."""
    side, enrol = sync.source, sync.module.enrol
    mark = enrol.mark if enrol is not None else None
    if not several or mark is None or not side.tells:
        return list(several)
    request = ReadRequest(stream=side.stream, fields=(mark,), ids=tuple(one.record_id for one in several))
    wanted = ("true", "1") if yes else ("false", "0", "")
    other: set[str] = set()
    for page in whole_read(sync.connector(side), side.name, request):
        texts = text_columns(page, side, (mark,))
        shown = zip(*(texts[name].to_pylist() for name in ("_id", mark, "_absent")), strict=True)
        other |= {
            record
            for record, value, absent in shown
            if mark not in (absent or ()) and (value or "").lower() not in wanted
        }
    return [one for one in several if one.record_id not in other]


def _op(one: Enrolment) -> str:
    return f"update/{one.record_id}"


def _rows(mark: str | None, several: Sequence[Enrolment], *, yes: bool) -> pa.Table:
    ids = pa.array([one.record_id for one in several], pa.string())
    nothing = pa.nulls(len(several), pa.string())
    return pa.table(
        {
            "_op": pa.array([_op(one) for one in several], pa.string()),
            "_id": ids,
            "_version": nothing,
            "_set": pa.array([[mark]] * len(several), pa.list_(pa.string())),
            "_source": ids,
            str(mark): pa.array([yes] * len(several), pa.bool_()),
        }
    )
