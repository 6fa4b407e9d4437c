"""The tables, views and queries of a PostgreSQL database, found out by asking its catalog.

`pg_catalog` and not `information_schema`: the latter hides keys and references from everyone but the owner.
"""

# ruff: noqa: S608 - statements hold quoted names; values are always parameters
from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engine.connectors.sql.postgres.forms import literal, quote
from engine.connectors.sql.table import Family, SqlColumn, SqlTable, declared_table, nameless

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.connectors.sql.postgres.session import PostgresSession

_FAMILIES: Mapping[str, Family] = {
    **dict.fromkeys(("text", "varchar", "bpchar", "name", "citext"), "text"),
    **dict.fromkeys(("int2", "int4", "int8"), "integer"),
    **dict.fromkeys(("float4", "float8"), "number"),
    **dict.fromkeys(("json", "jsonb"), "json"),
    "numeric": "decimal",
    "money": "money",
    "bool": "boolean",
    "date": "date",
    "timestamptz": "instant",
    "timestamp": "clock",
    "uuid": "uuid",
    "bytea": "binary",
}

_TYPE = """
  format_type(t.oid, {modifier}) AS declared, b.typname::text AS base, b.typcategory::text AS category,
  quote_ident(s.nspname) || '.' || quote_ident(b.typname) AS full_name, b.typtype = 'e' AS listed,
  t.typnotnull AS demanded,
  information_schema._pg_char_max_length(b.oid, {length}) AS max_length,
  information_schema._pg_numeric_scale(b.oid, {length}) AS scale,
  (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder)::text FROM pg_catalog.pg_enum e
    WHERE e.enumtypid = b.oid) AS choices
"""
_BASE = """
  JOIN pg_catalog.pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
  JOIN pg_catalog.pg_namespace s ON s.oid = b.typnamespace
"""
_COLUMNS = f"""
SELECT a.attname::text AS name, {
    _TYPE.format(
        modifier="a.atttypmod", length="CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE a.atttypmod END"
    )
},
  a.attnotnull AS filled, a.atthasdef OR a.attidentity <> '' OR t.typdefault IS NOT NULL AS has_default,
  a.attgenerated <> '' OR a.attidentity = 'a' AS generated,
  EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary
    AND a.attnum = ANY (i.indkey)) AS key,
  EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indisvalid
    AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum) AS only_one,
  EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique
    AND a.attnum = ANY (i.indkey)) AS shared,
  (SELECT f.relname::text FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
    WHERE k.conrelid = a.attrelid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum] LIMIT 1) AS refers
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid {_BASE}
WHERE a.attrelid = $1::text::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_OF_QUERY = f"""
SELECT q.value ->> 0 AS name, {_TYPE.format(modifier="NULL", length="-1")}, false AS filled,
  false AS has_default, true AS generated, false AS key, false AS only_one, false AS shared, NULL::text AS refers
FROM json_array_elements($1::json) WITH ORDINALITY AS q(value, place)
JOIN pg_catalog.pg_type t ON t.oid = (q.value ->> 1)::oid {_BASE} ORDER BY q.place
"""
_RELATION = """
SELECT c.oid::text AS oid, c.relkind IN ('r', 'p') AS writable, quote_ident(n.nspname) AS schema,
  EXISTS (SELECT 1 FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal) AS alters
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relname = $1::text AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
_DEMANDS = """
WITH c AS (SELECT oid, relname, relacl, relrowsecurity FROM pg_catalog.pg_class
  WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'f'))
SELECT format('%s %s %s', relname, relacl, relrowsecurity) AS told FROM c
UNION ALL SELECT format('%s %s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
    pg_get_expr(d.adbin, d.adrelid)) FROM c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
UNION ALL SELECT format('%s %s %s', c.relname, k.conname, pg_get_constraintdef(k.oid))
  FROM c JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid
UNION ALL SELECT format('%s %s %s', c.relname, i.indexrelid::regclass, pg_get_indexdef(i.indexrelid))
  FROM c JOIN pg_catalog.pg_index i ON i.indrelid = c.oid
UNION ALL SELECT format('%s %s %s %s', c.relname, pg_get_triggerdef(g.oid), g.tgenabled, md5(p.prosrc))
  FROM c JOIN pg_catalog.pg_trigger g ON g.tgrelid = c.oid JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid
UNION ALL SELECT format('%s %s', c.relname, to_jsonb(y)) FROM c JOIN pg_catalog.pg_policy y ON y.polrelid = c.oid
ORDER BY told
"""
_NAMES = """
SELECT c.relname::text AS name FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
"""


def table_names(session: PostgresSession) -> list[str]:
    """Every table of the schema that has a primary key."""
    return [row["name"] for row in session.rows(_NAMES)]


def demands(session: PostgresSession) -> str:
    """Columns, constraints, triggers with their functions, policies and rights of the schema's tables."""
    return "\n".join(str(row["told"]) for row in session.rows(_DEMANDS))


def find_table(session: PostgresSession, stream: str, said: Mapping[str, Any]) -> SqlTable | None:
    """The table of a stream as `said` declares it and the database has it; None if there is none."""
    if said.get("query"):
        # The line end: a comment at the end of the query would else hide the bracket.
        source = f"({str(said['query']).strip().rstrip(';')}\n)"
        columns = [nameless(column) for column in _columns_of_query(session, source)]
        return declared_table(stream, said, source=source, columns=columns, writable=False, alters=True)
    name = str(said.get("table", stream))
    found = session.rows(_RELATION, (name,))
    if not found:
        return None
    columns = [_column(row) for row in session.rows(_COLUMNS, (found[0]["oid"],))]
    return declared_table(
        stream,
        said,
        source=f"{found[0]['schema']}.{quote(name)}",
        columns=columns,
        writable=found[0]["writable"],
        alters=found[0]["alters"],
    )


def _columns_of_query(session: PostgresSession, source: str) -> list[SqlColumn]:
    """The columns of a query by their types, without running it."""
    names = session.table(f"SELECT * FROM {source} AS q LIMIT 0").column_names
    types = ", ".join(
        f"json_build_array({literal(name)}, pg_typeof(q.{quote(name)})::oid::text)" for name in names
    )
    sql = f"SELECT json_build_array({types})::text AS types FROM (SELECT 1) AS one LEFT JOIN {source} AS q ON false"
    return [_column(row) for row in session.rows(_OF_QUERY, (session.rows(sql)[0]["types"],))]


def _column(row: Mapping[str, Any]) -> SqlColumn:
    family: Family = "array" if row["category"] == "A" else _FAMILIES.get(row["base"], "other")
    return SqlColumn(
        name=row["name"],
        family="enum" if row["listed"] else family,
        declared=row["declared"],
        base=row["full_name"],
        key=row["key"],
        required=(row["filled"] or row["demanded"]) and not row["has_default"],
        unique=row["only_one"],
        shared=row["shared"],
        filled=row["filled"] or row["demanded"],
        counted=row["has_default"],
        defaulted=row["has_default"],
        generated=row["generated"],
        max_length=row["max_length"],
        scale=row["scale"],
        choices=tuple(json.loads(row["choices"] or "[]")),
        refers=row["refers"],
    )
