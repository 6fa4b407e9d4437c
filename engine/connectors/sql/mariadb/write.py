"""Writing a batch to MariaDB or MySQL: statements of many rows in one transaction.

Values travel as parameters, which the driver writes into the statement itself; the server does it no other way
for many rows at once.
"""

# ruff: noqa: S608 - statements hold quoted names; values are always parameters
from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from engine.connectors.columns import as_text, by_set, fields_of
from engine.connectors.port import AllApplied
from engine.connectors.sql.failures import RowRefusedError
from engine.connectors.sql.filled import insert_filled
from engine.connectors.sql.free_values import Chance, free_values
from engine.connectors.sql.mariadb.forms import alive, among, bound, keys_of, mark_of_deletion, quote
from engine.connectors.sql.mariadb.read import rows_of
from engine.connectors.sql.record_ids import joined, require_same_ids, split

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from engine.connectors.port import Batch
    from engine.connectors.sql.mariadb.session import MariadbSession
    from engine.connectors.sql.table import SqlTable

_STAGE = "engine_stage"
_ROWS_AT_ONCE = 2_000
_CHANCE = Chance(text="MD5(CONCAT(RAND(), UUID()))", number="-FLOOR(1 + RAND() * 1000000000)")


def apply(session: MariadbSession, table: SqlTable, batch: Batch) -> AllApplied:
    """Write the rows in one transaction; an id is null where there was no row. Raises RowRefusedError."""
    kind, rows = batch.kind, batch.table
    with session.transaction():
        if kind == "create":
            ids = insert_filled(table, rows, partial(_insert, session, table))
            if table.alters and _present(session, table, ids, lock=False).null_count:
                raise RowRefusedError("a trigger of the table did not keep the row", "not-kept")
        else:
            ids = _present(session, table, rows["_id"], lock=True)
            change = _update if kind == "update" else _delete
            if batch.exchange:
                _free(session, table, rows.filter(ids.is_valid()))
            change(session, table, rows.filter(ids.is_valid()))
        versions = _versions(session, table, ids) if kind != "delete" and table.modified else None
    return AllApplied(ids=ids, versions=versions)


def create_table(session: MariadbSession, name: str, keys: tuple[str, ...], batch: Batch) -> None:
    """Make the table that a batch needs: every field as text, exactly; the id as the key."""
    fields = fields_of(batch.table)
    counted = len(keys) == 1 and keys[0] not in fields
    columns = [f"{quote(key)} {'BIGINT AUTO_INCREMENT' if counted else 'VARCHAR(191)'}" for key in keys]
    columns += [f"{quote(field)} LONGTEXT" for field in fields if field not in keys]
    key = ", ".join(map(quote, keys))
    session.run(
        f"CREATE TABLE {quote(name)} ({', '.join(columns)}, PRIMARY KEY ({key})) "
        "ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    )


def _insert(session: MariadbSession, table: SqlTable, rows: pa.Table) -> pa.ChunkedArray:
    """Insert the rows; gives their ids in order, as the database keeps them."""
    import pyarrow as pa

    names = fields_of(rows)
    given = _given_ids(table, rows)
    if given is None and table.id in names:
        names.remove(table.id)
    columns = ", ".join(quote(name) for name in names)
    into = f"INSERT INTO {table.source} ({columns}) VALUES "
    ids: list[int] = []
    for values in _portions(session, [as_text(rows[name]) for name in names], table, names, rows.num_rows):
        first = session.run(into + _places(values), [one for row in values for one in row])
        ids += range(first, first + len(values) * session.id_step, session.id_step)
    if given is None:
        return pa.chunked_array([pa.array(ids, pa.int64()).cast(pa.string())])
    if table.alters or any(table.columns[key].base not in ("varchar", "text") for key in table.keys):
        _require_kept(session, table, given)
    return given


def _given_ids(table: SqlTable, rows: pa.Table) -> pa.ChunkedArray | None:
    """The ids that the rows bring; None if the database counts them. Raises RowRefusedError if it does not."""
    import pyarrow.compute as pc

    brought = all(key in rows.column_names for key in table.keys)
    ids = joined([as_text(rows[key]) for key in table.keys]) if brought else None
    if ids is None or ids.null_count == len(ids):
        if table.counted:
            return None
        raise RowRefusedError(f"the record has no `{table.id}`, and the database gives it none", "no-id")
    if ids.null_count or pc.any(pc.equal(ids, "")).as_py():
        raise RowRefusedError(f"the record has no `{table.id}`, but others of its batch do", "no-id")
    return ids


def _require_kept(session: MariadbSession, table: SqlTable, ids: pa.ChunkedArray) -> None:
    """Raises RowRefusedError if the database keeps an id other than as it was given: 7 for 007."""
    if _present(session, table, ids, lock=False).null_count:
        raise RowRefusedError(f"the database does not keep the id `{table.id}` as it is given", "id-form")


def _update(session: MariadbSession, table: SqlTable, rows: pa.Table) -> None:
    """Write to each row only the fields that its `_set` names."""
    for names, part in by_set(rows):
        require_same_ids(table, part, names)
        kept = [name for name in names if name not in table.keys]
        if kept:
            _stage(session, table, part, kept)
            changes = ", ".join(f"t.{quote(name)} = s.p{place}" for place, name in enumerate(kept))
            on = " AND ".join(f"t.{quote(key)} = s.k{place}" for place, key in enumerate(table.keys))
            session.run(f"UPDATE {_STAGE} AS s STRAIGHT_JOIN {table.source} AS t ON {on} SET {changes}")
            session.run(f"DROP TEMPORARY TABLE {_STAGE}")


def _free(session: MariadbSession, table: SqlTable, rows: pa.Table) -> None:
    """Give up what must be unique, so that the rows can exchange it."""
    for names, part in by_set(rows):
        changes = [f"{quote(name)} = {sql}" for name, sql in free_values(table, names, _CHANCE).items()]
        for some in _keys(table, part["_id"]) if changes else ():
            sql = f"UPDATE {table.source} SET {', '.join(changes)} WHERE {among(table, len(some))}"
            session.run(sql, [key for keys in some for key in keys])


def _stage(session: MariadbSession, table: SqlTable, rows: pa.Table, names: list[str]) -> None:
    """Put ids and values into a temporary table whose columns are of the types of the table itself."""
    wanted = [f"{quote(name)} AS k{place}" for place, name in enumerate(table.keys)]
    wanted += [f"{quote(name)} AS p{place}" for place, name in enumerate(names)]
    session.run(f"CREATE TEMPORARY TABLE {_STAGE} SELECT {', '.join(wanted)} FROM {table.source} LIMIT 0")
    columns = [*split(rows["_id"], len(table.keys)), *(as_text(rows[name]) for name in names)]
    for values in _portions(session, columns, table, [*table.keys, *names], rows.num_rows):
        session.run(f"INSERT INTO {_STAGE} VALUES " + _places(values), [one for row in values for one in row])


def _delete(session: MariadbSession, table: SqlTable, rows: pa.Table) -> None:
    """Delete the rows, or set the mark of deletion."""
    if table.deleted is None:
        what = f"DELETE FROM {table.source}"
    else:
        mark = mark_of_deletion(table.columns[table.deleted])
        what = f"UPDATE {table.source} SET {quote(table.deleted)} = {mark}"
    for some in _keys(table, rows["_id"]):
        session.run(f"{what} WHERE {among(table, len(some))}", [key for keys in some for key in keys])


def _present(
    session: MariadbSession, table: SqlTable, ids: pa.ChunkedArray, *, lock: bool
) -> pa.ChunkedArray:
    """The ids, null where the table has no such row; with `lock` the rows stay as they are until the end."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = _look_up(session, table, ids, [table.id], " FOR UPDATE" if lock else "")[table.id]
    return pc.if_else(pc.is_in(ids, found.combine_chunks()), ids, pa.scalar(None, pa.string()))


def _versions(session: MariadbSession, table: SqlTable, ids: pa.ChunkedArray) -> pa.ChunkedArray:
    """The modified column after the write, triggers included, in the order of the ids."""
    import pyarrow.compute as pc

    modified = table.modified or table.id
    found = _look_up(session, table, ids, [table.id, modified], "")
    return found[modified].take(pc.index_in(ids, found[table.id].combine_chunks()))


def _look_up(
    session: MariadbSession, table: SqlTable, ids: pa.ChunkedArray, names: list[str], end: str
) -> pa.Table:
    """The named columns of the rows with these ids, as text."""
    import pyarrow as pa

    parts = [pa.table({name: pa.array([], pa.string()) for name in names})]
    for some in _keys(table, ids):
        where = f"{among(table, len(some))} AND {alive(table, 'q')}{end}"
        parts += rows_of(session, table, names, where, tuple(key for keys in some for key in keys))
    return pa.concat_tables(parts)


def _keys(table: SqlTable, ids: pa.ChunkedArray) -> Iterator[list[tuple[Any, ...]]]:
    """Ids as parameters of statements, those left out that no row can have."""
    asked = [keys for one in ids.to_pylist() if one is not None and (keys := keys_of(table, one))]
    for start in range(0, len(asked), _ROWS_AT_ONCE):
        yield asked[start : start + _ROWS_AT_ONCE]


def _portions(
    session: MariadbSession, columns: list[pa.ChunkedArray], table: SqlTable, names: list[str], size: int
) -> Iterator[list[tuple[Any, ...]]]:
    """Rows of parameters, so many at once as fit into one statement."""
    starts = _starts(session, columns, size)
    for start, end in pairwise((*starts, size)):
        values = [
            bound(table.columns[name], column.slice(start, end - start))
            for name, column in zip(names, columns, strict=True)
        ]
        yield list(zip(*values, strict=True)) if values else [()] * (end - start)


def _starts(session: MariadbSession, columns: list[pa.ChunkedArray], size: int) -> list[int]:
    """At which rows a new statement begins: none is longer than the server takes. Raises RowRefusedError."""
    import pyarrow.compute as pc

    room = session.packet_bytes // 4  # a value may grow twofold when its special characters are escaped
    lengths = [0] * size
    for column in columns:
        sizes = pc.fill_null(pc.binary_length(column), 0).to_pylist()
        lengths = [so_far + one + 8 for so_far, one in zip(lengths, sizes, strict=True)]
    starts, used = [0], 0
    for place, length in enumerate(lengths):
        if length * 2 > session.packet_bytes:
            raise RowRefusedError(
                "the record is longer than the server takes (max_allowed_packet)", "too-long"
            )
        if place > starts[-1] and (used + length > room or place - starts[-1] == _ROWS_AT_ONCE):
            starts.append(place)
            used = 0
        used += length
    return starts


def _places(values: list[tuple[Any, ...]]) -> str:
    return ", ".join([f"({', '.join(['%s'] * len(values[0]))})"] * len(values))
