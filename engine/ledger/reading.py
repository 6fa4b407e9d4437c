"""Queries whose answer is an Arrow table of declared types: few rows through SQLAlchemy, many by the bulk way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.ledger.typed import from_rows
from engine.ledger.work import chunks

if TYPE_CHECKING:
    import pyarrow as pa
    import sqlalchemy as sa

    from engine.ledger.database import Database


def table_of(database: Database, query: sa.Select[Any]) -> pa.Table:
    """The whole answer, in whatever order."""
    with database.reading() as connection:
        rows = connection.execute(query.limit(database.bulk_rows + 1)).all()
    if len(rows) <= database.bulk_rows:
        return from_rows(query, rows)
    with database.bulk_reading() as bulk:
        return bulk.table(query)


def table_by_ids(
    database: Database, query: sa.Select[Any], column: sa.Column[Any], ids: pa.Array
) -> pa.Table:
    """The rows of the answer whose `column` is one of `ids`, in whatever order; an unknown id has no row."""
    if len(ids) > database.bulk_rows:
        with database.bulk_reading() as bulk:
            return bulk.table_by_ids(query, column, ids)
    rows: list[sa.Row[Any]] = []
    with database.reading() as connection:
        for chunk in chunks(ids.to_pylist()):
            rows += connection.execute(query.where(column.in_(chunk))).all()
    return from_rows(query, rows)
