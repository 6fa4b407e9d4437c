"""Same key: records that share a match key where that is nothing special, as two tasks of one name in a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.run.pair.pairing_sql import ALONE
from engine.run.read.counterparts import read_again
from engine.run.session.tables import MATCHED, SAME_KEY, STAGED, TAKEN

if TYPE_CHECKING:
    from engine.run.session.sync_pass import SyncPass

#: Newcomers that equal several, or one that others equal, too.
_SEVERAL = f"NOT ({ALONE}) AND NOT m.outside"
#: An order that stays the same; numbers in their own order.
_IN_ORDER = "ORDER BY length(id), id"


def take_met(sync: SyncPass) -> None:
    """Whoever the first pass has just recognised has its counterpart, though no link is stored yet."""
    if _after_first(sync):
        first = f"{sync.reverse.schema}.{MATCHED}"
        sync.columns.run(f"INSERT INTO {TAKEN} SELECT m.id FROM {first} AS m WHERE {ALONE}")


def pair_same_keys(sync: SyncPass) -> None:
    """Pair those whose other values agree, leave those without a counterpart to be made, and the rest to be held."""
    columns = sync.columns
    columns.run(f"DELETE FROM {MATCHED} WHERE taken")
    if _after_first(sync):
        columns.run(_doubted(f"{sync.reverse.schema}.{MATCHED}"))
    ids = columns.rows(f"SELECT DISTINCT other FROM {_open_others()} ORDER BY 1")
    if not ids:
        return
    columns.drop(SAME_KEY)
    read_again(sync, [str(row[0]) for row in ids], sync.target, SAME_KEY)
    columns.run(_paired(len(sync.module.keys)))
    columns.run(f"""
        UPDATE {MATCHED} AS m
        SET candidates = 1, rivals = 1, other_id = p.other_id, others = [p.other_id], spelled = NULL
        FROM told AS p WHERE p.id = m.id AND p.other_id IS NOT NULL
    """)
    columns.run(
        f"DELETE FROM {MATCHED} WHERE id IN (SELECT id FROM told WHERE other_id IS NULL AND left_over = 0)"
    )
    columns.drop("told", SAME_KEY)


def _after_first(sync: SyncPass) -> bool:
    return sync.both_ways and sync.only is None and not sync.first and sync.reverse.moving


def _doubted(first: str) -> str:
    """Whom the first pass could not tell apart the second one does not guess."""
    doubtful = f"SELECT m.id FROM {first} AS m WHERE NOT ({ALONE})"
    return f"UPDATE {MATCHED} SET candidates = 2 WHERE candidates = 1 AND other_id IN ({doubtful})"


def _open_others() -> str:
    """Newcomers that are not alone, with each of those that they equal and that has no link."""
    return (
        f"(SELECT * FROM (SELECT m.id, m.key, unnest(m.others) AS other FROM {MATCHED} AS m WHERE {_SEVERAL}) "
        f"WHERE other NOT IN (SELECT id FROM {TAKEN}))"
    )


def _paired(keys: int) -> str:
    """The table `told`: each newcomer, its counterpart or null, and how many of those it equals are left over."""
    key = "CASE o.key " + " ".join(f"WHEN {index} THEN w.k{index}" for index in range(keys)) + " END"
    return f"""
        CREATE OR REPLACE TABLE told AS
        WITH met AS (SELECT o.id, o.other, o.key || ':' || {key} AS same, w.hash
                     FROM {_open_others()} AS o JOIN {STAGED} AS w USING (id)),
             mine AS (SELECT *, row_number() OVER (PARTITION BY same, hash {_IN_ORDER}) AS nr
                      FROM (SELECT DISTINCT id, same, hash FROM met)),
             theirs AS (SELECT *, row_number() OVER (PARTITION BY same, hash {_IN_ORDER}) AS nr
                        FROM (SELECT DISTINCT t.id, met.same, t.hash FROM {SAME_KEY} AS t JOIN met ON met.other = t.id
                              WHERE t.trouble IS NULL AND t.in_view)),
             pairs AS (SELECT mine.id, theirs.id AS other_id FROM mine JOIN theirs USING (same, hash, nr)
                       QUALIFY row_number() OVER (PARTITION BY theirs.id ORDER BY mine.id) = 1)
        SELECT mine.id, pairs.other_id,
               (SELECT count(DISTINCT met.other) FROM met
                WHERE met.same = mine.same AND met.other NOT IN (SELECT other_id FROM pairs)) AS left_over
        FROM mine LEFT JOIN pairs USING (id)
    """
