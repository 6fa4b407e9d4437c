"""Leases: one run per integration at a time, and no write by a run that has lost its turn (fencing).

A lease has two proofs. In the table: an epoch that only grows, checked in every write transaction, and an
expiry. Beside it: a lock for each epoch, which is freed when the process ends, however that happens. A free
lock proves that the holder is gone, and its lease can be taken over at once instead of after its expiry. For
SQLite it is an OS lock, for its WAL needs shared memory, so all who use one ledger are on one machine; for
PostgreSQL it is a lock of the holder's session on the server.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.errors import LockedError
from engine.ledger.database.transaction import SqlTransaction
from engine.ledger.model import Lease
from engine.ledger.tables import schema
from engine.ledger.tables.cells import later, moment

if TYPE_CHECKING:
    from engine.ledger.database.port import Database
    from engine.ledger.database.transaction import WriteTransaction

_TABLE = schema.lease


def current(connection: sa.Connection, integration: str) -> Lease | None:
    """Who holds the lease, expired or not; None = nobody."""
    row = connection.execute(sa.select(_TABLE).where(_TABLE.c.integration == integration)).mappings().first()
    return None if row is None or row["holder"] is None else Lease(**row)


def take(connection: sa.Connection, database: Database, wanted: Lease, now: str) -> Lease:
    """Take the lease as `wanted` says, with the next epoch. Raises LockedError if somebody is using it."""
    holder = current(connection, wanted.integration)
    if (
        holder is not None
        and moment(holder.expires) > moment(now)
        and not database.is_gone(connection, holder)
    ):
        raise LockedError(
            f"`{wanted.integration}` is being run by {holder.holder}.",
            remedy=f"Wait until that run has ended; its lease ends at {holder.expires} unless it is renewed.",
        )
    before = (
        connection.scalar(sa.select(_TABLE.c.epoch).where(_TABLE.c.integration == wanted.integration)) or 0
    )
    lease = Lease(
        integration=wanted.integration, epoch=before + 1, holder=wanted.holder, expires=wanted.expires
    )
    SqlTransaction(connection).upsert(_TABLE, [asdict(lease)])
    database.grasp(lease)
    return lease


def fence(transaction: WriteTransaction, lease: Lease) -> None:
    """Prove that the lease is the current one, first in every write transaction. Raises LockedError."""
    mine = sa.select(_TABLE.c.epoch).where(
        _TABLE.c.integration == lease.integration,
        _TABLE.c.epoch == lease.epoch,
        _TABLE.c.holder == lease.holder,
    )
    if not transaction.rows(mine):
        raise LockedError(
            f"This run of `{lease.integration}` has lost its lease, so it stores nothing more.",
            remedy="Another run has taken over; `engine history` shows it. Nothing has to be repaired.",
        )


def extend(connection: sa.Connection, lease: Lease, now: str, ttl_s: float) -> Lease:
    """Move the expiry."""
    expires = later(now, ttl_s)
    connection.execute(
        sa.update(_TABLE).where(_TABLE.c.integration == lease.integration).values(expires=expires)
    )
    return Lease(integration=lease.integration, epoch=lease.epoch, holder=lease.holder, expires=expires)


def give_back(connection: sa.Connection, lease: Lease) -> None:
    """End the lease; one that was lost already is left to its new holder."""
    mine = (_TABLE.c.integration == lease.integration) & (_TABLE.c.epoch == lease.epoch)
    connection.execute(sa.update(_TABLE).where(mine).values(holder=None))
