"""The tables, views and queries of a SQLite file, found out by asking its own catalog."""

# ruff: noqa: S608 - statements hold quoted names; values are always parameters
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.connectors.sql.sqlite.forms import family_of, quote, size_of
from engine.connectors.sql.table import SqlColumn, SqlTable, declared_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.connectors.sql.sqlite.session import SqliteSession


def find_table(session: SqliteSession, stream: str, said: Mapping[str, Any]) -> SqlTable | None:
    """The table of a stream as `said` declares it and the database has it; None if there is none.

    Raises UserError if nothing says which column identifies a record, or if a declared column does not exist.
    """
    query = said.get("query")
    if query:
        source = f"({str(query).strip().rstrip(';')})"
        names = session.table(f"SELECT * FROM {source} LIMIT 0").column_names
        columns = [SqlColumn(name=name, family="other", generated=True) for name in names]
        writable, alters = False, True
    else:
        name = str(said.get("table", stream))
        kind = session.rows(
            "SELECT type FROM sqlite_master WHERE name = ? AND type IN ('table', 'view')", (name,)
        )
        if not kind:
            return None
        source, writable = quote(name), kind[0]["type"] == "table"
        columns = _columns(session, name)
        alters = _alters(session, name)
    return declared_table(stream, said, source=source, columns=columns, writable=writable, alters=alters)


def table_names(session: SqliteSession) -> list[str]:
    """Every table that can be a stream by itself: it has a primary key."""
    found = session.rows(
        "SELECT t.name AS name FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS c "
        "WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!' "
        "GROUP BY t.name HAVING sum(c.pk > 0) > 0 ORDER BY t.name"
    )
    return [row["name"] for row in found]


def demands(session: SqliteSession) -> str:
    """Every table, index, view and trigger, as it was made."""
    rows = session.rows("SELECT name, sql FROM sqlite_master ORDER BY type, name")
    return "\n".join(f"{row['name']} {row['sql']}" for row in rows)


def _columns(session: SqliteSession, name: str) -> list[SqlColumn]:
    """The columns of a table or view."""
    rows = session.rows("SELECT * FROM pragma_table_xinfo(?)", (name,))
    keys = [row["name"] for row in rows if row["pk"]]
    unique = _unique(session, name) | set(keys if len(keys) == 1 else ())
    shared = _shared(session, name)
    refers = {
        row["from"]: row["table"] for row in session.rows("SELECT * FROM pragma_foreign_key_list(?)", (name,))
    }
    return [_column(row, unique, shared, refers.get(row["name"])) for row in rows]


def _column(row: Mapping[str, Any], unique: set[str], shared: set[str], refers: str | None) -> SqlColumn:
    family, size = family_of(row["type"]), size_of(row["type"])
    return SqlColumn(
        name=row["name"],
        family=family,
        declared=row["type"],
        key=bool(row["pk"]),
        required=bool(row["notnull"]) and row["dflt_value"] is None,
        unique=row["name"] in unique,
        defaulted=row["dflt_value"] is not None,
        shared=row["name"] in shared,
        filled=bool(row["notnull"]),
        generated=row["hidden"] in (2, 3),
        max_length=size[0] if size and family == "text" else None,
        scale=(size[1] if len(size) > 1 else 0) if size else None,
        refers=refers,
    )


def _unique(session: SqliteSession, name: str) -> set[str]:
    """Columns that a unique index over all rows covers alone."""
    rows = session.rows(
        "SELECT min(c.name) AS name FROM pragma_index_list(?) AS i JOIN pragma_index_info(i.name) AS c "
        'WHERE i."unique" AND NOT i.partial GROUP BY i.name HAVING count(*) = 1',
        (name,),
    )
    return {row["name"] for row in rows}


def _shared(session: SqliteSession, name: str) -> set[str]:
    """Columns that any unique index covers, alone or with others."""
    rows = session.rows(
        "SELECT DISTINCT c.name AS name FROM pragma_index_list(?) AS i JOIN pragma_index_info(i.name) AS c "
        'WHERE i."unique" AND c.name IS NOT NULL',
        (name,),
    )
    return {row["name"] for row in rows}


def _alters(session: SqliteSession, name: str) -> bool:
    """Whether a trigger or an ON CONFLICT clause stands between an INSERT and what the table then holds."""
    return bool(
        session.rows(
            "SELECT 1 AS one FROM sqlite_master WHERE (type = 'trigger' AND lower(tbl_name) = lower(?)) "
            "OR (lower(name) = lower(?) AND sql LIKE '%ON%CONFLICT%') LIMIT 1",
            (name, name),
        )
    )
