"""The durable memory of every integration in a folder: links, bases, cursors, journal, runs, held records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.ledger.already_linked import AlreadyLinked, clash
from engine.ledger.model import (
    Conflict,
    Enrolment,
    HeldRow,
    Intent,
    IntentState,
    Lease,
    LinkRow,
    LinkState,
    Loser,
    ModuleState,
    ModuleStatus,
    RecordKey,
    RunOutcome,
    RunRow,
    Wait,
)
from engine.ledger.settlement import (
    BASE_COLUMNS,
    CHANGE_COLUMNS,
    LINK_COLUMNS,
    NEW_LINK_COLUMNS,
    SIGHTING_COLUMNS,
    SKIP_COLUMNS,
    Settlement,
    Sightings,
)

if TYPE_CHECKING:
    from pathlib import Path

    from engine.ledger.store import Ledger

__all__ = [
    "BASE_COLUMNS",
    "CHANGE_COLUMNS",
    "LINK_COLUMNS",
    "NEW_LINK_COLUMNS",
    "SIGHTING_COLUMNS",
    "SKIP_COLUMNS",
    "AlreadyLinked",
    "Conflict",
    "Enrolment",
    "HeldRow",
    "Intent",
    "IntentState",
    "Lease",
    "LinkRow",
    "LinkState",
    "Loser",
    "ModuleState",
    "ModuleStatus",
    "RecordKey",
    "RunOutcome",
    "RunRow",
    "Settlement",
    "Sightings",
    "Wait",
    "clash",
    "ledger_exists",
    "open_ledger",
]


def ledger_exists(url: str | Path) -> bool:
    """Whether something has run with the ledger at a path or URL; see `engine.ledger.opening.exists`."""
    from engine.ledger.opening import exists

    return exists(str(url))


def open_ledger(url: str | Path, *, readonly: bool = False, patience_s: float = 10.0) -> Ledger:
    """Open a ledger; see `engine.ledger.store.open_ledger`, which loads the database library."""
    from engine.ledger.store import open_ledger as open_store

    return open_store(url, readonly=readonly, patience_s=patience_s)
