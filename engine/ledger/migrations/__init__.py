"""The steps from each schema of the ledger to the next, run by alembic from `engine.ledger.opening`."""

from __future__ import annotations
