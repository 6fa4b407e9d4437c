"""Queries whose answer is an Arrow table of declared types: few rows through SQLAlchemy, many through ADBC.

ADBC guesses the types of SQLite's columns from the first rows: a column that begins with nulls, or an empty
answer, would come as integers. So a row of typed values is put in front of the query and taken away again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlalchemy as sa

from engine.ledger.database import BULK_ROWS, BulkWork, Database

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Lives in one connection, for one query.
_WANTED = sa.table("wanted", sa.column("text_id", sa.Text), sa.column("number_id", sa.Integer))
#: Parameters of one query; SQLite allows 32,766, but the plan of each length is kept.
_CHUNK = 500


def table_of(database: Database, query: sa.Select[Any]) -> pa.Table:
    """The whole answer, in whatever order."""
    with database.reading() as connection:
        rows = connection.execute(query.limit(BULK_ROWS + 1)).all()
    if len(rows) <= BULK_ROWS:
        return _from_rows(query, rows)
    with database.bulk_reading() as work:
        return _typed(work, query)


def table_by_ids(
    database: Database, query: sa.Select[Any], column: sa.Column[Any], ids: pa.Array
) -> pa.Table:
    """The rows of the answer whose `column` is one of `ids`, in whatever order; an unknown id has no row."""
    if len(ids) > BULK_ROWS:
        return _by_many_ids(database, query, column, ids)
    rows: list[sa.Row[Any]] = []
    with database.reading() as connection:
        for chunk in chunks(ids.to_pylist()):
            rows += connection.execute(query.where(column.in_(chunk))).all()
    return _from_rows(query, rows)


def chunks(ids: Sequence[Any]) -> list[Sequence[Any]]:
    """The ids in portions that one query can name."""
    return [ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK)]


def _by_many_ids(
    database: Database, query: sa.Select[Any], column: sa.Column[Any], ids: pa.Array
) -> pa.Table:
    """As `table_by_ids`; the ids go into a table of this connection."""
    wanted = _WANTED.c.number_id if isinstance(column.type, sa.Integer) else _WANTED.c.text_id
    with database.bulk_reading() as work:
        work.run(sa.text("CREATE TEMP TABLE wanted (text_id TEXT, number_id INTEGER)"))
        kind = pa.int64() if wanted is _WANTED.c.number_id else pa.string()
        work.many(sa.insert(_WANTED), pa.table({wanted.name: ids.cast(kind)}))
        # Not as a join: SQLite knows no sizes here and would walk all wanted ids for each link.
        return _typed(work, query.where(column.in_(sa.select(wanted))))


def _typed(work: BulkWork, query: sa.Select[Any]) -> pa.Table:
    """The answer through ADBC with declared types."""
    first = [_GUIDES[_kind(column)].label(column.name) for column in query.selected_columns]
    table = work.table(sa.union_all(sa.select(*first), query))
    return table.slice(1).cast(arrow_schema(query))


def _from_rows(query: sa.Select[Any], rows: Sequence[sa.Row[Any]]) -> pa.Table:
    wanted = arrow_schema(query)
    columns = list(zip(*rows, strict=True)) or [()] * len(wanted)
    arrays = [pa.array(values, type=field.type) for values, field in zip(columns, wanted, strict=True)]
    return pa.Table.from_arrays(arrays, schema=wanted)


def arrow_schema(query: sa.Select[Any]) -> pa.Schema:
    """The declared types of a query's columns."""
    return pa.schema([(column.name, _ARROW[_kind(column)]) for column in query.selected_columns])


def _kind(column: sa.ColumnElement[Any]) -> str:
    return column.type.__visit_name__


_ARROW = {"integer": pa.int64(), "text": pa.string(), "large_binary": pa.binary()}
_GUIDES: dict[str, sa.ColumnElement[Any]] = {
    "integer": sa.literal_column("-1"),
    "text": sa.literal_column("''"),
    "large_binary": sa.literal_column("x''"),
}
