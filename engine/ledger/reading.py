"""Queries whose answer is an Arrow table of declared types: few rows through SQLAlchemy, many by the bulk way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.ledger.typed import from_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    import sqlalchemy as sa

    from engine.ledger.database import Database

#: Parameters of one query; SQLite allows 32,766, but the plan of each length is kept.
_CHUNK = 500


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


def chunks(ids: Sequence[Any]) -> list[Sequence[Any]]:
    """The ids in portions that one query can name."""
    return [ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK)]
