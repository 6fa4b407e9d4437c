"""Remove: follow deletions, where the module says `deletes: propagate`.

A record counts as deleted when its system says so (a feed of deletions), or when two complete reads in a row did
not deliver it; and only if the system, asked for that record, does not have it. Whoever edited the counterpart
since wins over the deletion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import simplejson

from engine.connectors.port import ReadRequest
from engine.event import Noted
from engine.ledger import Settlement
from engine.run.read.counterparts import fetch
from engine.run.read.pull import demand_whole
from engine.run.session.batches import batch_size
from engine.run.session.cursors import since
from engine.run.session.pair import Pair, Shown, left_id
from engine.run.session.tables import ALL_LINKS
from engine.run.write.receipts import held_of
from engine.run.write.settle import states_of
from engine.run.write.write import settle, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.run.read.assess import Assessed
    from engine.run.session.ledger_writer import LedgerWriter
    from engine.run.session.sync_pass import SyncPass

CHUNK = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Departed:
    """Links whose source record is not there any more."""

    suspected: tuple[int, ...] = ()  #: link ids: not delivered for the first time
    gone: tuple[Pair, ...] = ()  #: the source was asked and does not have them


def departed(sync: SyncPass, assessed: Assessed, cursor: str | None) -> Departed:
    """What the source has lost; `cursor`: where its last reading had come to."""
    if sync.module.deletes != "propagate":
        return Departed()
    if assessed.whole:
        missing, again = _absent(sync)
        return Departed(suspected=missing, gone=_confirmed(sync, again))
    if sync.source.can.deleted_feed and cursor is not None:
        return Departed(gone=_confirmed(sync, _told(sync, cursor)))
    return Departed()


def _absent(sync: SyncPass) -> tuple[tuple[int, ...], list[tuple[int, str, str]]]:
    """(links missed for the first time, those that were missing before: link, source id, target id)."""
    mine, its = sync.source.side, sync.target.side
    rows = sync.columns.rows(
        f"SELECT link_id, {mine}_id, {its}_id, state FROM {ALL_LINKS} AS l ANTI JOIN ids AS i ON i.id = l.{mine}_id "
        f"WHERE state IN ('active', 'missing-{mine}') ORDER BY link_id"
    )
    first = tuple(int(row[0]) for row in rows if row[3] == "active")
    return first, [(int(row[0]), str(row[1]), str(row[2])) for row in rows if row[3] != "active"]


def _told(sync: SyncPass, cursor: str) -> list[tuple[int, str, str]]:
    """Links of the records that the source's own feed of deletions names."""
    side = sync.source
    request = ReadRequest(stream=side.stream, fields=(), since=since(cursor), deleted=True)
    ids: list[str] = []
    complete = False
    for page in sync.connector(side).read(request):
        complete = page.complete
        records = page.records or (page.table.to_pylist() if page.table is not None else ())
        ids += [str(record[side.id_field]) for record in records]
    demand_whole(side, complete=complete)
    links = sync.ledger.links_table(
        sync.integration, sync.module.name, pa.array(sorted(set(ids)), pa.string()), side.side
    )
    open_ = ("active", f"missing-{side.side}")
    return [
        (row["link_id"], row[f"{side.side}_id"], row[f"{sync.target.side}_id"])
        for row in links.to_pylist()
        if row["state"] in open_
    ]


def _confirmed(sync: SyncPass, asked: Sequence[tuple[int, str, str]]) -> tuple[Pair, ...]:
    """Those that the source does not have when it is asked for them by their ids."""
    gone: list[Pair] = []
    for first in range(0, len(asked), CHUNK):
        some = asked[first : first + CHUNK]
        there = fetch(sync, [mine for _, mine, _ in some], side=sync.source, into="again")
        its = fetch(sync, [its for _, mine, its in some if mine not in there])
        gone += [
            Pair(link_id=link, mine=_nobody(mine), other_id=other, other=its.get(other))
            for link, mine, other in some
            if mine not in there
        ]
    return tuple(gone)


def _nobody(record: str) -> Shown:
    return Shown(id=record, version=None, texts={}, content=b"", label=None)


def push_deletes(sync: SyncPass, writer: LedgerWriter, lost: Departed) -> None:
    """Delete the counterparts of what is gone; remember what is only suspected."""
    note = [(link, f"missing-{sync.source_side}") for link in lost.suspected]
    edited, doomed = _sifted(sync, lost.gone)
    note += [(pair.link_id or 0, f"gone-{sync.source_side}") for pair in edited]
    both = tuple(pair.link_id for pair in lost.gone if pair.other is None and pair.link_id is not None)
    if note or both:
        settlement = Settlement(run=sync.run, module=sync.module.name, changes=states_of(note), dropped=both)
        sync.ledger.settle(writer.renew(), None, settlement)
    if edited:
        sync.listen(Noted(module=sync.module.name, message=_kept(sync, len(edited))))
    sync.counts.skipped += len(edited)
    for first in range(0, len(doomed), batch_size(sync)):
        delete_batch(sync, writer, doomed[first : first + batch_size(sync)])
        sync.check_stop()


def _kept(sync: SyncPass, count: int) -> str:
    records = "record was" if count == 1 else "records were"
    return f"{count} {records} edited in {sync.target.name} after the counterpart was deleted, and stay."


def sifted(sync: SyncPass, gone: Sequence[Pair]) -> list[Pair]:
    """Of what is gone, the pairs whose counterpart is deleted."""
    return _sifted(sync, gone)[1]


def _sifted(sync: SyncPass, gone: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """(edited since they were last in step, to be deleted). What waits for a decision counts as edited."""
    there = [pair for pair in gone if pair.other is not None]
    if not there:
        return [], []
    ids = pa.array([pair.link_id for pair in there], pa.int64())
    links = sync.ledger.links_table(sync.integration, sync.module.name, ids)
    known = dict(
        zip(links["link_id"].to_pylist(), links[f"{sync.target.side}_hash"].to_pylist(), strict=True)
    )
    same = [
        pair.other is not None
        and pair.other.content == known.get(pair.link_id)
        and left_id(sync, pair) not in sync.shared.disputed
        for pair in there
    ]
    return (
        [pair for pair, is_same in zip(there, same, strict=True) if not is_same],
        [pair for pair, is_same in zip(there, same, strict=True) if is_same],
    )


def delete_batch(sync: SyncPass, writer: LedgerWriter, doomed: Sequence[Pair]) -> None:
    """Journal, delete and settle one batch. A pair without a link gets one that says that its record is gone."""
    rows = pa.table(
        {
            "_op": pa.array([f"delete/{pair.other_id}" for pair in doomed], pa.string()),
            "_id": pa.array([pair.other_id for pair in doomed], pa.string()),
            "_version": pa.array(
                [pair.other.version if pair.other else None for pair in doomed], pa.string()
            ),
            "_source": pa.array([pair.mine.id for pair in doomed], pa.string()),
        }
    )
    before = pa.table({"_op": rows["_op"], "before": pa.array(list(_images(doomed)), pa.string())})
    answer = write(sync, writer, "delete", rows, before=before)
    done = [pair for pair in doomed if answer.by_op[f"delete/{pair.other_id}"].outcome in ("applied", "gone")]
    deleted = {pair.other_id for pair in done}
    failed = [pair for pair in doomed if pair.other_id not in deleted]
    held = tuple(
        held_of(
            sync,
            {
                "_source": pair.mine.id,
                "_hash": None,
                "_label": pair.other.label if pair.other else None,
            },
            answer.by_op[f"delete/{pair.other_id}"],
        )
        for pair in failed
    )
    settlement = Settlement(
        run=sync.run,
        module=sync.module.name,
        links=_ended(sync, [pair for pair in done if pair.link_id is None]),
        dropped=tuple(pair.link_id for pair in done if pair.link_id is not None),
        changes=states_of(
            [(pair.link_id, f"missing-{sync.source_side}") for pair in failed if pair.link_id is not None]
        ),
        held=held,
        released=tuple((sync.source_side, pair.mine.id) for pair in done),
        intent_state="uncertain" if answer.unknown else "done",
    )
    settle(sync, writer, answer, settlement, applied=len(done), kind="delete")
    sync.counts.held += len(held)
    answer.go_on()


def _ended(sync: SyncPass, done: Sequence[Pair]) -> pa.Table | None:
    """Links that remember what a trigger has deleted."""
    if not done:
        return None
    by_side = {
        sync.source_side: [(pair.mine.id, pair.mine.content) for pair in done],
        sync.target.side: [(pair.other_id, pair.its.content) for pair in done],
    }
    columns: dict[str, pa.Array] = {}
    for side, records in by_side.items():
        columns[f"{side}_id"] = pa.array([record for record, _ in records], pa.string())
        columns[f"{side}_hash"] = pa.array([content for _, content in records], pa.binary())
    state = pa.repeat(pa.scalar(f"gone-{sync.target.side}", pa.string()), len(done))
    return pa.table({**columns, "state": state})


def _images(doomed: Sequence[Pair]) -> Iterator[str]:
    for pair in doomed:
        yield simplejson.dumps(pair.other.texts if pair.other else {})
