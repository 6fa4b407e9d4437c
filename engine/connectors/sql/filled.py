"""Filled: new rows are inserted without the columns that they have no value for, so that a table's defaults apply.

A column without a default is null either way and stays, so there are as many statements as the defaults need.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pyarrow as pa

    from engine.connectors.sql.table import SqlTable


def without_defaults(table: SqlTable, names: Iterable[str]) -> SqlTable:
    """The table as if these columns had no default: a null is written to them as it is."""
    explicit = {
        name: replace(table.columns[name], defaulted=False) for name in names if name in table.columns
    }
    return replace(table, columns={**table.columns, **explicit}) if explicit else table


def insert_filled(
    table: SqlTable, rows: pa.Table, insert: Callable[[pa.Table], pa.ChunkedArray]
) -> pa.ChunkedArray:
    """Insert rows in groups that have values for the same columns; gives their ids in the order of the rows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    sparse = [name for name, one in table.columns.items() if one.defaulted and _has_gaps(rows, name)]
    if not sparse:
        return insert(rows)
    marks = [pc.if_else(rows[name].is_valid(), "1", "0") for name in sparse]
    filled = pc.binary_join_element_wise(*marks, "")
    places, ids = [], []
    for one in filled.unique().to_pylist():
        found = pc.indices_nonzero(pc.equal(filled, one))
        empty = [name for name, mark in zip(sparse, one, strict=True) if mark == "0"]
        places.append(found)
        ids += insert(rows.take(found).drop_columns(empty)).chunks
    return pa.chunked_array(ids).take(pc.sort_indices(pa.chunked_array(places)))


def _has_gaps(rows: pa.Table, name: str) -> bool:
    return name in rows.column_names and rows[name].null_count > 0
