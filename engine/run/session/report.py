"""What a run or a preview tells its caller when it ends."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.record import Counts, Held, Kind, Side

#: done: nothing is left to say · held: finished, but records are held · interrupted: stopped on request, settled ·
#: parked: a system's quota is spent, the next run goes on
RunOutcome = Literal["done", "held", "interrupted", "parked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRecord:
    """A held record together with the module it belongs to."""

    module: str
    held: Held

    def as_json(self) -> dict[str, Any]:
        """The record, why it is held, and the values that it is held for."""
        return {"module": self.module, **asdict(self.held)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spared:
    """One record that a saved changeset or an undo would have written, and that was left alone."""

    module: str
    what: str  #: create, update, delete or link, or what of it was to be undone
    left_id: str | None  #: None = there was none
    right_id: str | None
    label: str
    why: str  #: a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What became of a saved changeset."""

    file: str
    changes: int  #: that the file holds
    done: int  #: those that were done, or tried: a refused write is held
    already: int  #: those that were so already, of the ones that were looked at
    stale: tuple[Spared, ...]  #: the first of those that no longer hold; none of them was written

    @property
    def refused(self) -> int:
        """Changes that no longer hold."""
        return self.changes - self.done - self.already


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """One finished execution of one plan."""

    run: str  #: the run's id, as `engine history` shows it
    integration: str
    outcome: RunOutcome
    seconds: float
    modules: Mapping[str, Counts]  #: in the order they ran
    held: tuple[HeldRecord, ...] = ()  #: every record that is held now, from this run or an earlier one
    calls: Mapping[str, int] = field(default_factory=dict)  #: system -> requests sent
    notes: tuple[str, ...] = ()  #: whole sentences
    applied: Applied | None = None  #: None = a run that was not bound to a changeset

    @property
    def wrote(self) -> int:
        """Records created, updated or deleted on either side."""
        return sum(
            sum(counts.created.values()) + sum(counts.updated.values()) + sum(counts.deleted.values())
            for counts in self.modules.values()
        )

    def as_json(self) -> dict[str, Any]:
        """The object that `run --format json` prints."""
        return {
            "run": self.run,
            "integration": self.integration,
            "outcome": self.outcome,
            "seconds": round(self.seconds, 3),
            "modules": {name: counts.as_json() for name, counts in self.modules.items()},
            "held_now": len(self.held),
            "held": [one.as_json() for one in self.held],
            "calls": dict(self.calls),
            "notes": list(self.notes),
            **(
                {"applied": {**asdict(self.applied), "refused": self.applied.refused}} if self.applied else {}
            ),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field of one record, before and after."""

    field: str
    before: Any  #: canonical JSON value; None also where the record does not exist yet
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLine:
    """One record that would be written."""

    module: str
    side: Side
    kind: Kind
    id: str | None  #: None = a create
    label: str  #: how a person recognises the record
    why: str  #: the rule that decided, in a few words
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemForecast:
    """What a run would cost one system."""

    system: str
    read_calls: int
    write_calls: int
    seconds: float | None  #: at the system's rate limit; None = it has none
    methods: tuple[str, ...]  #: how streams are read and written, in plain words
    read_credits: int | None = None  #: that the reads cost; None = the system counts no credits
    write_credits: int | None = None  #: the same of the writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a run would not do before a person has agreed."""

    module: str
    code: str  #: what `--accept` takes to let exactly this through
    what: str  #: a sentence
    remedy: str
    details: tuple[str, ...]  #: the records concerned, the first of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Changeset:
    """What a run would change, record by record; nothing was written."""

    integration: str
    modules: Mapping[str, Counts]
    lines: tuple[ChangeLine, ...]  #: the first `limit` records of each module
    held: tuple[HeldRecord, ...]
    forecast: tuple[SystemForecast, ...]
    seconds: float  #: that the preview itself took
    asks: tuple[Ask, ...] = ()  #: what a run would ask first
    notes: tuple[str, ...] = ()  #: whole sentences

    @property
    def writes(self) -> int:
        """Records that a run would create, update or delete."""
        return sum(
            sum(counts.created.values()) + sum(counts.updated.values()) + sum(counts.deleted.values())
            for counts in self.modules.values()
        )

    def as_json(self) -> dict[str, Any]:
        """The object that `preview --format json` prints."""
        return {
            "integration": self.integration,
            "seconds": round(self.seconds, 3),
            "writes": self.writes,
            "modules": {name: counts.as_json() for name, counts in self.modules.items()},
            "changes": [_line_json(line) for line in self.lines],
            "held": [one.as_json() for one in self.held],
            "forecast": [
                {
                    "system": one.system,
                    "read_calls": one.read_calls,
                    "write_calls": one.write_calls,
                    "read_credits": one.read_credits,
                    "write_credits": one.write_credits,
                    "seconds": one.seconds,
                    "methods": list(one.methods),
                }
                for one in self.forecast
            ],
            "asks": [asdict(one) for one in self.asks],
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What taking back a run does, or has done."""

    run: str  #: that is taken back
    by: str | None  #: the run that did it; None = it was only looked at
    integration: str
    lines: tuple[ChangeLine, ...]  #: the first of the records that are written
    counts: Mapping[Kind, int]  #: records that are written
    already: int  #: records that are as they were before
    spared: tuple[Spared, ...]  #: records that are left alone, all of them
    notes: tuple[str, ...]  #: whole sentences
    seconds: float

    @property
    def writes(self) -> int:
        """Records that are written."""
        return sum(self.counts.values())

    def as_json(self) -> dict[str, Any]:
        """The object that `undo --format json` prints."""
        return {
            "run": self.run,
            "by": self.by,
            "integration": self.integration,
            "seconds": round(self.seconds, 3),
            "writes": dict(self.counts),
            "changes": [_line_json(line) for line in self.lines],
            "already": self.already,
            "spared": [asdict(one) for one in self.spared],
            "notes": list(self.notes),
        }


def _line_json(line: ChangeLine) -> dict[str, Any]:
    return {
        "module": line.module,
        "side": line.side,
        "kind": line.kind,
        "id": line.id,
        "label": line.label,
        "why": line.why,
        "fields": {change.field: [change.before, change.after] for change in line.fields},
    }
