"""Records, links and what happens to them: the nouns of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")

#: What a canonical value can be. Text dates and instants are ISO 8601; lists and objects are JSON values.
Value = str | int | Decimal | float | bool | None | list[Any] | dict[str, Any]
Values = Mapping[str, Value]

Kind = Literal["create", "update", "delete"]

#: What became of one write. `unknown`: it may or may not have been applied; it is never re-sent blindly.
Outcome = Literal["applied", "refused", "stale", "gone", "unknown", "retry"]

#: Where a pair stands (see docs/glossary.md).
Situation = Literal[
    "linked", "found", "ambiguous", "already-linked", "absent", "missing", "gone", "out-of-view", "unreadable"
]


def other(side: Side) -> Side:
    """The opposite side."""
    return "right" if side == "left" else "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One write that is about to be sent."""

    op: str  #: the engine's identity of this write; stable when it is repeated
    kind: Kind
    id: str | None = None  #: the record's id in its system; None = a create
    version: str | None = None  #: the version seen when deciding; None = the stream has none
    values: Values = field(
        default_factory=dict
    )  #: what to write, by the target's field names; only what changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the system answered to one write."""

    op: str
    outcome: Outcome
    id: str | None = None  #: the record's id after the write; None = not applied
    version: str | None = None  #: the record's version after the write; None = the answer does not say
    accepted: Values | None = (
        None  #: the record as the system now holds it; None = the answer does not show it
    )
    code: str | None = None  #: the system's own code, or one of ours
    message: str | None = None  #: the system's own words
    remedy: str | None = None  #: what a person can do; None = nothing beyond the message


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A record that is not synced now, why, and what resolves it."""

    side: Side
    id: str
    code: str
    message: str
    remedy: str | None = None
    temporary: bool = (
        False  #: True = tried again by back-off; False = when the record, the spec or its cause changes
    )
    label: str | None = None  #: how a person recognises the record; None = only its id is known
    place: str | None = None  #: file:line of the spec line that decided; None = no single line
    #: the values that it is held for, by field, each cut; None = the field is empty
    offending: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Counts:
    """What became of the records of one module in one run.

    For a module in one direction every record read from its source ends in exactly one of created, updated,
    unchanged, skipped, held or conflicts; so they add up to the records read. Only one that was written in some
    fields while others are in conflict counts as both.
    """

    read: dict[Side, int] = field(default_factory=lambda: {"left": 0, "right": 0})
    created: dict[Side, int] = field(default_factory=lambda: {"left": 0, "right": 0})
    updated: dict[Side, int] = field(default_factory=lambda: {"left": 0, "right": 0})
    deleted: dict[Side, int] = field(default_factory=lambda: {"left": 0, "right": 0})
    unchanged: int = 0
    skipped: int = 0
    skipped_for: dict[str, int] = field(default_factory=dict)  #: the same by reason
    held: int = 0
    conflicts: int = 0
    #: beside those: records that do not show a field that is compared, so that nobody can say it is in step
    not_comparable: int = 0
    #: beside those: linked records that a complete read of their side did not deliver
    missing: dict[Side, int] = field(default_factory=lambda: {"left": 0, "right": 0})

    def skip(self, why: str, records: int) -> None:
        """Leave records out; `why` in a few words."""
        self.skipped += records
        if records:
            self.skipped_for[why] = self.skipped_for.get(why, 0) + records

    def as_json(self) -> dict[str, Any]:
        """The shape that `run --format json` prints."""
        return {
            "read": dict(self.read),
            "created": dict(self.created),
            "updated": dict(self.updated),
            "deleted": dict(self.deleted),
            "unchanged": self.unchanged,
            "skipped": self.skipped,
            "skipped_for": dict(self.skipped_for),
            "held": self.held,
            "conflicts": self.conflicts,
            "not_comparable": self.not_comparable,
            "missing": dict(self.missing),
        }
