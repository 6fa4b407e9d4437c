"""Reading a MariaDB or MySQL table as Arrow pages of exact text, in one snapshot.

The server writes each row as a line of CSV, so that Python holds one object a row and Arrow finds the values.
"""

# ruff: noqa: S608 - statements hold quoted names; values are always parameters
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.connectors.columns import empty_table
from engine.connectors.port import Page, ReadRequest
from engine.connectors.sql.failures import RowRefusedError
from engine.connectors.sql.mariadb.forms import alive, among, keys_of, line_of, moment, quote, text_of
from engine.connectors.sql.table import no_cursor, require_known_ids, shared_id
from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from engine.connectors.sql.mariadb.session import MariadbSession
    from engine.connectors.sql.table import SqlTable


def read(session: MariadbSession, table: SqlTable, request: ReadRequest) -> Iterator[Page]:
    """Pages of text columns in one snapshot, null as null. Rows whose time of change is null always come."""
    names = list(dict.fromkeys(name for name in (table.id, table.modified, *request.fields) if name))
    table.require(names)
    where, parameters = _condition(table, request)
    held = empty_table(names)
    with session.snapshot():
        _require_unique_ids(session, table)
        try:
            for rows in rows_of(session, table, names, where, parameters):
                require_known_ids(table, rows)
                kept = rows if request.ids is None else _exactly(rows, table.id, request.ids)
                if held.num_rows:
                    yield Page(table=held)
                held = kept
        except RowRefusedError as refused:
            raise UserError(f"`{table.stream}` could not be read to its end: {refused.words}.") from refused
    yield Page(table=held, complete=True)


def rows_of(
    session: MariadbSession, table: SqlTable, names: list[str], where: str, parameters: tuple[Any, ...]
) -> Iterator[pa.Table]:
    """The named columns of the rows that a condition on `q` allows, as text."""
    sql = f"SELECT {line_of(table, names)} FROM {table.source} AS q WHERE {where}"
    for lines in session.lines(sql, parameters):
        if None in lines:
            raise UserError(
                f"`{table.stream}` has a row that is longer than the server may send (max_allowed_packet).",
                remedy="Raise max_allowed_packet of the server, or read fewer fields.",
            )
        yield _parsed(b"".join((line or b"") + b"\n" for line in lines), names)


def _parsed(text: bytes, names: list[str]) -> pa.Table:
    """Lines of CSV as columns of text."""
    import pyarrow as pa
    from pyarrow import csv

    return csv.read_csv(
        pa.BufferReader(text),
        read_options=csv.ReadOptions(column_names=names, block_size=len(text) + 1),
        parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _exactly(rows: pa.Table, name: str, ids: tuple[str, ...]) -> pa.Table:
    """The rows with these ids as they read: the server also finds `ada` when asked for `ADA`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return rows.filter(pc.is_in(rows[name], pa.array(ids, pa.string())))


def _condition(table: SqlTable, request: ReadRequest) -> tuple[str, tuple[Any, ...]]:
    """The WHERE part and its parameters; values never become part of the statement."""
    parts, parameters = [alive(table, "q")], []
    if request.ids is not None:
        asked = [keys for one in request.ids if (keys := keys_of(table, one))]
        parts.append(among(table, len(asked)))
        parameters += [key for keys in asked for key in keys]
    if request.since is not None:
        if table.modified is None:
            raise no_cursor(table)
        name = quote(table.modified)
        parts.append(f"({name} >= %s OR {name} IS NULL)")
        parameters.append(moment(table.columns[table.modified], request.since))
    return " AND ".join(parts), tuple(parameters)


def _require_unique_ids(session: MariadbSession, table: SqlTable) -> None:
    """Raises UserError if two rows have one id; where the id has a unique index they cannot."""
    if table.indexed:
        return
    key = text_of(table, table.id)
    twice = session.rows(
        f"SELECT {key} FROM {table.source} AS q WHERE {key} IS NOT NULL AND {alive(table, 'q')} "
        f"GROUP BY BINARY {key} HAVING COUNT(*) > 1 LIMIT 1"
    )
    if twice:
        raise shared_id(table, str(twice[0][0]))
