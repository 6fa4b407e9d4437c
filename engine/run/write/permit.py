"""Permit: leave to write one module: the lease, and what the limits or a person have let through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.run.session.changes import Change
    from engine.run.session.ledger_writer import LedgerWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Leave to write records of one module.

    It is issued once per module and run: after the limits were kept or approved, for a changeset that a person has
    approved, or for what a person has ordered record by record.
    """

    writer: LedgerWriter
    module: str  #: the module, association or lifecycle step that it is for
    wanted: Callable[[Change | None], bool] | None = (
        None  #: picks single changes; None = whatever a run decides
    )

    def demand(self, module: str) -> LedgerWriter:
        """The right to write for that module. Raises ValueError for any other, LockedError when the lease was lost."""
        if module != self.module:
            raise ValueError(f"A permit for `{self.module}` was shown to write `{module}`.")
        self.writer.renew()
        return self.writer

    def picks(self, change: Change | None) -> bool:
        """Whether this change is to be made."""
        return self.wanted is None or self.wanted(change)
