"""Answers and rows as Arrow tables whose types are declared by the ledger's columns, never guessed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    import sqlalchemy as sa

    from engine.ledger.database.transaction import Rows

_ARROW = {
    "integer": pa.int64(),
    "text": pa.string(),
    "large_binary": pa.binary(),
    "boolean": pa.bool_(),
    "float": pa.float64(),
}


def kind(column: sa.ColumnElement[Any]) -> str:
    """The name of a column's declared type."""
    return column.type.__visit_name__


def arrow_schema(query: sa.Select[Any]) -> pa.Schema:
    """The declared types of a query's columns."""
    return pa.schema([(column.name, _ARROW[kind(column)]) for column in query.selected_columns])


def from_rows(query: sa.Select[Any], rows: Sequence[sa.Row[Any]]) -> pa.Table:
    """The rows that a query answered with."""
    wanted = arrow_schema(query)
    columns = list(zip(*rows, strict=True)) or [()] * len(wanted)
    arrays = [pa.array(values, type=field.type) for values, field in zip(columns, wanted, strict=True)]
    return pa.Table.from_arrays(arrays, schema=wanted)


def for_table(table: sa.Table, rows: Rows) -> pa.Table:
    """Rows that are to go into a table, with the types of its columns."""
    if isinstance(rows, Sequence):
        names = list(rows[0]) if rows else []
        wanted = pa.schema([(name, _ARROW[kind(table.c[name])]) for name in names])
        return pa.Table.from_pylist([dict(row) for row in rows], schema=wanted)
    return rows.cast(pa.schema([(name, _ARROW[kind(table.c[name])]) for name in rows.column_names]))
