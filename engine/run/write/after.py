"""After: what a side shows once a write was applied, which need not be what was sent: trimmed, rounded, re-cased.

A system trims, rounds, re-cases. Its own base must hold what it shows, or the difference would look like
somebody's edit and travel back. One that still shows the former value did not keep the write, whatever it answered.
Where records can travel back, or asking costs no request, a side that does not show them in its answer is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa
import simplejson

from engine.plan import Trouble
from engine.reconcile import Missing, Seen, settled
from engine.run.decide.refusal_notices import quoted
from engine.run.read.counterparts import read_again, shown_of
from engine.run.session.held import hold, offending_values
from engine.run.session.pair import Shown, content_hash
from engine.run.write.receipts import accepted_page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.ledger import HeldRow
    from engine.record import Receipt
    from engine.run.session.pair import Decided
    from engine.run.session.sync_pass import SyncPass


def shown_after(
    sync: SyncPass, ids: Sequence[str], hashes: Sequence[bytes], by_op: Mapping[str, Receipt]
) -> tuple[dict[str, Shown], dict[str, str | None]]:
    """(what it shows after a write, for those that do not plainly look as expected; versions of those asked).

    Those that are asked for and not there stand in neither.

    Both by target id; `hashes` is what is expected. A listing that is older than such a version shows no edit.
    """
    accepted, versions = _accepted(sync, by_op), {}
    asked = [record for record in ids if record not in accepted] if sync.target.tells else []
    if asked:
        sync.columns.drop("after")
        read_again(sync, asked, sync.target, "after")
        expected = pa.table({"id": pa.array(ids, pa.string()), "hash": pa.array(hashes, pa.binary())})
        sync.columns.show("expected", expected)
        accepted |= shown_of(
            sync, "after AS w JOIN expected AS e ON e.id = w.id AND e.hash IS DISTINCT FROM w.hash"
        )
        sync.columns.hide("expected")
        versions = dict(sync.columns.rows("SELECT id, version FROM after WHERE version IS NOT NULL"))
    return {record: shown for record, shown in accepted.items() if shown.trouble is None}, versions


def _accepted(sync: SyncPass, by_op: Mapping[str, Receipt]) -> dict[str, Shown]:
    """What the answers themselves show."""
    told = [one for one in by_op.values() if one.accepted is not None and one.outcome == "applied"]
    if not told:
        return {}
    sync.columns.drop("after")
    sync.columns.show("page", accepted_page(sync, told))
    sync.columns.add("after", sync.target.lens)
    sync.columns.hide("page")
    found = shown_of(sync, "after AS w")
    return {record: replace(shown, answered=True) for record, shown in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What came of a batch of creates that its target says to have applied."""

    #: target id -> (its base as JSON, its hash), of those that differ from what was sent
    unlike: Mapping[str, tuple[str, bytes]]
    lost: frozenset[str]  #: target ids that it does not have when it is asked for them


def made(
    sync: SyncPass,
    rows: pa.Table,
    ids: pa.Array | pa.ChunkedArray,
    versions: pa.Array | pa.ChunkedArray | None,
    by_op: Mapping[str, Receipt],
) -> Made:
    """Look at what was made just now. What is local and one way has told itself what it keeps."""
    asks = sync.both_ways or not sync.target.can.bulk
    if not asks and not any(one.accepted is not None for one in by_op.values()):
        return Made(unlike={}, lost=frozenset())
    records = ids.to_pylist()
    sync.columns.drop("after")
    shown, _ = shown_after(sync, records, rows["_hash"].to_pylist(), by_op)
    told = {one.id for one in by_op.values() if one.accepted is not None}
    asked = set(records) - told if sync.target.tells else set()
    there = {row[0] for row in sync.columns.rows("SELECT id FROM after")} if asked else set()
    return Made(
        unlike=_unlike(sync, rows, records, versions, shown) if shown else {},
        lost=frozenset(asked - there),
    )


def _unlike(
    sync: SyncPass,
    rows: pa.Table,
    records: Sequence[str],
    versions: pa.Array | pa.ChunkedArray | None,
    shown: Mapping[str, Shown],
) -> dict[str, tuple[str, bytes]]:
    sent = dict(zip(records, rows["_base"].to_pylist(), strict=True))
    told = dict(zip(records, versions.to_pylist(), strict=True)) if versions is not None else {}
    order = [line.key for line in sync.module.compared]
    found = {}
    for record, one in shown.items():
        values = simplejson.loads(sent[record])
        base = held_values(values, one, told.get(record)) | _filled_in(sync, values, one)
        note_news(sync, base, one)
        found[record] = (simplejson.dumps(base, ensure_ascii=False), content_hash(base, order))
    return found


def _filled_in(sync: SyncPass, sent: Mapping[str, str | None], shown: Shown) -> dict[str, str | None]:
    """The base of fields that were not sent and that the target has filled in: a number, a total, a default.

    Where they may travel back it counts as if the record had been made without, so that the next comparison carries
    them. Nothing, zero and false are left where they are: systems fill them in wherever nothing was sent.
    """
    base: dict[str, str | None] = {}
    seen, target = shown.seen(), sync.target.side
    for line in sync.module.compared:
        value, own = seen.get(line.key, Missing.UNKNOWN), target not in line.writes  # only the target says it
        if isinstance(value, Missing) or not line.toward(sync.source_side):
            continue
        if own or sent[line.key] is None:
            shows = None if value is None else str(value)
            says = bool((shows or "").strip("0.")) and (own or shows != "false")
            base[line.key] = sent[line.key] if says else shows
    return base


def note_news(sync: SyncPass, expected: Mapping[str, str | None], shown: Shown) -> None:
    """What the target shows otherwise than expected, and may say to the source, is brought there in the same run."""
    back = [line.key for line in sync.module.compared if line.toward(sync.source_side)]
    seen = shown.seen()
    if any(seen.get(key, Missing.UNKNOWN) not in (expected.get(key), Missing.UNKNOWN) for key in back):
        sync.learned.to_write_back.add(shown.id)


def held_values(sent: Mapping[str, str | None], shown: Shown, version: str | None) -> dict[str, str | None]:
    """What the written fields hold now: as shown where that is our write, as sent where somebody came between."""
    known = version is not None and shown.version is not None
    same = True if shown.answered else version == shown.version if known else None
    return {key: _held(value, shown.seen().get(key, Missing.UNKNOWN), same) for key, value in sent.items()}


def _held(sent: str | None, shown: Seen, same: bool | None) -> str | None:  # noqa: FBT001 - three answers
    value = settled(sent, shown, same)
    return None if value is None else str(value)


#: Fields of a write that was not kept: key -> (what was sent, what is still there).
Unkept: TypeAlias = "dict[str, tuple[str | None, str | None]]"


def unkept_fields(sent: Mapping[str, str | None], before: Mapping[str, str | None], shown: Shown) -> Unkept:
    """Written fields that still show what they showed before, and that is no known form of what was sent."""
    seen = shown.seen()
    return {
        key: (value, before.get(key))
        for key, value in sent.items()
        if seen.get(key, Missing.UNKNOWN) == before.get(key)
        and settled(value, before.get(key), None) != before.get(key)
    }


def not_kept(sync: SyncPass, one: Decided, fields: Unkept) -> HeldRow:
    """The source's record, held because its target answered yes and kept what it had."""
    lines = {line.key: line.line for line in sync.module.compared}
    sent, still = ({key: values[which] for key, values in fields.items()} for which in (0, 1))
    plans = [(line, line.key) for line in sync.module.compared]
    shown, there = offending_values(plans, sent), offending_values(plans, still)
    words = "; ".join(
        f"`{lines[key]}` was sent {quoted(value)} and still shows {quoted(there[key])}"
        for key, value in shown.items()
    )
    trouble = Trouble(
        code="not-kept",
        message=f"{sync.target.name}:{one.pair.other_id} accepted the write and did not keep it: {words}.",
        remedy=f"Find what resets it in {sync.target.system}: a rule, a trigger or a missing permission. It is retried "
        "once the record or the rules there change, after a day, by `engine run --full` and by `engine retry`.",
        place=sync.module.place,
    )
    mine = one.pair.mine
    offending = {lines[key]: value for key, value in shown.items()}
    return hold(sync, mine.id, mine.label, mine.content, trouble, offending=offending)
