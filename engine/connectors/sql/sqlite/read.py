"""Reading a table as Arrow pages of exact text, without a Python object a record.

The driver guesses each column's type from its first batch and SQLite keeps any value in any column, so every
value is asked for as text, and one row of text in front fixes the guess.
"""

# ruff: noqa: S608 - statements hold quoted names; values are always parameters
from __future__ import annotations

import json
from typing import TYPE_CHECKING

from engine.connectors.columns import empty_table
from engine.connectors.port import Page, ReadRequest
from engine.connectors.sql.failures import RowRefusedError
from engine.connectors.sql.sqlite.forms import alive, among, id_text, listed, quote, text_of
from engine.connectors.sql.table import no_cursor, require_known_ids, shared_id
from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from engine.connectors.sql.sqlite.session import SqliteSession
    from engine.connectors.sql.table import SqlTable

_ISO_SECONDS = len("2026-01-31T10:00:00")
_DAY = len("2026-01-31")


def read(session: SqliteSession, table: SqlTable, request: ReadRequest) -> Iterator[Page]:
    """Pages of text columns in one snapshot, null as null. Rows whose time of change is null always come."""
    names = list(dict.fromkeys(name for name in (table.id, table.modified, *request.fields) if name))
    table.require(names)
    _require_unique_ids(session, table)
    where, parameters = _condition(session, table, request)
    held = empty_table(names)
    try:
        for batch in _batches(session, table, names, where, parameters):
            if held.num_rows:
                yield Page(table=held)
            held = batch
    except RowRefusedError as refused:
        raise UserError(f"`{table.stream}` could not be read to its end: {refused.words}.") from refused
    yield Page(table=held, complete=True)


def _batches(
    session: SqliteSession, table: SqlTable, names: list[str], where: str, parameters: tuple[str, ...]
) -> Iterator[pa.Table]:
    """The rows as checked tables, without the row of text that goes in front; none of them is empty."""
    import pyarrow as pa

    front = ", ".join(f"'x' AS {quote(name)}" for name in names)
    wanted = ", ".join(text_of(table, name) for name in names)
    sql = f"SELECT {front} UNION ALL SELECT {wanted} FROM {table.source}{where}"
    skip = 1
    for batch in session.batches(sql, parameters):
        rows = pa.Table.from_batches([batch.slice(skip)])
        skip = 0
        _check(table, rows)
        if rows.num_rows:
            yield rows


def _check(table: SqlTable, rows: pa.Table) -> None:
    """Raises UserError for what cannot be handed on: blobs, text that is not UTF-8, rows without an id."""
    import pyarrow as pa

    for name, column in zip(rows.column_names, rows.columns, strict=True):
        try:
            column.cast(pa.string()).validate(full=True)
        except pa.ArrowInvalid as error:
            raise UserError(
                f"`{table.stream}.{name}` holds binary values, or text that is not UTF-8.",
                remedy="Leave the field out of the mapping, or read a query that gives hex(...) of it.",
            ) from error
    require_known_ids(table, rows)


def _require_unique_ids(session: SqliteSession, table: SqlTable) -> None:
    """Raises UserError if two rows have one id; where the id has a unique index they cannot."""
    if table.indexed:
        return
    twice = session.rows(
        f"SELECT {id_text(table)} AS id FROM {table.source} WHERE {alive(table)} "
        f"GROUP BY {', '.join(map(quote, table.keys))} HAVING count(*) > 1 LIMIT 1"
    )
    if twice:
        raise shared_id(table, twice[0]["id"])


def _condition(session: SqliteSession, table: SqlTable, request: ReadRequest) -> tuple[str, tuple[str, ...]]:
    """The WHERE part and its parameters; values never become part of the statement."""
    parts, parameters = [alive(table)], []
    if request.ids is not None:
        # The second condition: SQLite would also find 7 when asked for '007'.
        parts.append(f"{among(table)} AND {id_text(table)} IN (SELECT value FROM json_each(?))")
        parameters += [listed(table, request.ids), json.dumps(request.ids)]
    if request.since is not None:
        if table.modified is None:
            raise no_cursor(table)
        modified = quote(table.modified)
        parts.append(f"({modified} >= ? OR {modified} IS NULL)")
        parameters.append(_in_form_of(_newest(session, table), request.since))
    return " WHERE " + " AND ".join(parts), tuple(parameters)


def _newest(session: SqliteSession, table: SqlTable) -> str | None:
    """The latest time of change as text; an index on the column answers this at once."""
    found = session.rows(
        f"SELECT CAST(max({quote(table.modified or '')}) AS TEXT) AS newest FROM {table.source}"
    )
    newest = found[0]["newest"]
    return None if newest is None else str(newest)


def _in_form_of(newest: str | None, since: str) -> str:
    """`since` written as the column writes times, whole seconds: texts are compared by their characters.

    `2026-01-31T10:00:00.5Z` becomes `2026-01-31 10:00:00` where the column shows `2026-02-01 09:00:00`: never
    later than the moment meant. Numbers stay as they are.
    """
    if len(since) < _ISO_SECONDS or since[_DAY] not in "T ":
        return since
    separator = newest[_DAY] if newest and len(newest) > _DAY else since[_DAY]
    return since[:_DAY] + separator + since[_DAY + 1 : _ISO_SECONDS]
