"""What a run asks the systems before it writes anything."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementPlan:
    """What must hold before anything is written."""

    sql: str  #: over one-row columns named SYSTEM.STREAM.FIELD
    reads: tuple[tuple[str, str, str], ...]  #: (system, stream, field)
    #: how each of `reads` becomes canonical: SELECT list items over text columns of the same names
    canonical: tuple[str, ...]
    message: str
    text: str
    place: str
    remedy: str | None = None  #: what resolves it; None = the condition says so
