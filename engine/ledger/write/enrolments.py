"""Which records take part in a module because a person said so, or asked for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.ledger.settlement import Settlement
from engine.ledger.tables import schema
from engine.ledger.tables.cells import to_json
from engine.ledger.write import settlements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.ledger.database.transaction import WriteTransaction
    from engine.ledger.model import Enrolment, Lease
    from engine.record import Side

_LINKS = schema.links
#: Links of records that are not there any more.
_GONE = ("gone-left", "gone-right")


def enrol(transaction: WriteTransaction, lease: Lease, one: Enrolment) -> None:
    """Let a record take part; that it was left alone, and a link that leads to nothing any more, is forgotten."""
    gone, key = tuple(_links_of(transaction, lease, one, only_gone=True)), (one.side, one.record_id)
    settlement = Settlement(run="", module=one.module, dropped=gone, unskipped=(key,))
    settlements.store(transaction, lease, settlement)
    transaction.upsert(schema.enrolments, [_row(lease, one)])


def mark(transaction: WriteTransaction, lease: Lease, one: Enrolment) -> None:
    """Store the state of a record that takes part."""
    transaction.upsert(schema.enrolments, [_row(lease, one)])


def withdraw(transaction: WriteTransaction, lease: Lease, one: Enrolment) -> None:
    """Forget that the record takes part, its link and what is held of it."""
    key = (one.side, one.record_id)
    links = tuple(_links_of(transaction, lease, one, only_gone=False))
    settlement = Settlement(run="", module=one.module, dropped=links, released=(key,), unwaits=(key,))
    settlements.store(transaction, lease, settlement)
    transaction.delete(schema.enrolments, [_key(lease, one)])


def _links_of(transaction: WriteTransaction, lease: Lease, one: Enrolment, *, only_gone: bool) -> list[int]:
    query = sa.select(_LINKS.c.id, _LINKS.c.state)
    query = query.where(_LINKS.c.integration == lease.integration, _LINKS.c.module == one.module)
    rows = transaction.rows_by(query, _LINKS.c[f"{one.side}_id"], [one.record_id])
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


def admit(
    transaction: WriteTransaction, lease: Lease, module: str, side: Side, ids: Sequence[str], at: str
) -> None:
    """Remember that these records take part; those that did already keep their moment."""
    rows = [
        {
            "integration": lease.integration,
            "module": module,
            "side": side,
            "record_id": one,
            "state": schema.ADMITTED,
            "place": "{}",
            "at": at,
        }
        for one in ids
    ]
    transaction.upsert(schema.enrolments, rows, lambda table, _new: {"at": table.c.at})
