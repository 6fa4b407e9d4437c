"""The tables, views and queries of a MariaDB or MySQL database, found out by asking information_schema."""

# ruff: noqa: S608 - statements hold quoted names; values are always parameters
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from engine.connectors.sql.mariadb.forms import quote
from engine.connectors.sql.table import Family, SqlColumn, SqlTable, declared_table, nameless

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.connectors.sql.mariadb.session import MariadbSession

_FAMILIES: Mapping[str, Family] = {
    **dict.fromkeys(("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "set"), "text"),
    **dict.fromkeys(("tinyint", "smallint", "mediumint", "int", "bigint", "year", "bit"), "integer"),
    **dict.fromkeys(("float", "double"), "number"),
    **dict.fromkeys(("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"), "binary"),
    **dict.fromkeys(("geometry", "point", "linestring", "polygon", "multipoint"), "binary"),
    **dict.fromkeys(("multilinestring", "multipolygon", "geometrycollection", "geomcollection"), "binary"),
    "decimal": "decimal",
    "date": "date",
    "timestamp": "instant",
    "datetime": "clock",
    "json": "json",
    "enum": "enum",
    "uuid": "uuid",
}
#: The driver's codes of types in a result -> the type's own name.
_CODES = {
    0: "decimal",
    246: "decimal",
    1: "tinyint",
    2: "smallint",
    9: "mediumint",
    3: "int",
    8: "bigint",
    4: "float",
    5: "double",
    7: "timestamp",
    10: "date",
    12: "datetime",
    13: "year",
    16: "bit",
    245: "json",
    252: "text",
    253: "varchar",
    254: "char",
    255: "geometry",
}

_COLUMNS = """
SELECT c.column_name, c.data_type, c.column_type, c.is_nullable = 'NO' AND c.column_default IS NULL
    AND c.extra NOT LIKE '%%auto_increment%%' AND c.extra NOT LIKE '%%DEFAULT_GENERATED%%' AS required,
  c.extra LIKE '%%auto_increment%%' AS counted, IFNULL(c.generation_expression, '') <> '' AS generated,
  c.character_maximum_length, c.numeric_scale, c.column_key = 'PRI' AS in_key,
  EXISTS (SELECT 1 FROM information_schema.statistics i WHERE i.table_schema = c.table_schema
    AND i.table_name = c.table_name AND i.non_unique = 0 AND i.sub_part IS NULL GROUP BY i.index_name
    HAVING COUNT(*) = 1 AND MAX(i.column_name) = c.column_name) AS only_one,
  EXISTS (SELECT 1 FROM information_schema.statistics i WHERE i.table_schema = c.table_schema
    AND i.table_name = c.table_name AND i.non_unique = 0 AND i.column_name = c.column_name) AS shared,
  c.is_nullable = 'NO' AS filled,
  (SELECT MAX(k.referenced_table_name) FROM information_schema.key_column_usage k
    WHERE k.table_schema = c.table_schema AND k.table_name = c.table_name AND k.column_name = c.column_name
    AND k.referenced_table_name IS NOT NULL AND NOT EXISTS (SELECT 1 FROM information_schema.key_column_usage o
      WHERE o.constraint_schema = k.constraint_schema AND o.table_name = k.table_name
      AND o.constraint_name = k.constraint_name AND o.ordinal_position > 1)) AS refers,
  IFNULL(c.column_default, 'NULL') <> 'NULL' OR c.extra LIKE '%%DEFAULT_GENERATED%%'
    OR c.extra LIKE '%%auto_increment%%' AS defaulted
FROM information_schema.columns c WHERE c.table_schema = DATABASE() AND c.table_name = %s
ORDER BY c.ordinal_position
"""
_RELATION = """
SELECT t.table_name, t.table_type <> 'VIEW' AND e.transactions = 'YES', EXISTS (SELECT 1
    FROM information_schema.triggers g WHERE g.event_object_schema = t.table_schema
    AND g.event_object_table = t.table_name)
FROM information_schema.tables t LEFT JOIN information_schema.engines e ON e.engine = t.engine
WHERE t.table_schema = DATABASE() AND t.table_name = %s
"""
#: A table of information_schema -> what of it makes a server take or refuse a record; one it lacks is not asked.
_DEMANDS = {
    "columns": "SELECT table_name, column_name, column_type, is_nullable, column_default, extra "
    "FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY 1, 2",
    "statistics": "SELECT table_name, index_name, seq_in_index, column_name, non_unique "
    "FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY 1, 2, 3",
    "triggers": "SELECT event_object_table, trigger_name, action_timing, event_manipulation, action_statement "
    "FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY 1, 2",
    "referential_constraints": "SELECT table_name, constraint_name, delete_rule, update_rule "
    "FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE() ORDER BY 1, 2",
    "check_constraints": "SELECT constraint_name, check_clause "
    "FROM information_schema.check_constraints WHERE constraint_schema = DATABASE() ORDER BY 1, 2",
}
_KNOWN = "SELECT LOWER(table_name) FROM information_schema.tables WHERE table_schema = 'information_schema'"
_NAMES = """
SELECT i.table_name FROM information_schema.statistics i
WHERE i.table_schema = DATABASE() AND i.index_name = 'PRIMARY'
GROUP BY i.table_name ORDER BY i.table_name
"""
_JSON = """
SELECT k.check_clause FROM information_schema.check_constraints k
WHERE k.constraint_schema = DATABASE() AND k.check_clause LIKE 'json_valid(%%'
"""


def table_names(session: MariadbSession) -> list[str]:
    """Every table of the database that has a primary key."""
    return [str(row[0]) for row in session.rows(_NAMES)]


def demands(session: MariadbSession) -> str:
    """Columns, indexes, triggers, references and checks of the schema's tables, and our rights."""
    known = {str(row[0]) for row in session.rows(_KNOWN)}
    asked = [sql for table, sql in _DEMANDS.items() if table in known]
    return "\n".join(
        str(row) for sql in (*asked, "SHOW GRANTS FOR CURRENT_USER()") for row in session.rows(sql)
    )


def find_table(session: MariadbSession, stream: str, said: Mapping[str, Any]) -> SqlTable | None:
    """The table of a stream as `said` declares it and the database has it; None if there is none."""
    if said.get("query"):
        # The line end: a comment at the end of the query would else hide the bracket.
        source = "(" + str(said["query"]).strip().rstrip(";").replace("%", "%%") + "\n)"
        columns = [nameless(column) for column in _columns_of_query(session, source)]
        return declared_table(stream, said, source=source, columns=columns, writable=False, alters=True)
    name = str(said.get("table", stream))
    found = session.rows(_RELATION, (name,))
    if not found:
        return None
    known_json = _json_columns(session)
    columns = [_column(row, known_json) for row in session.rows(_COLUMNS, (name,))]
    return declared_table(
        stream,
        said,
        source=quote(name),
        columns=columns,
        writable=bool(found[0][1]),
        alters=bool(found[0][2]),
    )


def _json_columns(session: MariadbSession) -> set[str]:
    """Checks of the database that a column holds JSON: all that MariaDB knows about it."""
    return {str(row[0]) for row in session.rows(_JSON)}


def _column(row: tuple[Any, ...], known_json: set[str]) -> SqlColumn:
    name, base, declared, required, counted, generated, *rest = row
    length, scale, key, unique, shared, filled, refers, defaulted = rest
    family = _FAMILIES.get(base, "other")
    if declared in ("tinyint(1)", "bit(1)"):
        family = "boolean"
    if base == "longtext" and f"json_valid(`{name}`)" in known_json:
        family = "json"
    choices = re.findall(r"'((?:[^']|'')*)'", declared) if base == "enum" else []
    return SqlColumn(
        name=name,
        family=family,
        declared=declared,
        base=base,
        key=bool(key),
        required=bool(required),
        unique=bool(unique),
        shared=bool(shared),
        filled=bool(filled),
        counted=bool(counted),
        defaulted=bool(defaulted),
        generated=bool(generated),
        max_length=int(length) if length and base in ("char", "varchar") else None,
        scale=int(scale) if scale is not None and base == "decimal" else None,
        choices=tuple(choice.replace("''", "'") for choice in choices),
        refers=refers,
    )


def _columns_of_query(session: MariadbSession, source: str) -> list[SqlColumn]:
    """The columns of a query by the types of its result, of which no row is fetched."""
    found = session.result_columns(f"SELECT * FROM {source} AS q LIMIT 0")
    kinds = ", ".join(f"CHARSET(q.{quote(name)})" for name, _, _ in found)
    charsets = session.rows(f"SELECT {kinds} FROM (SELECT 1) AS one LEFT JOIN {source} AS q ON false")[0]
    columns = []
    for (name, code, length), charset in zip(found, charsets, strict=True):
        base = _CODES.get(code, "unknown")
        family = _FAMILIES.get(base, "other")
        if family == "text" and charset == "binary":
            family = "binary"
        if base in ("tinyint", "bit") and length == 1:
            family = "boolean"
        columns.append(SqlColumn(name=name, family=family, declared=base, base=base))
    return columns
