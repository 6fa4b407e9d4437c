"""Quota: who of the records that are to be made still gets a constant of which there is only so much.

What the target holds already counts, whoever put it there, and so does what was sent and may still turn up. The
records are served in the order in which they were read. One whose making fails keeps what it was to get until the
next run: so there is never more than the spec allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.connectors.port import ReadRequest
from engine.event import Noted
from engine.run.read.pull import Reading, pull
from engine.run.read.single import read_told, value_of

if TYPE_CHECKING:
    from engine.plan import FieldPlan, QuotaPlan
    from engine.record import Side
    from engine.run.session.sync_pass import Work


def given(line: FieldPlan, side: Side) -> str:
    """SQL over a row of `work`: what a record that is made gets by a line."""
    value, quota = line.writes[side].sql, line.quota
    if quota is None:
        return value
    places = f"SELECT place FROM beyond WHERE field = '{_quoted(quota.field)}'"
    return f"CASE WHEN w.rowid IN ({places}) THEN {quota.other} ELSE {value} END"


def ration(work: Work) -> None:
    """Leave in the table `beyond` the places of records in `absent` for which there is no room, by field."""
    quotas = [one.quota for one in work.module.fields if one.quota and one.quota.side == work.target.side]
    if not quotas or not work.moving:
        return
    work.columns.run("CREATE OR REPLACE TABLE beyond (field VARCHAR, place BIGINT)")
    wanted = int(work.columns.one("SELECT count(*) FROM absent"))
    for quota in quotas if wanted else ():
        room = _room(work, quota)
        work.columns.run(
            f"INSERT INTO beyond SELECT '{_quoted(quota.field)}', place FROM absent ORDER BY place OFFSET {room}"
        )
        if room < wanted:
            _tell(work, quota, room, wanted)


def _room(work: Work, quota: QuotaPlan) -> int:
    """How many more records may get the constant."""
    amount = value_of(quota.amount, read_told(quota.amount.reads, work.systems), work.columns)
    if amount is None:
        message = f"`{quota.amount.text}` tells no number, so nobody gets `{quota.field}` = {quota.value}."
        work.listen(Noted(module=work.module.name, message=message))
    return max(0, int(amount or 0) - _taken(work, quota) - _on_their_way(work, quota))


def _taken(work: Work, quota: QuotaPlan) -> int:
    """Records of the target that hold the constant now."""
    work.columns.drop("holders")
    request = ReadRequest(stream=work.target.stream, fields=(quota.field,))
    for page in pull(work.connector(work.target), work.target, request, {}, Reading(), lambda _page: None):
        work.columns.show("page", page)
        work.columns.add("holders", quota.has)
        work.columns.hide("page")
        work.heed_stop()
    # A page may show a record again that an earlier one has shown.
    count = int(work.columns.one("SELECT count(DISTINCT id) FROM holders WHERE has"))
    work.columns.drop("holders")
    return count


def _on_their_way(work: Work, quota: QuotaPlan) -> int:
    """Records that were sent with the constant and may still turn up."""
    held = work.ledger.held_rows(work.integration, work.module.name)
    unclear = {row.record_id for row in held if row.code == "unconfirmed"}
    sent: set[str] = set()
    for intent in work.ledger.pending_intents(work.integration) if unclear else ():
        ours = intent.module == work.module.name and intent.side == quota.side
        if ours and intent.kind == "create" and intent.payload is not None:
            work.columns.keep("sent", intent.payload)
            rows = work.columns.rows(f"SELECT _source FROM sent WHERE {quota.sent}")
            work.columns.drop("sent")
            sent |= {str(row[0]) for row in rows}
    return len(sent & unclear)


def _tell(work: Work, quota: QuotaPlan, room: int, wanted: int) -> None:
    rest = wanted - room
    records = "1 record gets" if rest == 1 else f"{rest:,} records get"
    message = (
        f"{records} `{quota.field}` = {quota.otherwise}: {quota.value} is for at most {quota.amount.text}."
    )
    work.listen(Noted(module=work.module.name, message=message))


def _quoted(name: str) -> str:
    return name.replace("'", "''")
