"""Work: what one module's run works with, and what it counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.record import Counts, Side

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.connectors.port import Connector
    from engine.event import Listener
    from engine.ledger import Lease
    from engine.ledger.store import Ledger
    from engine.plan import ModulePlan, SidePlan
    from engine.run.columns import Columns
    from engine.run.slow import Compute


class StopAskedError(EngineError):
    """A person asked the run to stop; the batch in flight was settled."""

    exit_code = 130


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
class Pen:
    """The right to write to the ledger: the lease, renewed while the run works."""

    ledger: Ledger
    lease: Lease
    clock: Clock
    ttl_s: float

    def keep(self) -> Lease:
        """The lease, renewed when a third of its time is gone. Raises LockedError when it was lost."""
        left = datetime.fromisoformat(self.lease.expires) - self.clock.now()
        if left.total_seconds() < self.ttl_s * 2 / 3:
            self.lease = self.ledger.renew(self.lease, self.clock.text(), self.ttl_s)
        return self.lease


@dataclass(slots=True, kw_only=True)
class Work:
    """One module in one run."""

    run: str
    integration: str
    module: ModulePlan
    columns: Columns
    systems: Mapping[str, Connector]
    ledger: Ledger
    pen: Pen | None  #: None = a preview: nothing may be written anywhere
    clock: Clock
    listen: Listener
    stop: Callable[[], bool]
    slow: Mapping[Side, dict[str, Compute]]
    counts: Counts = field(default_factory=Counts)
    attempts: dict[str, int] = field(default_factory=dict)  #: how often each held record was tried so far

    @property
    def source(self) -> SidePlan:
        """The side that changes come from."""
        return self.module.side(self.module.source)

    @property
    def target(self) -> SidePlan:
        """The side that is written."""
        return self.module.side(self.module.target)

    def connector(self, side: SidePlan) -> Connector:
        """The open connection to that side."""
        return self.systems[side.system]

    def heed_stop(self) -> None:
        """Between batches: end here if a person asked for it."""
        if self.stop():
            raise StopAskedError(
                "Stopped as asked; everything that was written is remembered.",
                remedy="Run the same command again to go on.",
            )
