"""Match: newcomers of the source are recognised among the records of the target, by their match keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from engine.connectors.read_port import ReadRequest
from engine.ledger import ModuleState, Sightings
from engine.plan import digest
from engine.run.pair import pairing_sql
from engine.run.pair.same_key import pair_same_keys, take_met
from engine.run.read.pull import Reading, announced, pull
from engine.run.read.stage_source import source_scope
from engine.run.session.cursors import earlier, has_come, since
from engine.run.session.pair import LIVE
from engine.run.session.tables import ASIDE, KEYED, KNOWN, MATCHED, OUTSIDE, STAGED, TAKEN

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
        sync.columns.run(pairing_sql.NO_MATCHES)
    scope = digest([sync.target.scope, sync.target.key_lens, sync.module.fingerprint])
    if not (newcomers and sync.module.keys and sync.target.can.read):
        return Matched(cursor=None, scope=scope, whole=False, read=False)
    cursor = _known_until(sync, state, scope)
    latest, gone = _read_known(sync, cursor)
    _recognise(sync)
    return Matched(cursor=latest, scope=scope, whole=cursor is None, read=True, gone=gone)


def match_staged(sync: SyncPass, newcomers: int, *, all_known: bool) -> tuple[str, ...]:
    """The same where both sides have been read anyway; answers remembered records of the target that are gone.

    `all_known`: every record of the target was read, so the ledger's memory of them is not needed.
    """
    if sync.moving:
        sync.columns.run(pairing_sql.NO_MATCHES)
    if not (newcomers and sync.module.keys and sync.both_ways):
        return ()
    sync.columns.drop(KNOWN)
    sync.columns.add(KNOWN, f"SELECT * FROM {sync.reverse.schema}.{KEYED}")
    gone = () if all_known else _add_remembered(sync)
    _add_outside(sync)
    sync.columns.last_of_each(KNOWN)
    _mark_taken(sync)
    _recognise(sync)
    return gone


def leave_to_first_pass(sync: SyncPass) -> None:
    """Leave to the first pass what it works on already: its pairs are not looked at a second time."""
    if not sync.both_ways:
        return
    for statement in pairing_sql.met(sync.reverse.schema):
        sync.columns.run(statement)


def match_made(sync: SyncPass) -> None:
    """Fill `matched` with what another trigger has made of the newcomers; who has nothing there is left alone."""
    trigger = sync.module.trigger
    if trigger is None or trigger.of is None or not sync.moving:
        return
    ids = sync.columns.table(f"SELECT id FROM {STAGED} WHERE situation = 'newcomer'")["id"].combine_chunks()
    links = sync.ledger.links_table(sync.integration, trigger.of, ids, "left")
    sync.columns.keep("made", links.filter(pc.is_in(links["state"], pa.array(LIVE))))
    sync.columns.run(
        f"INSERT INTO {MATCHED} BY NAME SELECT left_id AS id, 1 AS candidates, right_id AS other_id, "
        "NULL AS other_version, 1 AS rivals, false AS taken, [right_id] AS others, 0 AS key, false AS outside FROM made"
    )
    sync.columns.drop("made")


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
    for page in pull(sync.connector(side), side, request, None, reading, announced(sync, side)):
        _add_known(sync, page)
        sync.check_stop()
    sync.counts.read[side.side] += reading.records
    latest = None
    if side.version_field:
        come = has_come("moment", sync.clock.now())
        newest = sync.columns.one(f"SELECT arg_max(version, moment) FROM {KNOWN} WHERE {come}")
        latest = earlier(newest, sync.clock.now() - began)  # see `assess`: a change may have been passed by
    gone = _add_remembered(sync) if cursor is not None else ()
    _add_outside(sync)
    sync.columns.last_of_each(KNOWN)
    _mark_taken(sync)
    return latest, gone


def _add_outside(sync: SyncPass) -> None:
    """What a saved view leaves out is read as well where a newcomer has met nobody: its twin may be there.

    These records are looked at, not synced, so they count nowhere.
    """
    side = sync.target
    if side.saved_view is None or not sync.columns.one(pairing_sql.unmet(len(sync.module.keys))):
        return
    sync.columns.drop(OUTSIDE)
    for page in pull(sync.connector(side), side, ReadRequest(stream=side.stream, fields=side.key_reads)):
        with sync.columns.shown("page", page):
            sync.columns.add(OUTSIDE, side.key_lens)
        sync.check_stop()
    sync.columns.run(
        f"INSERT INTO {KNOWN} SELECT * REPLACE (false AS in_view) FROM {OUTSIDE} ANTI JOIN {KNOWN} USING (id)"
    )


def _add_known(sync: SyncPass, page: pa.Table) -> None:
    with sync.columns.shown("page", page):
        sync.columns.add(KNOWN, sync.target.key_lens)


def _add_remembered(sync: SyncPass) -> tuple[str, ...]:
    """Records outside the window that a newcomer equals, read again: one may be gone or changed by now.

    Answers the ids of those that are gone.
    """
    side = sync.target
    sync.columns.keep(
        "remembered", sync.ledger.sightings_table(sync.integration, sync.module.name, side.side)
    )
    wanted = pairing_sql.remembered_equals(len(sync.module.keys))
    ids = tuple(str(row[0]) for row in sync.columns.rows(wanted))
    sync.columns.drop("remembered")
    if not ids:
        return ()
    request = ReadRequest(stream=side.stream, fields=side.key_reads, ids=ids)
    for page in pull(sync.connector(side), side, request):
        _add_known(sync, page)
    there = {row[0] for row in sync.columns.rows(f"SELECT id FROM {KNOWN}")}
    return tuple(one for one in ids if one not in there)


def _mark_taken(sync: SyncPass) -> None:
    """Which target records that a newcomer equals have a link already, or were set aside by a person's choice."""
    side, integration, name = sync.target.side, sync.integration, sync.module.name
    ids = sync.columns.table(pairing_sql.known_equals(len(sync.module.keys)))["id"].combine_chunks()
    links = sync.ledger.links_table(integration, name, ids, side)
    sync.columns.keep(TAKEN, pa.table({"id": links[f"{side}_id"]}))
    skips = sync.ledger.skips_table(integration, name)
    aside = skips.filter(pc.equal(skips["side"], side))
    sync.columns.keep(ASIDE, pa.table({"id": aside["record_id"].cast(pa.string())}))


def _recognise(sync: SyncPass) -> None:
    keys = sync.module.keys
    if sync.module.same_key == "make":
        take_met(sync)
        sync.columns.run(pairing_sql.recognised(keys))
        pair_same_keys(sync)
    else:
        sync.columns.run(pairing_sql.recognised(keys))
        sync.columns.run(pairing_sql.twins(len(keys)))
