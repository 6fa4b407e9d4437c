"""Quota: `at-most`: who of the records that are to be made still gets a constant of which there is only so much.

What the target holds already counts, whoever put it there, and so does what was sent and may still turn up. The
records are served in the order in which they were read. One whose making fails keeps what it was to get until the
next run: so there is never more than the spec allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.connectors.read_port import ReadRequest
from engine.event import Noted
from engine.run.read.one_record_streams import read_fields, value_of
from engine.run.read.pull import pull
from engine.run.session.tables import ABSENT, BEYOND
from engine.run.session.write_columns import SOURCE

if TYPE_CHECKING:
    from engine.plan import QuotaPlan
    from engine.run.session.sync_pass import SyncPass


def ration(sync: SyncPass) -> None:
    """Leave in the table `beyond` the places of records in `absent` for which there is no room, by field."""
    quotas = [one.quota for one in sync.module.fields if one.quota and one.quota.side == sync.target.side]
    if not quotas or not sync.moving:
        return
    sync.columns.run(f"CREATE OR REPLACE TABLE {BEYOND} (field VARCHAR, place BIGINT)")
    wanted = int(sync.columns.one(f"SELECT count(*) FROM {ABSENT}"))
    for quota in quotas if wanted else ():
        room = _room(sync, quota)
        sync.columns.run(
            f"INSERT INTO {BEYOND} SELECT '{_quoted(quota.field)}', place FROM {ABSENT} ORDER BY place OFFSET {room}"
        )
        if room < wanted:
            _tell(sync, quota, room, wanted)


def _room(sync: SyncPass, quota: QuotaPlan) -> int:
    """How many more records may get the constant."""
    amount = value_of(quota.amount, read_fields(quota.amount.reads, sync.systems), sync.columns)
    if amount is None:
        message = (
            f"`{quota.amount.text}` returned no number, so no record gets `{quota.field}` = {quota.value}."
        )
        sync.listen(Noted(module=sync.module.name, message=message))
    return max(0, int(amount or 0) - _taken(sync, quota) - _on_their_way(sync, quota))


def _taken(sync: SyncPass, quota: QuotaPlan) -> int:
    """Records of the target that hold the constant now."""
    sync.columns.drop("holders")
    request = ReadRequest(stream=sync.target.stream, fields=(quota.field,))
    for page in pull(sync.connector(sync.target), sync.target, request):
        with sync.columns.shown("page", page):
            sync.columns.add("holders", quota.has)
        sync.check_stop()
    # A page may show a record again that an earlier one has shown.
    count = int(sync.columns.one("SELECT count(DISTINCT id) FROM holders WHERE has"))
    sync.columns.drop("holders")
    return count


def _on_their_way(sync: SyncPass, quota: QuotaPlan) -> int:
    """Records that were sent with the constant and may still turn up."""
    held = sync.ledger.held_rows(sync.integration, sync.module.name)
    unclear = {row.record_id for row in held if row.code == "unconfirmed"}
    sent: set[str] = set()
    for intent in sync.ledger.pending_intents(sync.integration) if unclear else ():
        ours = intent.module == sync.module.name and intent.side == quota.side
        if ours and intent.kind == "create" and intent.payload is not None:
            sync.columns.keep("sent", intent.payload)
            rows = sync.columns.rows(f"SELECT {SOURCE} FROM sent WHERE {quota.sent}")
            sync.columns.drop("sent")
            sent |= {str(row[0]) for row in rows}
    return len(sent & unclear)


def _tell(sync: SyncPass, quota: QuotaPlan, room: int, wanted: int) -> None:
    rest = wanted - room
    records = "1 record gets" if rest == 1 else f"{rest:,} records get"
    message = f"{records} `{quota.field}` = {quota.otherwise}: {quota.value} is limited to {quota.amount.text} records."
    sync.listen(Noted(module=sync.module.name, message=message))


def _quoted(name: str) -> str:
    return name.replace("'", "''")
