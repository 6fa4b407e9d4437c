"""The lifecycle of an integration: whose accounts it is connected to, and what each stage needs and does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.plan.requirement import RequirementPlan
    from engine.plan.side import SlowField, WalkPlan
    from engine.record import Side

StageName = Literal["connect", "disable", "enable", "delete", "migrate"]
Act = Literal["delete", "set", "convert", "forget", "import"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPlan:
    """The one record that tells whose account a system is."""

    system: str
    stream: str
    field: str  #: identifies the account
    name: str  #: by which people recognise it

    @property
    def pin(self) -> str:
        """What it is remembered under."""
        return f"{self.system}.{self.stream}.{self.field}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """A module or trigger whose links are of records of one stream."""

    module: str
    side: Side  #: on which side of its links they are
    here: str  #: their system
    there: str  #: the system of the other side
    trigger: bool  #: what a trigger remembers of other records stays when its own are deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The records of a stream that a step is about."""

    system: str
    stream: str
    id_field: str
    version_field: str | None
    reads: tuple[str, ...]
    walks: tuple[WalkPlan, ...]
    #: SELECT over `page`, the tables of `walks` and `own` (id, origin: the links of `kept`), giving id, version,
    #: label, chosen (whether the condition holds) and other (the id that an older integration has kept, or null)
    lens: str
    kept: tuple[Keeping, ...]  #: who keeps links of these records
    batch_size: int  #: records that one write call carries
    folded: tuple[str, ...] = ()  #: its texts need not be alike to any others

    @property
    def name(self) -> str:
        """`system.stream`, as people write it."""
        return f"{self.system}.{self.stream}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterpart:
    """Where the other records of imported links are."""

    system: str
    stream: str
    id_field: str
    by_ids: bool  #: False = the stream can only be read whole


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPlan:
    """One thing that a stage does."""

    act: Act
    key: str  #: stable name in the journal, such as `disable: delete crm.Notes`
    text: str  #: as people read it
    place: str
    chosen: Chosen | None = None  #: for delete, set and import
    to: Mapping[str, Any] | None = None  #: for set: what is written
    module: str | None = None  #: for convert and import: whose links
    side: Side | None = None  #: for import: on which side of these links the chosen records are
    source: Side | None = None  #: for import: the side that the module takes changes from first
    other: Counterpart | None = None  #: for import


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterPlan:
    """The mail that tells whoever ordered a stage that it is done."""

    subject: SlowField
    body: SlowField


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePlan:
    """What one stage of an integration's life needs and does."""

    stage: StageName
    states: tuple[str, ...] = ()  #: the integration must stand so; empty = as the stage itself asks
    checks: tuple[RequirementPlan, ...] = ()
    pins: tuple[str, ...] = ()  #: what must be as it was when the integration was connected
    says: str | None = None  #: what a person confirms
    steps: tuple[StepPlan, ...] = ()
    choices: Mapping[str, tuple[StepPlan, ...]] | None = (
        None  #: one of which a person takes; None = nothing to choose
    )
    letter: LetterPlan | None = None  #: None = nobody is written to
    place: str = ""
