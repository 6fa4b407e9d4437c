"""Reading a PostgreSQL table as Arrow pages of exact text, in one snapshot."""

# ruff: noqa: S608 - statements hold quoted names; values are always parameters
from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from engine.connectors.port import Page, ReadRequest
from engine.connectors.sql.failures import RowRefusedError
from engine.connectors.sql.postgres.forms import KEYS, PLAIN, alive, quote, text_of
from engine.connectors.sql.server_table import no_cursor, require_known_ids, shared_id
from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.connectors.sql.postgres.session import Session
    from engine.connectors.sql.server_table import ServerColumn, ServerTable


def read(session: Session, table: ServerTable, request: ReadRequest) -> Iterator[Page]:
    """Pages of text columns in one snapshot, null as null. Rows whose time of change is null always come."""
    import pyarrow as pa

    names = list(dict.fromkeys(name for name in (table.id, table.modified, *request.fields) if name))
    table.require(names)
    where, parameters = _condition(table, request)
    wanted = ", ".join(f"{text_of(table, name)} AS {quote(name)}" for name in names)
    held = pa.table({name: pa.array([], pa.string()) for name in names})
    with session.snapshot():
        _require_unique_ids(session, table)
        try:
            for batch in session.batches(
                f"SELECT {wanted} FROM {table.source} AS q WHERE {where}", parameters
            ):
                rows = pa.Table.from_batches([batch])
                require_known_ids(table, rows)
                if held.num_rows:
                    yield Page(table=held)
                held = rows
        except RowRefusedError as refused:
            raise UserError(f"`{table.stream}` could not be read to its end: {refused.words}.") from refused
    yield Page(table=held, complete=True)


def listed(column: ServerColumn, ids: Sequence[str | None]) -> str:
    """Ids as one JSON parameter, without those that no row can have."""
    fits = re.compile(KEYS.get(column.family, KEYS["text"])[1])
    return json.dumps([one for one in ids if one is not None and fits.fullmatch(one) and "\0" not in one])


def among(column: ServerColumn, parameter: str) -> str:
    """SQL that says whether the id of a row is one of those in the JSON parameter, exactly as it reads."""
    key, asked = quote(column.name), f"SELECT json_array_elements_text({parameter}::json)"
    exact = f"{key}::text IN ({asked})"
    if column.family == "text" and column.base not in PLAIN:
        return f"{key} IN (SELECT a::{column.base} FROM ({asked}) AS o(a)) AND {exact}"
    if column.family in ("integer", "uuid"):
        return f"{key} IN (SELECT a::{KEYS[column.family][0]} FROM ({asked}) AS o(a)) AND {exact}"
    return exact


def _condition(table: ServerTable, request: ReadRequest) -> tuple[str, tuple[str, ...]]:
    """The WHERE part and its parameters; values never become part of the statement."""
    parts, parameters = [alive(table, "q")], []
    if request.ids is not None:
        column = table.columns[table.id]
        parameters.append(listed(column, request.ids))
        parts.append(among(column, f"${len(parameters)}"))
    if request.since is not None:
        if table.modified is None:
            raise no_cursor(table)
        modified = table.columns[table.modified]
        kind = "text" if modified.family == "text" else modified.base
        parameters.append(request.since)
        name = quote(table.modified)
        parts.append(f"({name} >= ${len(parameters)}::text::{kind} OR {name} IS NULL)")
    return " AND ".join(parts), tuple(parameters)


def _require_unique_ids(session: Session, table: ServerTable) -> None:
    """Raises UserError if two rows have one id; where the id has a unique index they cannot."""
    if table.indexed:
        return
    key = quote(table.id)
    twice = session.rows(
        f"SELECT {key}::text AS id FROM {table.source} AS q WHERE {key} IS NOT NULL AND {alive(table, 'q')} "
        "GROUP BY 1 HAVING count(*) > 1 LIMIT 1"
    )
    if twice:
        raise shared_id(table, str(twice[0]["id"]))
