"""Records that take part although no saved view shows them: somebody asked for them. Parts of a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.ledger import schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.ledger.model import Lease
    from engine.ledger.work import Work
    from engine.record import Side

#: In `enrolments`, beside what people have enrolled.
ADMITTED = "admitted"


def admit(work: Work, lease: Lease, module: str, side: Side, ids: Sequence[str], at: str) -> None:
    """Remember that these records take part; those that did already keep their moment."""
    rows = [
        {
            "integration": lease.integration,
            "module": module,
            "side": side,
            "record_id": one,
            "state": ADMITTED,
            "place": "{}",
            "at": at,
        }
        for one in ids
    ]
    work.upsert(schema.enrolments, rows, lambda table, _new: {"at": table.c.at})


def admitted(integration: str, module: str, side: Side) -> sa.Select[tuple[str]]:
    """The query for the ids of those that take part."""
    table = schema.enrolments
    return sa.select(table.c.record_id).where(
        table.c.integration == integration,
        table.c.module == module,
        table.c.side == side,
        table.c.state == ADMITTED,
    )
