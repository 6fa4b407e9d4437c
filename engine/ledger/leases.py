"""The lease: one run per integration at a time, and no write by a run that has lost its turn.

A lease has two proofs. In the table: an epoch that only grows, checked in every write transaction, and an
expiry. Beside the file: an OS lock for each epoch, which the system frees when the process ends, however that
happens. SQLite's WAL needs shared memory, so all who use one ledger are on one machine; there a free lock
proves that the holder is gone, and its lease can be taken over at once instead of after its expiry.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import filelock
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from engine.errors import LockedError, UserError
from engine.ledger import schema
from engine.ledger.codec import later, moment
from engine.ledger.model import Lease

if TYPE_CHECKING:
    from engine.ledger.database import Work

_TABLE = schema.lease


def current(connection: sa.Connection, integration: str) -> Lease | None:
    """Who holds the lease, expired or not; None = nobody."""
    row = connection.execute(sa.select(_TABLE).where(_TABLE.c.integration == integration)).mappings().first()
    return None if row is None or row["holder"] is None else Lease(**row)


def take(
    connection: sa.Connection, path: Path, wanted: Lease, now: str
) -> tuple[Lease, filelock.BaseFileLock]:
    """Take the lease as `wanted` says, with the next epoch. Raises LockedError if somebody is using it."""
    holder = current(connection, wanted.integration)
    if holder is not None and moment(holder.expires) > moment(now) and not _is_gone(path, holder):
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
    row = {"epoch": lease.epoch, "holder": lease.holder, "expires": lease.expires}
    upsert = sqlite.insert(_TABLE).values(integration=lease.integration, **row)
    connection.execute(upsert.on_conflict_do_update(index_elements=["integration"], set_=row))
    return lease, _grasp(path, lease)


def fence(work: Work, lease: Lease) -> None:
    """Prove that the lease is the current one, first in every write transaction. Raises LockedError."""
    mine = sa.select(_TABLE.c.epoch).where(
        _TABLE.c.integration == lease.integration,
        _TABLE.c.epoch == lease.epoch,
        _TABLE.c.holder == lease.holder,
    )
    if not work.rows(mine):
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


def drop_lock(lock: filelock.BaseFileLock) -> None:
    """Free an OS lock and remove its file."""
    lock.release()
    with suppress(OSError):  # somebody may be testing it right now; a file left behind holds nobody up
        Path(lock.lock_file).unlink(missing_ok=True)


def _lock(path: Path, lease: Lease) -> filelock.BaseFileLock:
    return filelock.FileLock(
        f"{path}.{quote(lease.integration, safe='')}.{lease.epoch}.lock", timeout=0, thread_local=False
    )


def _grasp(path: Path, lease: Lease) -> filelock.BaseFileLock:
    lock = _lock(path, lease)
    try:
        lock.acquire()
    except (NotImplementedError, filelock.Timeout) as error:
        raise UserError(
            f"The folder of the ledger {path} does not support file locks.",
            remedy="Keep the ledger on a local disk.",
        ) from error
    return lock


def _is_gone(path: Path, holder: Lease) -> bool:
    """Whether the process that took this lease has ended."""
    lock = _lock(path, holder)
    try:
        lock.acquire()
    except filelock.Timeout:
        return False
    drop_lock(lock)
    return True
