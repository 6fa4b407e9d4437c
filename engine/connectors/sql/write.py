"""Writing a batch: one transaction, Arrow columns bound as parameters, no Python object a record.

If the database does not take a row, the batch is rolled back and halved until only refused rows are left out.
"""

# ruff: noqa: S608 - statements hold quoted names; values are always parameters
from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engine.connectors.columns import as_text, by_set, fields_of
from engine.connectors.port import AllApplied
from engine.connectors.sql.dialect import key_of, mark_of_deletion, quote
from engine.connectors.sql.failures import RowRefusedError
from engine.connectors.sql.settle import settle

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from engine.connectors.port import Batch
    from engine.connectors.sql.dialect import Affinity
    from engine.connectors.sql.session import Session
    from engine.connectors.sql.table import Table
    from engine.record import Kind, Receipt


def write(session: Session, table: Table, batch: Batch) -> AllApplied | Iterable[Receipt]:
    """Write all rows in one transaction, or all but those that the database refuses or does not have."""
    table.require(fields_of(batch.table))
    return settle(lambda rows: _apply(session, table, batch.kind, rows), batch.table, table.source)


def create_table(session: Session, name: str, identity: str, batch: Batch) -> None:
    """Make the table that a batch needs: every field as text, exactly; the id as the key.

    If the batch brings the ids they are text, else the database counts them.
    """
    fields = fields_of(batch.table)
    key = f"{quote(identity)} {'TEXT NOT NULL' if identity in fields else 'INTEGER'} PRIMARY KEY"
    columns = [key, *(f"{quote(field)} TEXT" for field in fields if field != identity)]
    session.run(f"CREATE TABLE {quote(name)} ({', '.join(columns)})")


def _apply(session: Session, table: Table, kind: Kind, rows: pa.Table) -> AllApplied:
    """Write the rows in one transaction; an id is null where there was no row. Raises RowRefusedError."""
    with session.transaction():
        if kind == "create":
            ids = _insert(session, table, rows)
        else:
            ids = _present(session, table, rows["_id"])
            change = _update if kind == "update" else _delete
            change(session, table, rows.filter(ids.is_valid()))
        versions = _versions(session, table, ids) if kind != "delete" and table.modified else None
    return AllApplied(ids=ids, versions=versions)


def _insert(session: Session, table: Table, rows: pa.Table) -> pa.ChunkedArray:
    """Insert the rows; gives their ids in order, as text."""
    names = fields_of(rows)
    columns = ", ".join(quote(name) for name in names)
    values = f"({columns}) VALUES ({', '.join('?' * len(names))})" if names else "DEFAULT VALUES"
    sql = f"INSERT INTO {table.source} {values}"
    given = _given_ids(table, rows)
    if given is not None:
        session.run_many(sql, _storable(table, rows, names))
        return given
    return _told_ids(session, table, sql, _storable(table, rows, names))


def _given_ids(table: Table, rows: pa.Table) -> pa.ChunkedArray | None:
    """The ids that the rows bring, where the database keeps them as they are; asking it takes as long again."""
    import pyarrow.compute as pc

    if table.alters or table.id not in rows.column_names or table.columns[table.id].affinity != "TEXT":
        return None
    ids = as_text(rows[table.id])
    return None if ids.null_count or pc.any(pc.equal(ids, "")).as_py() else ids


def _told_ids(session: Session, table: Table, sql: str, values: pa.Table) -> pa.ChunkedArray:
    """Insert and ask for the ids that the database gave."""
    import pyarrow.compute as pc

    # '' instead of null: the driver takes the type of the column from its first rows.
    told = f"{sql} RETURNING coalesce(CAST({quote(table.id)} AS TEXT), '') AS id"
    ids = session.table(told, values).column("id")
    if pc.any(pc.equal(ids, "")).as_py():
        raise RowRefusedError(f"the record has no `{table.id}`, and the database gives it none", "no-id")
    return ids


def _update(session: Session, table: Table, rows: pa.Table) -> None:
    """Write to each row only the fields that its `_set` names."""
    where = f"{key_of(table.columns[table.id])} = ?"
    for names, part in by_set(rows):
        if table.id in names:
            _require_same_id(table, part)
        if names:
            changes = ", ".join(f"{quote(name)} = ?" for name in names)
            sql = f"UPDATE {table.source} SET {changes} WHERE {where}"
            session.run_many(sql, _storable(table, part, names, last=part["_id"]))


def _require_same_id(table: Table, rows: pa.Table) -> None:
    """Raises RowRefusedError if an update would give a record another id."""
    import pyarrow.compute as pc

    if not pc.all(pc.equal(as_text(rows[table.id]), rows["_id"]), skip_nulls=False).as_py():
        raise RowRefusedError(f"an update must not change the id `{table.id}`", "id-change")


def _delete(session: Session, table: Table, rows: pa.Table) -> None:
    where = f"WHERE {key_of(table.columns[table.id])} = ?"
    if table.deleted is None:
        sql = f"DELETE FROM {table.source} {where}"
    else:
        mark = mark_of_deletion(table.columns[table.deleted])
        sql = f"UPDATE {table.source} SET {quote(table.deleted)} = {mark} {where}"
    session.run_many(sql, rows.select(["_id"]))


def _present(session: Session, table: Table, ids: pa.ChunkedArray) -> pa.ChunkedArray:
    """The ids, null where the table has no such row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = _look_up(session, table, ids, quote(table.id))
    return pc.if_else(pc.is_in(ids, found["id"]), ids, pa.scalar(None, pa.string()))


def _versions(session: Session, table: Table, ids: pa.ChunkedArray) -> pa.ChunkedArray:
    """The modified column after the write, triggers included, in the order of the ids."""
    import pyarrow.compute as pc

    found = _look_up(session, table, ids, quote(table.modified or ""))
    return found["value"].take(pc.index_in(ids, found["id"]))


def _look_up(session: Session, table: Table, ids: pa.ChunkedArray, wanted: str) -> pa.Table:
    """Columns `id` and `value` of the rows with these ids, both as text."""
    key = quote(table.id)
    sql = (
        "SELECT 'x' AS id, 'x' AS value UNION ALL "
        f"SELECT CAST({key} AS TEXT), CAST({wanted} AS TEXT) FROM {table.source} "
        f"WHERE {table.alive} AND {key_of(table.columns[table.id])} IN (SELECT value FROM json_each(?))"
    )
    return session.table(sql, (json.dumps(ids.to_pylist()),)).slice(1)


def _storable(table: Table, rows: pa.Table, names: list[str], last: Any = None) -> pa.Table:
    """The named columns as parameters, in forms that SQLite keeps exactly; `last` goes behind them."""
    import pyarrow as pa

    columns = [_bindable(rows[name], table.columns[name].affinity) for name in names]
    columns += [] if last is None else [last]
    return pa.Table.from_arrays(columns, names=[f"p{place}" for place in range(len(columns))])


def _bindable(column: pa.ChunkedArray, affinity: Affinity) -> pa.ChunkedArray:
    """Numbers and truth values as SQLite has them, unless the column is for text; all else as text."""
    import pyarrow as pa

    kind = column.type
    native = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    return column if native and affinity != "TEXT" else as_text(column)
