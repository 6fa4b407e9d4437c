"""Match: recognise newcomers of the source among the records of the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from engine.connectors.port import Page, ReadRequest
from engine.event import PageRead
from engine.ledger import ModuleState, Sightings
from engine.plan import digest
from engine.run.read.assess import source_scope
from engine.run.read.pull import Reading, pull
from engine.run.session.cursors import earlier, since
from engine.run.session.tables import ASIDE, KEYED, KNOWN, MATCHED, STAGED, TAKEN

if TYPE_CHECKING:
    from engine.plan import SidePlan
    from engine.run.session.sync_pass import SyncPass


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What is known of the target after matching."""

    cursor: str | None  #: the target's latest server time seen; None = the stream has none
    scope: str  #: fingerprint of what was read of the target
    whole: bool  #: every record of the target was read
    read: bool  #: the target was read at all
    gone: tuple[str, ...] = ()  #: records seen before that are no longer there


def match(sync: SyncPass, state: ModuleState, newcomers: int) -> Matched:
    """Leave a table `matched`: newcomer id, number of candidates, one candidate, and whether it is taken.

    In one direction the target is read for its match keys only, and only if there is somebody to recognise; after
    a first complete read a window is enough, because the ledger knows what was seen before.
    """
    if sync.moving:
        _no_matches(sync)
    scope = digest([sync.target.scope, sync.target.key_lens, sync.module.fingerprint])
    if not (newcomers and sync.module.keys and sync.target.can.read):
        return Matched(cursor=None, scope=scope, whole=False, read=False)
    cursor = _known_until(sync, state, scope)
    latest, gone = _read_known(sync, cursor)
    _join(sync)
    _join_twins(sync)
    return Matched(cursor=latest, scope=scope, whole=cursor is None, read=True, gone=gone)


def meet(sync: SyncPass, newcomers: int, *, all_known: bool) -> tuple[str, ...]:
    """The same where both sides have been read anyway; answers remembered records of the target that are gone.

    `all_known`: every record of the target was read, so the ledger's memory of them is not needed.
    """
    if sync.moving:
        _no_matches(sync)
    if not (newcomers and sync.module.keys and sync.both_ways):
        return ()
    sync.columns.drop(KNOWN)
    sync.columns.add(KNOWN, f"SELECT * FROM {sync.reverse.schema}.{KEYED}")
    gone = () if all_known else _add_remembered(sync)
    sync.columns.last_of_each(KNOWN)
    _mark_taken(sync)
    _join(sync)
    _join_twins(sync)
    return gone


def yield_met(sync: SyncPass) -> None:
    """Leave to the first pass what it works on already: its pairs are not looked at a second time."""
    if not sync.both_ways:
        return
    first = sync.reverse.schema
    sync.columns.run(
        f"UPDATE {STAGED} SET situation = 'met' WHERE situation IN ('newcomer', 'changed') AND id IN "
        f"(SELECT other_id FROM {first}.{STAGED} WHERE situation = 'changed')"
    )
    sync.columns.run(
        f"UPDATE {STAGED} SET situation = 'met' WHERE situation = 'newcomer' AND id IN "
        f"(SELECT other_id FROM {first}.{MATCHED} WHERE candidates = 1 AND rivals = 1)"
    )


def _no_matches(sync: SyncPass) -> None:
    sync.columns.run(
        f"CREATE OR REPLACE TABLE {MATCHED} (id VARCHAR, candidates BIGINT, other_id VARCHAR, other_version VARCHAR,"
        " rivals BIGINT, taken BOOLEAN, others VARCHAR[], key INTEGER)"
    )


def sightings(sync: SyncPass, matched: Matched) -> Sightings | None:
    """The target's records with their keys, to be remembered; None where a later run reads them all anyway."""
    if not matched.read:
        return None
    return _sightings(sync, sync.target, "known", whole=matched.whole, gone=matched.gone)


def own_sightings(sync: SyncPass, *, whole: bool, gone: tuple[str, ...]) -> Sightings | None:
    """The source's records with their keys, where both sides are read."""
    if not sync.module.keys:
        return None
    return _sightings(sync, sync.source, "keyed", whole=whole, gone=gone)


def _sightings(
    sync: SyncPass, side: SidePlan, table: str, *, whole: bool, gone: tuple[str, ...]
) -> Sightings | None:
    if not (side.version_field and side.can.since):
        return None
    sync.columns.last_of_each(table)
    keys = ", ".join(f"'k{index}': k{index}" for index in range(len(sync.module.keys)))
    records = sync.columns.table(
        f"SELECT id AS record_id, version, to_json({{{keys}}})::VARCHAR AS keys FROM {table}"
    )
    return Sightings(records=records, complete=whole, gone=gone)


def _known_until(sync: SyncPass, state: ModuleState, scope: str) -> str | None:
    side = sync.target
    known = state.right_cursor if side.side == "right" else state.left_cursor
    last = state.right_scope if side.side == "right" else state.left_scope
    usable = side.version_field and side.can.since and not side.saved_view
    # Where both sides are read for their own sake, that side's own reading tells how far it is known.
    own = (
        source_scope(sync.reverse)
        if sync.both_ways and state.fingerprint == sync.module.fingerprint
        else scope
    )
    return since(known) if usable and last in (scope, own) else None


def _read_known(sync: SyncPass, cursor: str | None) -> tuple[str | None, tuple[str, ...]]:
    """The table `known`: id, version, moment and keys of the target's records that may be recognised.

    Answers how far the read has come in the target's time, and the remembered records that are gone.
    """
    side = sync.target
    fields = side.key_reads
    sync.columns.drop(KNOWN)
    request = ReadRequest(stream=side.stream, fields=fields, since=cursor, view=side.saved_view)
    reading, began = Reading(), sync.clock.now()

    def arrived(page: Page) -> None:
        if sync.writer:
            sync.writer.renew()
        sync.listen(PageRead(module=sync.module.name, side=side.side, records=len(page)))

    for page in pull(sync.connector(side), side, request, {}, reading, arrived):
        _take_in(sync, page)
        sync.check_stop()
    sync.counts.read[side.side] += reading.records
    latest = None
    if side.version_field:
        newest = sync.columns.one(f"SELECT arg_max(version, moment) FROM {KNOWN}")
        latest = earlier(newest, sync.clock.now() - began)  # see `assess`: a change may have been passed by
    gone = _add_remembered(sync) if cursor is not None else ()
    sync.columns.last_of_each(KNOWN)
    _mark_taken(sync)
    return latest, gone


def _take_in(sync: SyncPass, page: pa.Table) -> None:
    sync.columns.show("page", page)
    sync.columns.add(KNOWN, sync.target.key_lens)
    sync.columns.hide("page")


def _add_remembered(sync: SyncPass) -> tuple[str, ...]:
    """Records outside the window that a newcomer equals, read again: one may be gone or changed by now.

    Answers the ids of those that are gone.
    """
    side = sync.target
    sync.columns.keep(
        "remembered", sync.ledger.sightings_table(sync.integration, sync.module.name, side.side)
    )
    wanted = " UNION ".join(
        f"SELECT r.record_id FROM remembered AS r JOIN {STAGED} AS w ON json_extract_string(r.keys, '$.k{index}') "
        f"= w.k{index} WHERE w.situation = 'newcomer' AND r.record_id NOT IN (SELECT id FROM {KNOWN})"
        for index in range(len(sync.module.keys))
    )
    ids = tuple(str(row[0]) for row in sync.columns.rows(f"SELECT record_id FROM ({wanted}) ORDER BY 1"))
    sync.columns.drop("remembered")
    if not ids:
        return ()
    request = ReadRequest(stream=side.stream, fields=side.key_reads, ids=ids)
    for page in pull(sync.connector(side), side, request, {}, Reading(), lambda _page: None):
        _take_in(sync, page)
    there = {row[0] for row in sync.columns.rows(f"SELECT id FROM {KNOWN}")}
    return tuple(one for one in ids if one not in there)


def _mark_taken(sync: SyncPass) -> None:
    """Which target records that a newcomer equals have a link already, or were set aside by a person's choice."""
    side, integration, name = sync.target.side, sync.integration, sync.module.name
    equal = " UNION ".join(
        f"SELECT k.id FROM {KNOWN} AS k JOIN {STAGED} AS w ON w.k{index} = k.k{index} WHERE w.situation = 'newcomer'"
        for index in range(len(sync.module.keys))
    )
    ids = sync.columns.table(equal)["id"].combine_chunks()
    links = sync.ledger.links_table(integration, name, ids, side)
    sync.columns.keep(TAKEN, pa.table({"id": links[f"{side}_id"]}))
    skips = sync.ledger.skips_table(integration, name)
    aside = skips.filter(pc.equal(skips["side"], side))
    sync.columns.keep(ASIDE, pa.table({"id": aside["record_id"].cast(pa.string())}))


def _join(sync: SyncPass) -> None:
    """Keys in their order: the first that finds anybody decides; empty keys never match."""
    found = " UNION ALL ".join(
        f"SELECT w.id, k.id AS other_id, k.version AS other_version, {index} AS key FROM {STAGED} AS w "
        f"JOIN {KNOWN} AS k ON w.k{index} = k.k{index} WHERE w.situation = 'newcomer'"
        for index in range(len(sync.module.keys))
    )
    sync.columns.run(f"""
        INSERT INTO {MATCHED} BY NAME
        WITH candidates AS ({found}),
             wanted AS (SELECT * FROM candidates WHERE other_id NOT IN (SELECT id FROM {ASIDE})),
             best AS (SELECT *, min(key) OVER (PARTITION BY id) AS first_key FROM wanted),
             kept AS (SELECT * FROM best WHERE key = first_key),
             free AS (SELECT *, other_id IN (SELECT id FROM {TAKEN}) AS is_taken FROM kept),
             counted AS (SELECT *, count(*) FILTER (NOT is_taken) OVER (PARTITION BY other_id) AS rivals FROM free)
        SELECT id, count(*) FILTER (NOT is_taken) AS candidates,
               coalesce(min(other_id) FILTER (NOT is_taken), min(other_id)) AS other_id,
               min(other_version) FILTER (NOT is_taken) AS other_version, max(rivals) AS rivals,
               bool_and(is_taken) AS taken, list(other_id ORDER BY other_id) AS others, min(key) AS key
        FROM counted GROUP BY id
    """)


def _join_twins(sync: SyncPass) -> None:
    """Newcomers that nobody on the target equals, but that equal each other: making both would double them."""
    keys = range(len(sync.module.keys))
    first = "coalesce(" + ", ".join(f"'{index}:' || w.k{index}" for index in keys) + ")"
    which = "CASE " + " ".join(f"WHEN w.k{index} IS NOT NULL THEN {index}" for index in keys) + " END"
    sync.columns.run(f"""
        INSERT INTO {MATCHED} BY NAME
        WITH alone AS (SELECT w.id, {first} AS identity, {which} AS key FROM {STAGED} AS w
                       WHERE w.situation = 'newcomer' AND w.id NOT IN (SELECT id FROM {MATCHED})),
             counted AS (SELECT *, count(*) OVER (PARTITION BY identity) AS twins FROM alone
                         WHERE identity IS NOT NULL)
        SELECT id, 0 AS candidates, twins AS rivals, false AS taken, []::VARCHAR[] AS others, key
        FROM counted WHERE twins > 1
    """)
