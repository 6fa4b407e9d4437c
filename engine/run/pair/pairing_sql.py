"""The SQL of the pairing: who is recognised by which match key, who is made, and who is compared with whom.

`w` is a staged record of the source, `k` a known record of the target, `m` what was matched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.catalog import HIDDEN
from engine.run.session.tables import ABSENT, ASIDE, KNOWN, MATCHED, PAIRED, STAGED, TAKEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.plan import KeyPlan, ModulePlan

#: Exactly one counterpart without a link, which nobody else equals.
ALONE = "m.candidates = 1 AND m.rivals = 1"
#: The table of matches, empty.
NO_MATCHES = (
    f"CREATE OR REPLACE TABLE {MATCHED} (id VARCHAR, candidates BIGINT, other_id VARCHAR, other_version VARCHAR,"
    " rivals BIGINT, taken BOOLEAN, others VARCHAR[], key INTEGER, spelled VARCHAR,"
    " outside BOOLEAN)"
)


def recognised(keys: Sequence[KeyPlan]) -> str:
    """Newcomers with whom they equal; the first key that finds anybody decides, and empty keys never match.

    Whoever is outside the view counts only where nobody within it is found.
    """
    found = " UNION ALL ".join(
        f"SELECT w.id, k.id AS other_id, k.version AS other_version, k.in_view, {index} AS key, "
        f"{_spelled(key, index)} AS spelled FROM {STAGED} AS w JOIN {KNOWN} AS k ON w.k{index} = k.k{index} "
        "WHERE w.situation = 'newcomer'"
        for index, key in enumerate(keys)
    )
    return f"""
        INSERT INTO {MATCHED} BY NAME
        WITH candidates AS ({found}),
             wanted AS (SELECT * FROM candidates WHERE other_id NOT IN (SELECT id FROM {ASIDE})),
             best AS (SELECT *, min(key) OVER (PARTITION BY id) AS first_key FROM wanted),
             found AS (SELECT *, NOT bool_or(in_view) OVER (PARTITION BY id) AS outside
                       FROM best WHERE key = first_key),
             kept AS (SELECT * FROM found WHERE in_view OR outside),
             free AS (SELECT *, other_id IN (SELECT id FROM {TAKEN}) AS is_taken FROM kept),
             open AS (SELECT *, NOT is_taken AND NOT outside AS is_open FROM free),
             counted AS (SELECT *, count(*) FILTER (is_open) OVER (PARTITION BY other_id) AS rivals FROM open)
        SELECT id, count(*) FILTER (is_open) AS candidates,
               coalesce(min(other_id) FILTER (NOT is_taken), min(other_id)) AS other_id,
               min(other_version) FILTER (NOT is_taken) AS other_version, max(rivals) AS rivals,
               bool_and(is_taken) AS taken, list(other_id ORDER BY other_id) AS others, min(key) AS key,
               min(spelled) FILTER (NOT is_taken) AS spelled, bool_or(outside) AS outside
        FROM counted GROUP BY id
    """


def _spelled(key: KeyPlan, index: int) -> str:
    """How the known record spells what is only alike; NULL where both are equal."""
    shown = f"'{HIDDEN}'" if key.sensitive else f"replace(k.e{index}, chr(31), ' · ')"
    return f"CASE WHEN w.e{index} <> k.e{index} THEN {shown} END" if key.alike else "NULL::VARCHAR"


def twins(keys: int) -> str:
    """Newcomers that nobody on the target equals, but that equal each other: making both would double them."""
    first = "coalesce(" + ", ".join(f"'{index}:' || w.k{index}" for index in range(keys)) + ")"
    which = "CASE " + " ".join(f"WHEN w.k{index} IS NOT NULL THEN {index}" for index in range(keys)) + " END"
    return f"""
        INSERT INTO {MATCHED} BY NAME
        WITH alone AS (SELECT w.id, {first} AS identity, {which} AS key FROM {STAGED} AS w
                       WHERE w.situation = 'newcomer' AND w.id NOT IN (SELECT id FROM {MATCHED})),
             counted AS (SELECT *, count(*) OVER (PARTITION BY identity) AS twins FROM alone
                         WHERE identity IS NOT NULL)
        SELECT id, 0 AS candidates, twins AS rivals, false AS taken, []::VARCHAR[] AS others, key
        FROM counted WHERE twins > 1
    """


def unmet(keys: int) -> str:
    """How many newcomers equal nobody known."""
    nobody = " AND ".join(
        f"NOT EXISTS (FROM {KNOWN} AS k WHERE k.k{index} = w.k{index})" for index in range(keys)
    )
    return f"SELECT count(*) FROM {STAGED} AS w WHERE w.situation = 'newcomer' AND {nobody}"


def known_equals(keys: int) -> str:
    """The known records that a newcomer equals."""
    return " UNION ".join(
        f"SELECT k.id FROM {KNOWN} AS k JOIN {STAGED} AS w ON w.k{index} = k.k{index} WHERE w.situation = 'newcomer'"
        for index in range(keys)
    )


def remembered_equals(keys: int) -> str:
    """The records that the ledger remembers, that a newcomer equals, and that were not read now."""
    wanted = " UNION ".join(
        f"SELECT r.record_id FROM remembered AS r JOIN {STAGED} AS w ON json_extract_string(r.keys, '$.k{index}') "
        f"= w.k{index} WHERE w.situation = 'newcomer' AND r.record_id NOT IN (SELECT id FROM {KNOWN})"
        for index in range(keys)
    )
    return f"SELECT record_id FROM ({wanted}) ORDER BY 1"


def met(first: str) -> tuple[str, str]:
    """Leaves to the first pass, in the schema of that name, the records that it compares or has recognised already."""
    compared = f"SELECT other_id FROM {first}.{STAGED} WHERE situation = 'changed'"
    found = f"SELECT other_id FROM {first}.{MATCHED} AS m WHERE {ALONE}"
    return (
        f"UPDATE {STAGED} SET situation = 'met' WHERE situation IN ('newcomer', 'changed') AND id IN ({compared})",
        f"UPDATE {STAGED} SET situation = 'met' WHERE situation = 'newcomer' AND id IN ({found})",
    )


def absent(module: ModulePlan, *, creates: bool) -> str:
    """The newcomers that are made on the target."""
    made = (
        f"m.id IS NULL OR ({ALONE}) OR len(m.others) = 0 OR (m.outside AND NOT m.taken)"
        if module.duplicates == "clone"
        else "m.id IS NULL"
    )
    return f"""
        CREATE OR REPLACE TABLE {ABSENT} AS
        SELECT w.id, w.rowid AS place FROM {STAGED} AS w LEFT JOIN {MATCHED} AS m USING (id)
        WHERE w.situation = 'newcomer' AND ({made}) AND {creates} AND w.lacks IS NULL ORDER BY place
    """


def paired(module: ModulePlan) -> str:
    """The linked records that changed, and the newcomers that were recognised."""
    return f"""
        CREATE OR REPLACE TABLE {PAIRED} AS
        SELECT id, link_id, other_id, place FROM (
            SELECT id, link_id, other_id, rowid AS place FROM {STAGED} WHERE situation = 'changed'
            UNION ALL
            SELECT w.id, NULL, m.other_id, w.rowid FROM {STAGED} AS w JOIN {MATCHED} AS m USING (id)
            WHERE w.situation = 'newcomer' AND {ALONE} AND {module.duplicates not in ("clone", "skip")})
        ORDER BY place
    """


def newcomers(columns: str, condition: str) -> str:
    """These columns of the newcomers that meet a condition over `w` and `m`."""
    return (
        f"SELECT {columns} FROM {STAGED} AS w LEFT JOIN {MATCHED} AS m USING (id) "
        f"WHERE w.situation = 'newcomer' AND {condition}"
    )
