"""OS locks beside a ledger file, one for each lease: the system frees them when the process ends, however it ends."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import filelock

from engine.errors import UserError

if TYPE_CHECKING:
    from engine.ledger.model import Lease


class FileLocks:
    """The locks that this process holds beside one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: dict[str, filelock.BaseFileLock] = {}

    def grasp(self, lease: Lease) -> None:
        """Hold the lease's lock. Raises UserError where the file system has no locks."""
        lock = self._lock(lease)
        known = self._held.get(lease.integration)
        if known is not None and known.lock_file == lock.lock_file:
            return
        try:
            lock.acquire()
        except (NotImplementedError, filelock.Timeout) as error:
            raise UserError(
                f"The folder of the ledger {self._path} does not support file locks.",
                remedy="Keep the ledger on a local disk.",
            ) from error
        self._held[lease.integration] = lock

    def let_go(self, lease: Lease) -> None:
        """Free the lock and remove its file."""
        lock = self._held.get(lease.integration)
        if lock is not None and lock.lock_file == self._lock(lease).lock_file:
            del self._held[lease.integration]
            _drop(lock)

    def is_gone(self, holder: Lease) -> bool:
        """Whether nobody holds the lock any more."""
        lock = self._lock(holder)
        try:
            lock.acquire()
        except filelock.Timeout:
            return False
        _drop(lock)
        return True

    def close(self) -> None:
        """Free every lock; their files stay and hold nobody up."""
        for lock in self._held.values():
            lock.release()
        self._held.clear()

    def _lock(self, lease: Lease) -> filelock.BaseFileLock:
        return filelock.FileLock(
            f"{self._path}.{quote(lease.integration, safe='')}.{lease.epoch}.lock",
            timeout=0,
            thread_local=False,
        )


def _drop(lock: filelock.BaseFileLock) -> None:
    lock.release()
    with suppress(OSError):  # somebody may be testing it right now; a file left behind holds nobody up
        Path(lock.lock_file).unlink(missing_ok=True)
