"""Reconcile: decide, field by field, what one pair of records needs. Pure: no clock, no ledger, no system.

Values are canonical, so equal means the same thing. A base is kept per side: what that side held when the two
were last in step. `UNKNOWN` is a field that the system did not show; it is never a change. `NO_BASE` is a field
that was never in step, because the pair is new or the mapping line is.
"""

from __future__ import annotations

from engine.reconcile.merge import reconcile, reconcile_field
from engine.reconcile.model import (
    NO_BASE,
    UNKNOWN,
    Decision,
    FieldDecision,
    Missing,
    Policy,
    Resolution,
    Rule,
    Seen,
    Times,
    Triple,
)
from engine.reconcile.stored import settled

__all__ = [
    "NO_BASE",
    "UNKNOWN",
    "Decision",
    "FieldDecision",
    "Missing",
    "Policy",
    "Resolution",
    "Rule",
    "Seen",
    "Times",
    "Triple",
    "reconcile",
    "reconcile_field",
    "settled",
]
