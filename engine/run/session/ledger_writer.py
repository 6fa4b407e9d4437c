"""LedgerWriter: the right to write to the ledger while a run holds its lease, and the clock that both go by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.ledger import Lease
    from engine.ledger.store import Ledger


@dataclass(slots=True, kw_only=True)
class Clock:
    """The engine's own time, for history and leases; never for cursors."""

    now: Callable[[], datetime]  #: aware, UTC

    def text(self) -> str:
        """Now, as the ledger keeps it."""
        return self.text_in(timedelta())

    def text_in(self, wait: timedelta) -> str:
        """The moment after a wait, as the ledger keeps it."""
        return (self.now() + wait).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True, kw_only=True)
class LedgerWriter:
    """The right to write to the ledger: the lease, renewed while the run works."""

    ledger: Ledger
    lease: Lease
    clock: Clock
    ttl_s: float

    def renew(self) -> Lease:
        """The lease, renewed when a third of its time is gone. Raises LockedError when it was lost."""
        left = datetime.fromisoformat(self.lease.expires) - self.clock.now()
        if left.total_seconds() < self.ttl_s * 2 / 3:
            self.lease = self.ledger.renew(self.lease, self.clock.text(), self.ttl_s)
        return self.lease
