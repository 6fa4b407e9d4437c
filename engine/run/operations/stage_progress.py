"""Stage progress: an ordered stage of the lifecycle while it is carried out, and what its steps have seen and done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.ledger import Lease
    from engine.plan.lifecycle import StagePlan, StepPlan
    from engine.record import Counts
    from engine.run.read.chosen import One, Room
    from engine.run.session.ledger_writer import LedgerWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a person orders."""

    stage: StagePlan
    choice: str | None = None  #: one of the stage's choices; None = there are none
    by: str | None = None  #: the mail address of who orders it; None = not given

    @property
    def steps(self) -> tuple[StepPlan, ...]:
        """What is to be done."""
        chosen = (self.stage.choices or {}).get(self.choice or "", ())
        return (*self.stage.steps, *chosen)

    @property
    def asks(self) -> bool:
        """Whether the systems must be asked; where not, it works even if nobody answers there."""
        if self.stage.stage in ("connect", "enable"):
            return True
        return bool(self.stage.checks) or any(step.chosen is not None for step in self.steps)


@dataclass(slots=True, kw_only=True)
class Doing:
    """A stage while it is carried out."""

    room: Room
    writer: LedgerWriter
    run: str
    counts: dict[str, Counts]
    stop: Callable[[], bool]  #: whether a person has asked to stop

    def lease(self) -> Lease:
        """The right to write, renewed."""
        return self.writer.renew()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSeen:
    """What a step is about, looked at before anything is done."""

    step: StepPlan
    records: tuple[One, ...] = ()  #: that it deletes, sets or links
    links: int = 0  #: that it forgets
    left: tuple[One, ...] = ()  #: that a migration leaves behind
    lost: tuple[One, ...] = ()  #: whose counterpart is not there, so they cannot be linked


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDone:
    """What became of a step."""

    step: StepPlan
    records: int  #: deleted, set, linked, or whose links were forgotten
    refused: tuple[tuple[str, str], ...] = field(default=())  #: (record, what its system said)
