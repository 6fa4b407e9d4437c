"""Which records take part in a module because a person said so. Each function is part of a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.ledger import schema, settling
from engine.ledger.codec import from_json, to_json
from engine.ledger.model import Enrolment, Settlement

if TYPE_CHECKING:
    from engine.ledger.model import Lease
    from engine.ledger.work import Work

_LINKS = schema.links
#: Of the table's states, those that are about enrolment.
_STATES = ("enrolled", "marked", "leaving")
#: Links of records that are not there any more.
_GONE = ("gone-left", "gone-right")


def enrol(work: Work, lease: Lease, one: Enrolment) -> None:
    """Let a record take part; that it was left alone, and a link that leads to nothing any more, is forgotten."""
    gone, key = tuple(_links_of(work, lease, one, only_gone=True)), (one.side, one.record_id)
    settlement = Settlement(run="", module=one.module, dropped=gone, unskipped=(key,))
    settling.settle(work, lease, settlement)
    work.upsert(schema.enrolments, [_row(lease, one)])


def mark(work: Work, lease: Lease, one: Enrolment) -> None:
    """Store the state of a record that takes part."""
    work.upsert(schema.enrolments, [_row(lease, one)])


def withdraw(work: Work, lease: Lease, one: Enrolment) -> None:
    """Forget that the record takes part, its link and what is held of it."""
    key = (one.side, one.record_id)
    links = tuple(_links_of(work, lease, one, only_gone=False))
    settlement = Settlement(run="", module=one.module, dropped=links, released=(key,), unwaits=(key,))
    settling.settle(work, lease, settlement)
    work.delete(schema.enrolments, [_key(lease, one)])


def _links_of(work: Work, lease: Lease, one: Enrolment, *, only_gone: bool) -> list[int]:
    query = sa.select(_LINKS.c.id, _LINKS.c.state)
    query = query.where(_LINKS.c.integration == lease.integration, _LINKS.c.module == one.module)
    rows = work.rows_by(query, _LINKS.c[f"{one.side}_id"], [one.record_id])
    return [int(number) for number, state in rows if not only_gone or state in _GONE]


def _key(lease: Lease, one: Enrolment) -> dict[str, Any]:
    return {
        "integration": lease.integration,
        "module": one.module,
        "side": one.side,
        "record_id": one.record_id,
    }


def _row(lease: Lease, one: Enrolment) -> dict[str, Any]:
    return {**_key(lease, one), "state": one.state, "place": to_json(one.place), "at": one.at}


def read(connection: sa.Connection, integration: str, module: str | None) -> list[Enrolment]:
    """What is enrolled, oldest first; None = in every module."""
    table = schema.enrolments
    query = sa.select(table).where(table.c.integration == integration, table.c.state.in_(_STATES))
    query = query.order_by(table.c.at, table.c.record_id)
    query = query if module is None else query.where(table.c.module == module)
    return [
        Enrolment(
            module=row["module"],
            side=row["side"],
            record_id=row["record_id"],
            place=from_json(row["place"]),
            at=row["at"],
            state=row["state"],
        )
        for row in connection.execute(query).mappings()
    ]
