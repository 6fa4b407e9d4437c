"""Storing what a batch has brought about; every function is a part of one fenced transaction."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlalchemy as sa

from engine.ledger.database.transaction import wholly
from engine.ledger.settlement import NEW_LINK_COLUMNS, SIGHTING_COLUMNS, SKIP_COLUMNS
from engine.ledger.tables import schema
from engine.ledger.tables.cells import to_json
from engine.ledger.write import associations, conflicts
from engine.ledger.write.counters import allocate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.ledger.database.transaction import NewRow, WriteTransaction
    from engine.ledger.model import HeldRow, Lease, Loser, RecordKey, Turns
    from engine.ledger.settlement import Settlement, Sightings
    from engine.record import Side

#: Links of records that are not there any more.
_GONE = ("gone-left", "gone-right")
_HASHES = ("left_hash", "right_hash")
_VALUES = ("left_values", "right_values")


def size(settlement: Settlement) -> int:
    """Rows to store; decides which way into the file is used."""
    tables = (settlement.links, settlement.changes, settlement.skips)
    lists = (
        settlement.held,
        settlement.released,
        settlement.losers,
        settlement.turns,
        settlement.dropped,
        settlement.unskipped,
        settlement.waits,
        settlement.unwaits,
        settlement.conflicts,
        settlement.agreed,
        settlement.notices,
    )
    return sum(len(part) for part in (*tables, *lists) if part is not None)


def store(transaction: WriteTransaction, lease: Lease, settlement: Settlement) -> range:
    """Store every part but the intent; answers with the ids of the new links, in the order of their rows."""
    new = _link(transaction, lease, settlement)
    _change(transaction, settlement)
    scope = {"integration": lease.integration, "module": settlement.module}
    _part(transaction, scope, settlement)
    drop_links(transaction, scope, settlement.dropped)
    _hold(transaction, lease, settlement.held)
    _forget(transaction, schema.held, scope, settlement.released)
    _forget(transaction, schema.skips, scope, settlement.unskipped)
    if settlement.skips is not None:
        transaction.upsert(schema.skips, _with(shaped(settlement.skips, SKIP_COLUMNS), scope))
    if settlement.turns:
        transaction.upsert(schema.turns, [_turns(one) for one in settlement.turns])
    if settlement.losers:
        transaction.insert(schema.losers, [_loser(lease, loser) for loser in settlement.losers])
    _wait(transaction, scope, settlement)
    conflicts.remember(transaction, scope, settlement)
    _take_back(transaction, scope, settlement)
    _tell(transaction, scope, settlement)
    return new


def close_intent(transaction: WriteTransaction, lease: Lease, intent_id: int, settlement: Settlement) -> None:
    """Note what became of the intent; what a settled create sent is forgotten, else the file would grow."""
    table = schema.intents
    forget = (table.c.kind == "create") & (settlement.intent_state != "uncertain")
    transaction.run(
        sa.update(table)
        .where(table.c.id == intent_id, table.c.integration == lease.integration)
        .values(
            state=settlement.intent_state,
            not_before=settlement.not_before,
            payload=sa.case((forget, sa.null()), else_=table.c.payload),
        )
    )


def remember_sightings(
    transaction: WriteTransaction, scope: Mapping[str, str], side: Side, seen: Sightings
) -> None:
    """Keep which records of a side have no link; `scope` names integration and module."""
    table = schema.sightings
    if seen.complete:
        transaction.run(sa.delete(table).where(*_same(table, {**scope, "side": side})))
    _forget(transaction, table, scope, [(side, record_id) for record_id in seen.gone])
    transaction.upsert(table, _with(shaped(seen.records, SIGHTING_COLUMNS), {**scope, "side": side}))


def shaped(table: pa.Table, columns: Iterable[str]) -> pa.Table:
    """These columns in this order, as text (hashes: binary); one that is absent is all null."""
    arrays = []
    for name in columns:
        kind = pa.binary() if name in _HASHES else pa.string()
        present = name in table.column_names
        arrays.append(table[name].cast(kind) if present else pa.nulls(table.num_rows, kind))
    return pa.table(dict(zip(columns, arrays, strict=True)))


def _link(transaction: WriteTransaction, lease: Lease, settlement: Settlement) -> range:
    """Make the new links with their bases."""
    if settlement.links is None or not settlement.links.num_rows:
        return range(0)
    table = shaped(settlement.links, NEW_LINK_COLUMNS)
    new = allocate(transaction, "next_link", table.num_rows)
    ids = pa.array(new, pa.int64())
    scope = {"integration": lease.integration, "module": settlement.module}
    state = pa.compute.fill_null(table["state"], "active")
    rows = table.drop(["state", *_VALUES]).append_column("state", state).append_column("id", ids)
    transaction.insert(schema.links, _with(rows, {**scope, "created_run": settlement.run}))
    transaction.insert(schema.bases, table.select(_VALUES).append_column("link_id", ids))
    if settlement.associating is not None:
        pairs = list(zip(table["left_id"].to_pylist(), table["right_id"].to_pylist(), strict=True))
        made = associations.of_links(settlement.associating, settlement.run, pairs)
        associations.associate(transaction, lease, made)
    return new


def _change(transaction: WriteTransaction, settlement: Settlement) -> None:
    """Write the columns that are there, link by link."""
    if settlement.changes is None:
        return
    changes = settlement.changes
    for table in (schema.links, schema.bases):
        names = [name for name in NEW_LINK_COLUMNS if name in changes.column_names and name in table.c]
        if names:
            key = next(iter(table.primary_key.columns))
            rows = shaped(changes, names).append_column(key.name, changes["link_id"].cast(pa.int64()))
            transaction.update(table, rows)


def _part(transaction: WriteTransaction, scope: Mapping[str, str], settlement: Settlement) -> None:
    """What a trigger has made and what is gone again is not associated any more."""
    changes = settlement.changes
    if changes is None or "state" not in changes.column_names:
        return
    states = zip(changes["link_id"].to_pylist(), changes["state"].to_pylist(), strict=True)
    gone = [int(link) for link, state in states if state in _GONE]
    if gone:
        _drop_associations(transaction, scope, gone)


def _drop_associations(
    transaction: WriteTransaction, scope: Mapping[str, str], link_ids: Sequence[int]
) -> list[str]:
    """Forget what these links are besides; answers their left ids."""
    links = schema.links
    rows = transaction.rows_by(sa.select(links.c.left_id, links.c.right_id), links.c.id, link_ids)
    pairs = [(str(left_id), str(right_id)) for left_id, right_id in rows]
    associations.drop_made(transaction, scope["integration"], scope["module"], pairs)
    return [left_id for left_id, _ in pairs]


def drop_links(transaction: WriteTransaction, scope: Mapping[str, str], link_ids: Sequence[int]) -> None:
    """Forget these links with all that hangs on them: what was in step and what is in conflict."""
    links = schema.links
    conflicts.forget(transaction, scope, _drop_associations(transaction, scope, link_ids))
    transaction.delete(links, [{"id": link_id} for link_id in link_ids])
    transaction.delete(schema.bases, [{"link_id": link_id} for link_id in link_ids])


def _hold(transaction: WriteTransaction, lease: Lease, held: Iterable[HeldRow]) -> None:
    """Hold the records; one that is held again for the same reason counts an attempt and keeps `since`."""
    rows = [
        {**asdict(row), "integration": lease.integration, "offending": to_json(row.offending)} for row in held
    ]
    transaction.upsert(schema.held, rows, _held_again)


def _held_again(table: sa.Table, new: NewRow) -> Mapping[str, sa.ColumnElement[Any]]:
    again = table.c.code == new["code"]
    return {
        **wholly(table, new),
        "attempts": sa.case((again, table.c.attempts + 1), else_=new["attempts"]),
        "since": sa.case((again, table.c.since), else_=new["since"]),
    }


def _turns(one: Turns) -> dict[str, Any]:
    """As JSON an entry has no names: many are stored, and few are ever read."""
    fields = {
        name: [field.turns, field.sources, field.line, field.value] for name, field in one.fields.items()
    }
    return {
        "integration": one.integration,
        "module": one.module,
        "side": one.side,
        "record_id": one.record_id,
        "origin": one.origin,
        "source_origin": one.source_origin,
        "source_id": one.source_id,
        "fields": to_json(fields),
        "run": one.run,
        "held": one.held,
    }


def _loser(lease: Lease, loser: Loser) -> dict[str, Any]:
    values = {"value": to_json(loser.value), "winner": to_json(loser.winner)}
    return {**asdict(loser), **values, "integration": lease.integration}


def _forget(
    transaction: WriteTransaction, table: sa.Table, scope: Mapping[str, str], keys: Iterable[RecordKey]
) -> None:
    rows = [{**scope, "side": side, "record_id": record_id} for side, record_id in keys]
    transaction.delete(table, rows)


def _same(table: sa.Table, scope: Mapping[str, str]) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == value for name, value in scope.items()]


def _with(rows: pa.Table, scope: Mapping[str, str]) -> pa.Table:
    """The rows with the same few values in further columns."""
    for name, value in scope.items():
        rows = rows.append_column(name, pa.repeat(pa.scalar(value, pa.string()), rows.num_rows))
    return rows


def _wait(transaction: WriteTransaction, scope: Mapping[str, str], settlement: Settlement) -> None:
    """Replace what each of these records waits for; `scope` names integration and module."""
    waits = dict.fromkeys(settlement.waits)
    records = dict.fromkeys([*settlement.unwaits, *((one.side, one.record_id) for one in waits)])
    transaction.delete(
        schema.waits, [{**scope, "side": side, "record_id": record} for side, record in records]
    )
    if waits:
        transaction.insert(schema.waits, [{**scope, **asdict(one)} for one in waits])


def _take_back(transaction: WriteTransaction, scope: Mapping[str, str], settlement: Settlement) -> None:
    """A refusal that its record is no longer held for is over: made again, it is told again.

    It stays in the list under a key of its own, which no other attempt has. What this very run has told is not over:
    the value that it puts back may not have arrived, and is then put back by the next.
    """
    if not (settlement.released or settlement.notices):
        return
    released, told = (
        set(settlement.released),
        {(one.side, one.record_id, one.rule) for one in settlement.notices},
    )
    keys, table = {one.key for one in settlement.notices}, schema.notices
    open_ = sa.select(table.c.key, table.c.side, table.c.record_id, table.c.rule)
    for key, side, record, rule in transaction.rows(
        open_.where(*_same(table, scope), sa.not_(table.c.key.contains("/")), table.c.run != settlement.run)
    ):
        if key not in keys and ((side, record) in released or (side, record, rule) in told):
            mine = table.c.integration == scope["integration"]
            past = sa.update(table).where(mine, table.c.key == key).values(key=f"{key}/{settlement.run}")
            transaction.run(past)


def _tell(transaction: WriteTransaction, scope: Mapping[str, str], settlement: Settlement) -> None:
    """Store what is told now; what was told before stays as it is."""
    rows = [{**asdict(one), **scope} for one in settlement.notices]
    transaction.upsert(schema.notices, rows, lambda table, _new: {"at": table.c.at})
