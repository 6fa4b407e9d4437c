"""Reading a PostgreSQL table as Arrow pages of exact text, in one snapshot."""

# ruff: noqa: S608 - statements hold quoted names; values are always parameters
from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from engine.connectors.columns import empty_table
from engine.connectors.port import Page, ReadRequest
from engine.connectors.sql.failures import RowRefusedError
from engine.connectors.sql.postgres.forms import (
    KEYS,
    PLAIN,
    alive,
    id_text,
    pattern_of,
    quote,
    same_id,
    text_of,
)
from engine.connectors.sql.record_ids import parts_of
from engine.connectors.sql.table import no_cursor, require_known_ids, shared_id
from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.connectors.sql.postgres.session import PostgresSession
    from engine.connectors.sql.table import SqlTable


def read(session: PostgresSession, table: SqlTable, request: ReadRequest) -> Iterator[Page]:
    """Pages of text columns in one snapshot, null as null. Rows whose time of change is null always come."""
    import pyarrow as pa

    names = list(dict.fromkeys(name for name in (table.id, table.modified, *request.fields) if name))
    table.require(names)
    where, parameters = _condition(table, request)
    wanted = ", ".join(f"{text_of(table, name)} AS {quote(name)}" for name in names)
    held = empty_table(names)
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


def listed(table: SqlTable, ids: Sequence[str | None]) -> str:
    """Ids as one JSON parameter, taken apart into their keys, without those that no row can have."""
    fits = [re.compile(pattern_of(table.columns[key])) for key in table.keys]
    split = (parts_of(one, len(fits)) for one in ids if one is not None and "\0" not in one)
    possible = [
        one for one in split if one and all(fit.fullmatch(part) for fit, part in zip(fits, one, strict=True))
    ]
    return json.dumps([one[0] for one in possible] if len(fits) == 1 else possible)


def among(table: SqlTable, parameter: str) -> str:
    """SQL that says whether the id of a row of `q` is one of those in the JSON parameter, exactly as it reads."""
    if len(table.keys) > 1:
        same = same_id(table, [f"(o.a ->> {place})" for place in range(len(table.keys))], "q")
        return f"EXISTS (SELECT FROM json_array_elements({parameter}::json) AS o(a) WHERE {same})"
    column = table.columns[table.id]
    key, asked = quote(column.name), f"SELECT json_array_elements_text({parameter}::json)"
    exact = f"{key}::text IN ({asked})"
    if column.family == "text" and column.base not in PLAIN:
        return f"{key} IN (SELECT a::{column.base} FROM ({asked}) AS o(a)) AND {exact}"
    if column.family in ("integer", "uuid"):
        return f"{key} IN (SELECT a::{KEYS[column.family][0]} FROM ({asked}) AS o(a)) AND {exact}"
    return exact


def _condition(table: SqlTable, request: ReadRequest) -> tuple[str, tuple[str, ...]]:
    """The WHERE part and its parameters; values never become part of the statement."""
    parts, parameters = [alive(table, "q")], []
    if request.ids is not None:
        parameters.append(listed(table, request.ids))
        parts.append(among(table, f"${len(parameters)}"))
    if request.since is not None:
        if table.modified is None:
            raise no_cursor(table)
        modified = table.columns[table.modified]
        kind = "text" if modified.family == "text" else modified.base
        parameters.append(request.since)
        name = quote(table.modified)
        parts.append(f"({name} >= ${len(parameters)}::text::{kind} OR {name} IS NULL)")
    return " AND ".join(parts), tuple(parameters)


def _require_unique_ids(session: PostgresSession, table: SqlTable) -> None:
    """Raises UserError if two rows have one id; where the id has a unique index they cannot."""
    if table.indexed:
        return
    key = id_text(table)
    twice = session.rows(
        f"SELECT {key} AS id FROM {table.source} AS q WHERE {key} IS NOT NULL AND {alive(table, 'q')} "
        "GROUP BY 1 HAVING count(*) > 1 LIMIT 1"
    )
    if twice:
        raise shared_id(table, str(twice[0]["id"]))
