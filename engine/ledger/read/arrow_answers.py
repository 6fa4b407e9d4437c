"""Queries whose answer is an Arrow table of declared types: few rows through SQLAlchemy, many by the bulk way."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.ledger.database.arrow_types import arrow_schema, from_rows
from engine.ledger.database.transaction import chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sqlalchemy as sa

    from engine.ledger.database.port import Database


def table_of(database: Database, query: sa.Select[Any]) -> pa.Table:
    """The whole answer, in whatever order."""
    with database.reading() as connection:
        rows = connection.execute(query.limit(database.bulk_rows + 1)).all()
    if len(rows) <= database.bulk_rows:
        return from_rows(query, rows)
    with database.bulk_reading() as bulk:
        return bulk.table(query)


@contextmanager
def reader_of(database: Database, query: sa.Select[Any]) -> Iterator[pa.RecordBatchReader]:
    """The whole answer bit by bit; nothing else is asked meanwhile."""
    with database.reading() as connection:
        rows = connection.execute(query.limit(database.bulk_rows + 1)).all()
    if len(rows) <= database.bulk_rows:
        yield from_rows(query, rows).to_reader()
        return
    failed: list[Exception] = []
    with database.bulk_reading() as bulk:
        batches = _watched(bulk.batches(query), failed)
        try:
            yield pa.RecordBatchReader.from_batches(arrow_schema(query), batches)
        except Exception as error:
            # Whoever reads the batches only says that they ended; what the database said is what counts.
            raise (failed or [error])[0] from error


def _watched(batches: Iterator[pa.RecordBatch], failed: list[Exception]) -> Iterator[pa.RecordBatch]:
    try:
        yield from batches
    except Exception as error:
        failed.append(error)
        raise


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
