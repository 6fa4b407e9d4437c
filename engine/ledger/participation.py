"""The part of the ledger that knows which records take part because a person said so, or asked for them."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from engine.ledger.integration_states import IntegrationStates
from engine.ledger.write import enrolments

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from engine.ledger.database.transaction import WriteTransaction
    from engine.ledger.model import Enrolment, Lease
    from engine.record import Side


class Participation(IntegrationStates):
    """Enrolments, and records that a saved view does not show. Writing methods raise as those of the ledger."""

    @abstractmethod
    def _transaction(self, lease: Lease, rows: int) -> AbstractContextManager[WriteTransaction]:
        """A write transaction of the run that holds the lease, for so many rows."""

    def enrol(self, lease: Lease, one: Enrolment) -> None:
        """Let a record take part in its module; where it was enrolled before, its place is this one now.

        A link that leads to nothing any more is forgotten, so that the record can be made again.
        """
        with self._transaction(lease, 1) as transaction:
            enrolments.enrol(transaction, lease, one)

    def mark(self, lease: Lease, one: Enrolment) -> None:
        """Note the state of a record that takes part; its link stays as it is."""
        with self._transaction(lease, 1) as transaction:
            enrolments.mark(transaction, lease, one)

    def withdraw(self, lease: Lease, one: Enrolment) -> None:
        """Take a record out of its module again: its link and all that was held of it are forgotten."""
        with self._transaction(lease, 1) as transaction:
            enrolments.withdraw(transaction, lease, one)

    def admit(self, lease: Lease, module: str, side: Side, ids: Sequence[str], at: str) -> None:
        """Remember that these records take part from now on, whatever a saved view shows."""
        with self._transaction(lease, len(ids)) as transaction:
            enrolments.admit(transaction, lease, module, side, ids, at)
