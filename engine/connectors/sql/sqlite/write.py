"""Writing a batch: one transaction, Arrow columns bound as parameters, no Python object a record.

If the database does not take a row, the batch is rolled back and halved until only refused rows are left out.
"""

# ruff: noqa: S608 - statements hold quoted names; values are always parameters
from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engine.connectors.columns import as_text, by_set, fields_of
from engine.connectors.port import AllApplied
from engine.connectors.sql.failures import RowRefusedError
from engine.connectors.sql.filled import insert_filled
from engine.connectors.sql.free_values import Chance, free_values
from engine.connectors.sql.record_ids import joined, require_same_ids, split
from engine.connectors.sql.sqlite.forms import (
    affinity_of,
    alive,
    among,
    has_id,
    id_text,
    listed,
    mark_of_deletion,
    quote,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from engine.connectors.port import Batch
    from engine.connectors.sql.sqlite.forms import Affinity
    from engine.connectors.sql.sqlite.session import SqliteSession
    from engine.connectors.sql.table import SqlTable

_CHANCE = Chance(text="lower(hex(randomblob(16)))", number="-abs(random() % 1000000000000) - 1")


def create_table(session: SqliteSession, name: str, keys: tuple[str, ...], batch: Batch) -> None:
    """Make the table that a batch needs: every field as text, exactly; the id as the key.

    If the batch brings the ids they are text, else the database counts them.
    """
    fields = fields_of(batch.table)
    counted = len(keys) == 1 and keys[0] not in fields
    columns = [f"{quote(key)} {'INTEGER' if counted else 'TEXT NOT NULL'}" for key in keys]
    columns += [f"{quote(field)} TEXT" for field in fields if field not in keys]
    key = ", ".join(map(quote, keys))
    session.run(f"CREATE TABLE {quote(name)} ({', '.join(columns)}, PRIMARY KEY ({key}))")


def apply(session: SqliteSession, table: SqlTable, batch: Batch) -> AllApplied:
    """Write the rows in one transaction; an id is null where there was no row. Raises RowRefusedError."""
    kind, rows = batch.kind, batch.table
    with session.transaction():
        if kind == "create":
            ids = insert_filled(table, rows, partial(_insert, session, table))
            if table.alters and _present(session, table, ids).null_count:
                raise RowRefusedError("a trigger or rule of the table did not keep the row", "not-kept")
        else:
            ids = _present(session, table, rows["_id"])
            change = _update if kind == "update" else _delete
            if batch.exchange:
                _free(session, table, rows.filter(ids.is_valid()))
            change(session, table, rows.filter(ids.is_valid()))
        versions = _versions(session, table, ids) if kind != "delete" and table.modified else None
    return AllApplied(ids=ids, versions=versions)


def _insert(session: SqliteSession, table: SqlTable, rows: pa.Table) -> pa.ChunkedArray:
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


def _given_ids(table: SqlTable, rows: pa.Table) -> pa.ChunkedArray | None:
    """The ids that the rows bring, where the database keeps them as they are; asking it takes as long again."""
    import pyarrow.compute as pc

    if table.alters or any(
        key not in rows.column_names or affinity_of(table.columns[key]) != "TEXT" for key in table.keys
    ):
        return None
    ids = joined([as_text(rows[key]) for key in table.keys])
    return None if ids.null_count or pc.any(pc.equal(ids, "")).as_py() else ids


def _told_ids(session: SqliteSession, table: SqlTable, sql: str, values: pa.Table) -> pa.ChunkedArray:
    """Insert and ask for the ids that the database gave."""
    import pyarrow.compute as pc

    # '' instead of null: the driver takes the type of the column from its first rows.
    told = f"{sql} RETURNING coalesce({id_text(table)}, '') AS id"
    ids = session.table(told, values).column("id")
    if len(ids) != values.num_rows:
        raise RowRefusedError("a trigger or rule of the table did not keep the row", "not-kept")
    if pc.any(pc.equal(ids, "")).as_py():
        raise RowRefusedError(f"the record has no `{table.id}`, and the database gives it none", "no-id")
    return ids


def _update(session: SqliteSession, table: SqlTable, rows: pa.Table) -> None:
    """Write to each row only the fields that its `_set` names."""
    for names, part in by_set(rows):
        require_same_ids(table, part, names)
        if names:
            changes = ", ".join(f"{quote(name)} = ?" for name in names)
            sql = f"UPDATE {table.source} SET {changes} WHERE {has_id(table)}"
            session.run_many(sql, _storable(table, part, names, last=_keys(table, part)))


def _free(session: SqliteSession, table: SqlTable, rows: pa.Table) -> None:
    """Give up what must be unique, so that the rows can exchange it."""
    for names, part in by_set(rows):
        changes = [f"{quote(name)} = {sql}" for name, sql in free_values(table, names, _CHANCE).items()]
        if changes:
            sql = f"UPDATE {table.source} SET {', '.join(changes)} WHERE {has_id(table)}"
            session.run_many(sql, _storable(table, part, [], last=_keys(table, part)))


def _delete(session: SqliteSession, table: SqlTable, rows: pa.Table) -> None:
    if table.deleted is None:
        sql = f"DELETE FROM {table.source} WHERE {has_id(table)}"
    else:
        mark = mark_of_deletion(table.columns[table.deleted])
        sql = f"UPDATE {table.source} SET {quote(table.deleted)} = {mark} WHERE {has_id(table)}"
    session.run_many(sql, _storable(table, rows, [], last=_keys(table, rows)))


def _keys(table: SqlTable, rows: pa.Table) -> list[pa.ChunkedArray]:
    """The ids of the rows, taken apart into the columns of the key."""
    return split(rows["_id"], len(table.keys))


def _present(session: SqliteSession, table: SqlTable, ids: pa.ChunkedArray) -> pa.ChunkedArray:
    """The ids, null where the table has no such row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = _look_up(session, table, ids, "''")
    return pc.if_else(pc.is_in(ids, found["id"]), ids, pa.scalar(None, pa.string()))


def _versions(session: SqliteSession, table: SqlTable, ids: pa.ChunkedArray) -> pa.ChunkedArray:
    """The modified column after the write, triggers included, in the order of the ids."""
    import pyarrow.compute as pc

    found = _look_up(session, table, ids, quote(table.modified or ""))
    return found["value"].take(pc.index_in(ids, found["id"]))


def _look_up(session: SqliteSession, table: SqlTable, ids: pa.ChunkedArray, wanted: str) -> pa.Table:
    """Columns `id` and `value` of the rows with these ids, both as text."""
    sql = (
        "SELECT 'x' AS id, 'x' AS value UNION ALL "
        f"SELECT {id_text(table)}, CAST({wanted} AS TEXT) FROM {table.source} "
        f"WHERE {alive(table)} AND {among(table)}"
    )
    return session.table(sql, (listed(table, ids.to_pylist()),)).slice(1)


def _storable(
    table: SqlTable, rows: pa.Table, names: list[str], last: Sequence[pa.ChunkedArray] = ()
) -> pa.Table:
    """The named columns as parameters, in forms that SQLite keeps exactly; those of `last` go behind them."""
    import pyarrow as pa

    columns = [_bindable(rows[name], affinity_of(table.columns[name])) for name in names]
    columns += last
    return pa.Table.from_arrays(columns, names=[f"p{place}" for place in range(len(columns))])


def _bindable(column: pa.ChunkedArray, affinity: Affinity) -> pa.ChunkedArray:
    """Numbers and truth values as SQLite has them, unless the column is for text; all else as text."""
    import pyarrow as pa

    kind = column.type
    native = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    return column if native and affinity != "TEXT" else as_text(column)
