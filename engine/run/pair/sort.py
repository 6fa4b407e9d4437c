"""Sort: which records are made, compared, set aside or held, of all that are not plainly unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.catalog import HIDDEN
from engine.plan import Trouble
from engine.run.pair import pairing_sql
from engine.run.pair.pairing_sql import ALONE, newcomers
from engine.run.session.held import hold, offending_of
from engine.run.session.tables import ABSENT, HELD, MATCHED, STAGED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.ledger import HeldRow, RecordKey
    from engine.plan import KeyPlan
    from engine.run.session.sync_pass import SyncPass

HOLD_COLUMNS = "w.id, w.label, w.hash"


def sort(sync: SyncPass) -> None:
    """Leave tables `absent` (to be made) and `paired` (to be compared): record ids and their `place` in `staged`.

    `paired` holds linked records that changed and newcomers that were recognised; a newcomer that shows that it
    is not alone, or that its counterpart is taken, is in neither: `held_newcomers` tells it.
    """
    if not sync.moving:
        return
    creates = sync.target.side in sync.module.creates and not _strangers(sync)
    sync.columns.run(pairing_sql.absent(sync.module, creates=creates))
    sync.columns.run(pairing_sql.paired(sync.module))


def _strangers(sync: SyncPass) -> bool:
    """Whether a newcomer here may be what we sent from the other side and nobody has confirmed yet."""
    return sync.both_ways and sync.reverse.learned.awaiting


def set_aside(sync: SyncPass) -> list[tuple[str, str]]:
    """Newcomers that the rule for duplicates skips, with the record they equal."""
    if sync.module.duplicates != "skip" or not sync.learned.found["newcomer"]:
        return []
    found = sync.columns.rows(newcomers("w.id, m.other_id", ALONE))
    return [(str(mine), str(other)) for mine, other in found]


def cloned(sync: SyncPass) -> list[tuple[str, str]]:
    """Newcomers that get a second record beside the one they equal: (newcomer, the old one)."""
    if sync.module.duplicates != "clone" or not sync.learned.found["newcomer"]:
        return []
    found = sync.columns.rows(
        f"SELECT a.id, m.other_id FROM {ABSENT} AS a JOIN {MATCHED} AS m USING (id) WHERE m.candidates = 1"
    )
    return [(str(mine), str(other)) for mine, other in found]


def not_made(sync: SyncPass) -> int:
    """Newcomers that nobody makes on the other side, because the module does not create there."""
    if sync.target.side in sync.module.creates or not sync.learned.found["newcomer"]:
        return 0
    return int(sync.columns.one(newcomers("count(*)", "m.id IS NULL")))


def no_longer_held(sync: SyncPass, *, whole: bool) -> tuple[RecordKey, ...]:
    """Held records that are out of the question: out of view, gone on either side, or skipped.

    One that was asked for and not delivered is gone on the source; a window tells that only of those due.
    """
    if not sync.learned.attempts:
        return ()
    found = sync.columns.rows(f"""
        SELECT h.record_id FROM {HELD} AS h LEFT JOIN {STAGED} AS w ON w.id = h.record_id
        WHERE h.code <> 'unconfirmed' AND (w.situation IN ('out-of-view', 'gone', 'skipped')
              OR (w.id IS NULL AND ({whole} OR NOT h.waits)))
    """)
    return tuple((sync.source.side, str(row[0])) for row in found)


def still_held(sync: SyncPass, *, whole: bool) -> list[RecordKey]:
    """Records that were held before and are not tried now, for nothing about them has changed.

    One that was not delivered is held as before, unless everything was read: then it is gone.
    """
    if not sync.learned.attempts:
        return []
    found = sync.columns.rows(f"""
        SELECT h.record_id FROM {HELD} AS h LEFT JOIN {STAGED} AS w ON w.id = h.record_id
        WHERE h.waits AND (w.situation IN ('still-held', 'still-in-conflict') OR (w.id IS NULL AND NOT {whole}))
    """)
    return [(sync.source.side, str(row[0])) for row in found]


def held_records(sync: SyncPass) -> Iterator[HeldRow]:
    """Records that cannot go on now, each with the hash of what it looked like."""
    found, creates = sync.learned.found, sync.target.side in sync.module.creates
    if found["unreadable"]:
        yield from _troubled(
            sync,
            f"SELECT {HOLD_COLUMNS}, w.offending, w.trouble FROM {STAGED} AS w WHERE w.situation = 'unreadable'",
        )
    if found["newcomer"] and creates:
        yield from _troubled(
            sync, newcomers(f"{HOLD_COLUMNS}, w.offending, w.lacks", "m.id IS NULL AND w.lacks IS NOT NULL")
        )
    if found["newcomer"]:
        yield from _unclear(sync)
    if found["newcomer"] and creates and _strangers(sync):
        yield from _unsure(sync)


def _troubled(sync: SyncPass, sql: str) -> Iterator[HeldRow]:
    """Records with the number of what is wrong with them in the last column."""
    for record, label, content, told, index in sync.columns.rows(sql):
        trouble = sync.source.troubles[index]
        values = offending_of(told)
        yield hold(sync, record, label, content, trouble, temporary=trouble.later, offending=values)


def _unsure(sync: SyncPass) -> Iterator[HeldRow]:
    """Newcomers that are not made on the other side as long as they may have come from there."""
    rows = sync.columns.rows(newcomers(HOLD_COLUMNS, "m.id IS NULL AND w.lacks IS NULL"))
    doubt = Trouble(
        code="try-later",
        message=f"It may come from an earlier write to {sync.target.name} that is not confirmed yet.",
        remedy="No action needed: it is retried periodically.",
        place=sync.module.place,
    )
    for record, label, content in rows:
        yield hold(sync, record, label, content, doubt, temporary=True)


def _unclear(sync: SyncPass) -> Iterator[HeldRow]:
    doubtful = f"m.id IS NOT NULL AND NOT ({ALONE}) AND w.id NOT IN (SELECT id FROM {ABSENT})"
    keys = ", ".join(f"w.k{index}" for index in range(len(sync.module.keys)))
    columns = f"{HOLD_COLUMNS}, m.taken, m.outside, m.candidates, m.others, m.key, {keys}"
    for row in sync.columns.rows(newcomers(columns, doubtful)):
        record, label, content, taken, outside, candidates, others, key, *values = row
        alone = outside and not taken
        doubt = _outside(sync, others, key) if alone else _doubt(sync, taken, candidates, others, key)
        # What resolves it may happen to another record, so it is retried periodically.
        shown = _key_shown(sync.module.keys[key], values[key])
        yield hold(sync, record, label, content, doubt, temporary=True, offending=shown)


def _key_shown(key: KeyPlan, value: str) -> dict[str, str | None]:
    """What records are recognised by; several fields stand one after the other."""
    return {key.line: HIDDEN if key.sensitive else value.replace("\x1f", " · ")}


def _outside(sync: SyncPass, others: list[str], key: int) -> Trouble:
    """The view limits what is written and made, not who a record is: a second one would be a double."""
    there, line = sync.target, sync.module.keys[key]
    return Trouble(
        code="twin-outside-view",
        message=f"`{line.line}` matches {there.name}:{others[0]}, which is outside the view of {there.system}.",
        remedy="Change that record or the view so that it is shown, or make the two records distinct.",
        place=line.place,
    )


def _doubt(sync: SyncPass, taken: bool, candidates: int, others: list[str], key: int) -> Trouble:  # noqa: FBT001 - a column
    here, there, line = sync.source.name, sync.target.name, sync.module.keys[key]
    code = "ambiguous"
    remedy = f"Merge or rename them in {sync.source.system}, or add a further match key."
    if not others:
        message = f"Several records of {here} have the same match key `{line.line}`."
    elif taken:
        code = "already-linked"
        message = f"`{line.line}` matches {there}:{others[0]}, which is already linked to another record."
        remedy = f"Make the two {here} records distinct, or merge them there."
    elif candidates > 1:
        message = f"`{line.line}` matches {len(others)} records of {there}: {', '.join(others[:5])}."
        remedy = f"Merge or rename them in {sync.target.system}, or add a further match key."
    else:
        message = f"Several records of {here} match {there}:{others[0]} by `{line.line}`."
    return Trouble(code=code, message=message, remedy=remedy, place=line.place)
