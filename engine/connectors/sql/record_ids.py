"""Ids of records whose key has several columns: `10248/11`; of one column the id is its value.

Inside a part `/` is written `%2F` and `%` is written `%25`, so that every id has exactly one reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.connectors.columns import as_text
from engine.connectors.sql.failures import RowRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

    from engine.connectors.sql.table import SqlTable


def joined(parts: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray:
    """Ids of their parts, which are text; null where a part is null."""
    import pyarrow.compute as pc

    if len(parts) == 1:
        return parts[0]
    safe = [pc.replace_substring(pc.replace_substring(one, "%", "%25"), "/", "%2F") for one in parts]
    return pc.binary_join_element_wise(*safe, "/")


def joined_sql(
    parts: Sequence[str], replace_sql: Callable[[str, str, str], str], join: Callable[..., str]
) -> str:
    """The same in SQL: `replace_sql` replaces one text in a value by another, `join` concatenates."""
    if len(parts) == 1:
        return parts[0]
    safe = [replace_sql(replace_sql(one, "%", "%25"), "/", "%2F") for one in parts]
    between = [item for one in safe for item in ("'/'", one)][1:]
    return join(*between)


def parts_of(identity: str, count: int) -> tuple[str, ...] | None:
    """The parts of an id; None = no row can have it."""
    if count == 1:
        return (identity,)
    parts = tuple(one.replace("%2F", "/").replace("%25", "%") for one in identity.split("/"))
    return parts if len(parts) == count else None


def split(ids: pa.ChunkedArray, count: int) -> list[pa.ChunkedArray]:
    """The parts of ids, a column each; null where no row can have the id."""
    import pyarrow as pa

    if count == 1:
        return [ids]
    nothing = (None,) * count
    rows = [(parts_of(one, count) or nothing) if one is not None else nothing for one in ids.to_pylist()]
    return [pa.chunked_array([pa.array([row[place] for row in rows], pa.string())]) for place in range(count)]


def require_same_ids(table: SqlTable, rows: pa.Table, names: Sequence[str]) -> None:
    """Raises RowRefusedError if an update that writes these fields would give a record another id."""
    import pyarrow.compute as pc

    if not set(names) & set(table.keys):
        return
    for key, part in zip(table.keys, split(rows["_id"], len(table.keys)), strict=True):
        if key in names and not pc.all(pc.equal(as_text(rows[key]), part), skip_nulls=False).as_py():
            raise RowRefusedError(f"an update must not change the id `{key}`", "id-change")
