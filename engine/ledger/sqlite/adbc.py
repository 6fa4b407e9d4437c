"""SQLite through ADBC: any number of rows, as Arrow tables and without a Python object a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from engine.ledger.database.arrow_types import arrow_schema, kind
from engine.ledger.database.transaction import StatementTransaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.ledger.database.transaction import Rows

#: Rows that are handed on at once.
_BATCH_ROWS = 50_000
#: Lives in one connection, for one query.
_WANTED = sa.table("wanted", sa.column("text_id", sa.Text), sa.column("number_id", sa.Integer))


class AdbcTransaction(StatementTransaction):
    """A cursor of ADBC, to write and to read through."""

    dialect = "sqlite"

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def run(self, statement: sa.Executable) -> None:
        """See WriteTransaction."""
        text, values = _compiled(statement)
        self._cursor.execute(text, values or None)

    def rows(self, statement: sa.Select[Any]) -> list[tuple[Any, ...]]:
        """See WriteTransaction."""
        self.run(statement)
        return [tuple(row) for row in self._cursor.fetchall()]

    def many(self, statement: sa.Executable, rows: Rows) -> None:
        """See StatementTransaction."""
        table = pa.Table.from_pylist([dict(row) for row in rows]) if isinstance(rows, Sequence) else rows
        if not table.num_rows:
            return
        compiled = statement.compile(dialect=sqlite.dialect(), column_keys=table.column_names)  # type: ignore[attr-defined]  # every Core statement compiles; Executable does not say so
        columns = [
            table[name] if name in table.column_names else _constant(compiled.params[name], table.num_rows)
            for name in compiled.positiontup
        ]
        self._cursor.executemany(
            compiled.string, pa.table(columns, names=[str(n) for n in range(len(columns))])
        )

    def table(self, query: sa.Select[Any]) -> pa.Table:
        """See Bulk."""
        return pa.Table.from_batches(self.batches(query), arrow_schema(query))

    def batches(self, query: sa.Select[Any]) -> Iterator[pa.RecordBatch]:
        """See Bulk.

        ADBC guesses the types of SQLite's columns from the first rows: a column that begins with nulls, or an
        empty answer, would come as integers. So a row of typed values is put in front and taken away again.
        """
        guides = [_GUIDES[kind(column)].label(column.name) for column in query.selected_columns]
        text, values = _compiled(sa.union_all(sa.select(*guides), query))
        self._cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(_BATCH_ROWS)})
        self._cursor.execute(text, values or None)
        wanted, guide = arrow_schema(query), 1
        with self._cursor.fetch_record_batch() as reader:
            for batch in reader:
                yield batch.slice(guide).cast(wanted)
                guide = 0

    def table_by_ids(self, query: sa.Select[Any], column: sa.Column[Any], ids: pa.Array) -> pa.Table:
        """See Bulk; the ids go into a table of this connection."""
        wanted = _WANTED.c.number_id if isinstance(column.type, sa.Integer) else _WANTED.c.text_id
        self.run(sa.text("CREATE TEMP TABLE wanted (text_id TEXT, number_id INTEGER)"))
        arrow = pa.int64() if wanted is _WANTED.c.number_id else pa.string()
        self.many(sa.insert(_WANTED), pa.table({wanted.name: ids.cast(arrow)}))
        # Not as a join: SQLite knows no sizes here and would walk all wanted ids for each link.
        return self.table(query.where(column.in_(sa.select(wanted))))


def _compiled(statement: sa.Executable) -> tuple[str, tuple[Any, ...]]:
    """The statement as SQLite text with its values in order."""
    options = {"render_postcompile": True}
    compiled = statement.compile(dialect=sqlite.dialect(), compile_kwargs=options)  # type: ignore[attr-defined]  # as above
    return compiled.string, tuple(compiled.params[name] for name in compiled.positiontup or ())


def _constant(value: Any, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(value), rows)


_GUIDES: dict[str, sa.ColumnElement[Any]] = {
    "integer": sa.literal_column("-1"),
    "text": sa.literal_column("''"),
    "large_binary": sa.literal_column("x''"),
}
