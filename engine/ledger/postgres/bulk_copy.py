"""PostgreSQL by COPY: any number of rows, as CSV that Arrow writes and reads, without a Python object a value.

CSV tells null from the empty text, and Arrow has a fast writer and reader of it. Bytes cross as hexadecimal.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from engine.ledger.database.arrow_types import arrow_schema, for_table, kind
from engine.ledger.database.transaction import Replacement, SqlTransaction, wholly
from engine.ledger.tables.server_text import column_escaped, column_unescaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engine.ledger.database.transaction import Row, Rows

#: Rows that are turned into CSV at once, and bytes of CSV that are turned into Arrow at once: bounds of memory.
_ROWS, _BYTES = 50_000, 8_000_000
#: The order of rows in a stage; the last one wins.
_POSITION = "position_"


class CopyTransaction(SqlTransaction):
    """A write transaction; what is more than new rows goes through a table of this connection, the stage."""

    def rows_by(self, query: sa.Select[Any], column: sa.Column[Any], values: Sequence[Any]) -> list[Row]:
        """See Work; a long list of values would be compared with each row."""
        wanted = _wanted(self._connection, column, pa.array(values))
        found = self.rows(query.where(column.in_(sa.select(wanted.c.id))))
        wanted.drop(self._connection)
        return found

    def insert(self, table: sa.Table, rows: Rows) -> None:
        """See WriteTransaction."""
        _copy_in(self._connection, table.name, for_table(table, rows))

    def upsert(self, table: sa.Table, rows: Rows, replacement: Replacement = wholly) -> None:
        """See Work; as with a statement a row, the last one of several for one key wins."""
        if not len(rows):
            return
        stage = self._stage(table, rows)
        names = [column.name for column in stage.c if column.name != _POSITION]
        keys = [stage.c[column.name] for column in table.primary_key]
        number = sa.func.row_number().over(partition_by=keys, order_by=stage.c[_POSITION].desc())
        numbered = sa.select(*[stage.c[name] for name in names], number.label("number_")).subquery()
        last = sa.select(*[numbered.c[name] for name in names]).where(numbered.c.number_ == 1)
        insert = postgresql.insert(table).from_select(names, last)
        changed = replacement(table, insert.excluded)
        self.run(insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed))
        stage.drop(self._connection)

    def update(self, table: sa.Table, rows: Rows) -> None:
        """See WriteTransaction."""
        if not len(rows):
            return
        stage = self._stage(table, rows)
        keys = {column.name for column in table.primary_key}
        names = [column.name for column in stage.c if column.name not in {_POSITION, *keys}]
        same = [table.c[key] == stage.c[key] for key in keys]
        self.run(sa.update(table).where(*same).values({name: stage.c[name] for name in names}))
        stage.drop(self._connection)

    def delete(self, table: sa.Table, rows: Rows) -> None:
        """See WriteTransaction."""
        if not len(rows):
            return
        stage = self._stage(table, rows)
        same = [table.c[column.name] == column for column in stage.c if column.name != _POSITION]
        self.run(sa.delete(table).where(*same))
        stage.drop(self._connection)

    def _stage(self, table: sa.Table, rows: Rows) -> sa.Table:
        """The rows in a table of this connection."""
        arrow = for_table(table, rows)
        columns = [sa.Column(name, table.c[name].type) for name in arrow.column_names]
        columns.append(sa.Column(_POSITION, sa.BigInteger()))
        positions = pa.array(range(arrow.num_rows), pa.int64())
        return _staged(self._connection, columns, arrow.append_column(_POSITION, positions))


class CopyReading:
    """Whole tables out of a snapshot; see Bulk."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def table(self, query: sa.Select[Any]) -> pa.Table:
        """See Bulk."""
        return pa.Table.from_batches(self.batches(query), arrow_schema(query))

    def batches(self, query: sa.Select[Any]) -> Iterator[pa.RecordBatch]:
        """See Bulk."""
        wanted = arrow_schema(query)
        rows = query.subquery()
        written = [_as_text(column) for column in rows.c]
        compiled = sa.select(*written).compile(
            dialect=self._connection.dialect, compile_kwargs={"render_postcompile": True}
        )
        for block in _copied_out(self._connection, compiled.string, compiled.params):
            yield from _from_csv(block, wanted).to_batches()

    def table_by_ids(self, query: sa.Select[Any], column: sa.Column[Any], ids: pa.Array) -> pa.Table:
        """See Bulk; the ids go into a table of this connection."""
        wanted = _wanted(self._connection, column, ids)
        found = self.table(query.where(column.in_(sa.select(wanted.c.id))))
        wanted.drop(self._connection)
        return found


def _wanted(connection: sa.Connection, column: sa.Column[Any], ids: pa.Array) -> sa.Table:
    """A table of this connection with these ids, as values of a column."""
    arrow = pa.int64() if kind(column) == "integer" else pa.string()
    # The index keeps a plan harmless that takes a new table for nearly empty and asks here for each of its rows.
    id_ = sa.Column("id", column.type, index=True)
    return _staged(connection, [id_], pa.table({"id": ids.cast(arrow)}))


def _staged(connection: sa.Connection, columns: list[sa.Column[Any]], rows: pa.Table) -> sa.Table:
    """A table of this connection with these rows, for the rest of the transaction."""
    options: dict[str, Any] = {"prefixes": ["TEMPORARY"], "postgresql_on_commit": "DROP"}
    stage = sa.Table("stage_", sa.MetaData(), *columns, **options)
    stage.create(connection, checkfirst=False)
    _copy_in(connection, stage.name, rows)
    # The server knows no sizes here and would walk all of it for each row.
    connection.execute(sa.text("ANALYZE stage_"))
    return stage


def _copy_in(connection: sa.Connection, table: str, rows: pa.Table) -> None:
    """Append rows to a table."""
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name in rows.column_names)
    with (
        _driver(connection).cursor() as cursor,
        cursor.copy(f"COPY {quote(table)} ({names}) FROM STDIN (FORMAT csv)") as copy,
    ):
        for start in range(0, rows.num_rows, _ROWS):
            copy.write(_to_csv(rows.slice(start, _ROWS)))


def _copied_out(connection: sa.Connection, query: str, values: dict[str, Any]) -> Iterator[bytes]:
    """The answer as CSV in blocks of whole rows."""
    statement = f"COPY ({query}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)"
    rows: list[bytes] = []
    size = 0
    with _driver(connection).cursor() as cursor, cursor.copy(statement, values) as copy:
        for row in copy:
            rows.append(bytes(row))
            size += len(row)
            if size > _BYTES:
                yield b"".join(rows)
                rows, size = [], 0
    if rows:
        yield b"".join(rows)


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection


def _to_csv(rows: pa.Table) -> memoryview:
    columns = {name: _written(rows[name]) for name in rows.column_names}
    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(pa.table(columns), sink, pyarrow.csv.WriteOptions(include_header=False))
    return memoryview(sink.getvalue())


def _written(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as the server takes it."""
    if pa.types.is_binary(column.type):
        chunks = [_to_hex(chunk) for chunk in column.chunks]
        return pc.binary_join_element_wise("\\x", pa.chunked_array(chunks, pa.string()), "")
    return column_escaped(column) if pa.types.is_string(column.type) else column


def _as_text(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A column as Arrow can read it."""
    return sa.func.encode(column, "hex") if kind(column) == "large_binary" else column


def _from_csv(block: bytes, wanted: pa.Schema) -> pa.Table:
    types = {field.name: pa.string() if pa.types.is_binary(field.type) else field.type for field in wanted}
    table = pyarrow.csv.read_csv(
        pa.BufferReader(block),
        read_options=pyarrow.csv.ReadOptions(column_names=wanted.names, block_size=len(block) + 1),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )
    columns = [_read(table[field.name], field.type) for field in wanted]
    return pa.Table.from_arrays(columns, schema=wanted)


def _read(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_binary(wanted):
        return pa.chunked_array([_from_hex(chunk) for chunk in column.chunks], pa.binary())
    return column_unescaped(column) if pa.types.is_string(wanted) else column


def _to_hex(array: pa.Array) -> pa.Array:
    """Bytes as hexadecimal text."""
    return _recoded(array, binascii.hexlify, pa.string(), lambda places: pc.multiply(places, 2))


def _from_hex(array: pa.Array) -> pa.Array:
    """Hexadecimal text as bytes."""
    return _recoded(array, binascii.unhexlify, pa.binary(), lambda places: pc.divide(places, 2))


def _recoded(
    array: pa.Array, recode: Callable[[Any], bytes], kind_: pa.DataType, move: Callable[[pa.Array], pa.Array]
) -> pa.Array:
    """Every value recoded: their whole memory at once, and each one's place in it moved."""
    if array.null_count == len(array):
        return pa.nulls(len(array), kind_)
    _, places, memory = array.buffers()
    ends = pa.Array.from_buffers(pa.int32(), len(array) + 1, [None, places], offset=array.offset)
    first, last = ends[0].as_py(), ends[-1].as_py()
    recoded = pa.py_buffer(recode(memoryview(memory)[first:last]))
    moved = move(pc.subtract(ends, first)).cast(pa.int32())
    values = pa.Array.from_buffers(kind_, len(array), [None, moved.buffers()[1], recoded])
    return pc.if_else(array.is_valid(), values, None)
