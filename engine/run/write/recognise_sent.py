"""Recognise what was sent: which records of the target the rows of an open intent have become."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from engine.run.session.columns import sql_name

if TYPE_CHECKING:
    from engine.run.session.sync_pass import SyncPass


def found_on_target(sync: SyncPass, rows: pa.Table) -> dict[str, str | None]:
    """Source id -> the target id of what was sent, or None where several records could be it.

    The table `present` holds the target as it is. Records that look the same in every respect are interchangeable,
    so they are paired in order. A key that another plan has spelled finds nobody, so what is loosely the same and
    holds all that was sent is found as well.
    """
    columns = sync.columns
    columns.keep("sent", rows)
    ids = columns.table("SELECT id FROM present")["id"].combine_chunks()
    links = sync.ledger.links_table(sync.integration, sync.module.name, ids, sync.target.side)
    columns.keep("open_ids", pa.table({"id": links[f"{sync.target.side}_id"]}))
    columns.keep("found", pa.table({"_source": pa.array([], pa.string()), "id": pa.array([], pa.string())}))
    sent, present = _identities(sync)
    values = (_said("_base"), _said(sync.module.snapshot))
    if sync.module.same_key == "make":  # others may have the key, so all that it holds tells first
        columns.run(_pairs(f"{sent} || {values[0]}", f"{present} || {values[1]}"))
    columns.run(_pairs(sent, present))
    columns.run(_pairs(f"{_loosely(sent)} || {values[0]}", f"{_loosely(present)} || {values[1]}"))
    pairs = columns.rows("SELECT _source, id FROM found")
    columns.drop("sent", "found")
    return {str(source): target for source, target in pairs}


def _pairs(sent: str, present: str) -> str:
    """SQL that adds to `found` whom a sent row is, of those that nobody was found for yet."""
    return f"""
        INSERT INTO found
        WITH s AS (SELECT _source, identity, row_number() OVER (PARTITION BY identity ORDER BY _source) AS nr,
                          count(*) OVER (PARTITION BY identity) AS n
                   FROM (SELECT _source, {sent} AS identity FROM sent ANTI JOIN found USING (_source))),
             p AS (SELECT id, identity, row_number() OVER (PARTITION BY identity ORDER BY id) AS nr,
                          count(*) OVER (PARTITION BY identity) AS n
                   FROM (SELECT w.id, {present} AS identity FROM present AS w
                         ANTI JOIN (FROM open_ids UNION ALL SELECT id FROM found) AS o ON o.id = w.id))
        SELECT s._source, CASE WHEN p.n <= s.n THEN p.id END FROM s JOIN p USING (identity, nr)
    """


def _identities(sync: SyncPass) -> tuple[str, str]:
    """SQL that tells what a sent row is, and what a record of the target is, so that the two can be compared.

    By the target's own id where the mapping writes it, else by the first match key that is not empty, else by
    all values together. Where duplicates are cloned a key does not tell records apart.
    """
    target, module = sync.target, sync.module
    for line in module.fields:
        written = line.writes[target.side].fields if target.side in line.writes else ()
        if target.id_field in {one.to for one in written}:
            return f"{sql_name(target.id_field)}::VARCHAR", "w.id"
    keys = [] if module.duplicates == "clone" else range(len(module.keys))
    sent = [f"'{index}:' || _k{index}" for index in keys]
    present = [f"'{index}:' || w.k{index}" for index in keys]
    said, shown = _said("_base"), _said(module.snapshot)
    return f"coalesce({', '.join([*sent, said])})", f"coalesce({', '.join([*present, shown])})"


def _loosely(identity: str) -> str:
    """SQL: a match key as a plan of before may have compared it."""
    return f"lower(regexp_replace({identity}, '\\s+', ' ', 'g'))"


def _said(snapshot: str) -> str:
    """SQL: the values of a snapshot that say something. A system fills in zero or false where nothing was sent."""
    return f"""regexp_replace({snapshot}, ':"(0(\\.0+)?|false)?"', ':null', 'g')"""
