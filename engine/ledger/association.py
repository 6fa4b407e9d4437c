"""What the ledger remembers of records that are shown on each other, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """Two records that are shown on each other."""

    name: str  #: of the association in the spec, or of the trigger that made one record of the other
    of_stream: str  #: `system.stream`
    of_id: str
    to_stream: str
    to_id: str
    locked: bool  #: people may not take them apart
    at: str
    run: str | None = None  #: that put them together; None = a person did
    number: int = 0  #: grows with every association; 0 = not stored yet
    integration: str = ""  #: filled in by the ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Associating:
    """How the new links of a settlement are associations, too."""

    name: str
    of_stream: str  #: of the left records
    to_stream: str  #: of the right records
    locked: bool
    at: str
