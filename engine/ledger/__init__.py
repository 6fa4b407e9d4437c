"""The durable memory of every integration in a folder: links, bases, cursors, journal, runs, held records."""

from __future__ import annotations

from engine.ledger.model import (
    BASE_COLUMNS,
    CHANGE_COLUMNS,
    LINK_COLUMNS,
    NEW_LINK_COLUMNS,
    SKIP_COLUMNS,
    UNLINKED_COLUMNS,
    HeldRow,
    Intent,
    IntentState,
    Lease,
    LinkState,
    Loser,
    ModuleState,
    ModuleStatus,
    RecordKey,
    RunOutcome,
    RunRow,
    Settlement,
    Unlinked,
)

__all__ = [
    "BASE_COLUMNS",
    "CHANGE_COLUMNS",
    "LINK_COLUMNS",
    "NEW_LINK_COLUMNS",
    "SKIP_COLUMNS",
    "UNLINKED_COLUMNS",
    "HeldRow",
    "Intent",
    "IntentState",
    "Lease",
    "LinkState",
    "Loser",
    "ModuleState",
    "ModuleStatus",
    "RecordKey",
    "RunOutcome",
    "RunRow",
    "Settlement",
    "Unlinked",
]
