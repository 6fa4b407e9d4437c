"""Numbers that are given out once: of links and of conflicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.ledger.tables import schema

if TYPE_CHECKING:
    from engine.ledger.database.transaction import WriteTransaction


def allocate(transaction: WriteTransaction, counter: str, count: int) -> range:
    """So many new numbers of a counter; one is never used twice, not even after what had it was dropped."""
    mine = schema.meta.c.key == counter
    found = transaction.rows(sa.select(schema.meta.c.value).where(mine))
    first = int(found[0][0]) if found else 1
    following = {"value": str(first + count)}
    if found:
        transaction.run(sa.update(schema.meta).where(mine).values(following))
    elif count:
        transaction.run(sa.insert(schema.meta).values(key=counter, **following))
    return range(first, first + count)
