"""A module of the plan, and what makes a run of it stop."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from engine.plan.words import digest, sources
from engine.record import other

if TYPE_CHECKING:
    from engine.plan.enrol import EnrolPlan
    from engine.plan.field import FieldPlan, KeyPlan, Write
    from engine.plan.rule import GuardPlan, PairCheckPlan, TriggerPlan, YieldPlan
    from engine.plan.search import SearchPlan
    from engine.plan.side import SidePlan
    from engine.plan.words import Arrow, Duplicates, Policy
    from engine.record import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How many records of a module one run may touch in one way; `Limits` says which of two figures counts."""

    count: int | None  #: None = no such number
    share: float | None  #: of the module's links, 0 to 1; None = no such share


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What makes a run stop and ask before it writes anything of a module; None = never.

    It stops at more than the figure says. Where a limit has both a count and a share, whichever is passed first
    stops it; only for creates both must be passed, so that a small module may still grow. A share says nothing below
    ten links. Creates count once a module has been linked in full; updates are those of one side.
    """

    creates: Limit | None
    updates: Limit | None
    deletes: Limit | None
    conflicts: Limit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModulePlan:
    """Two streams that are kept in step, and how."""

    name: str
    title: str
    arrow: Arrow
    left: SidePlan
    right: SidePlan
    fields: tuple[FieldPlan, ...]
    #: SQL over the columns of a lens: JSON object of the compared values as canonical text, by key
    snapshot: str
    keys: tuple[KeyPlan, ...]
    duplicates: Duplicates
    creates: tuple[Side, ...]  #: the sides on which newcomers are made
    deletes: Literal["keep", "propagate"]
    limits: Limits
    before_write: Literal["check", "trust"]
    place: str
    trigger: TriggerPlan | None = None  #: None = records are kept in step
    search: SearchPlan | None = None  #: None = nobody looks for its records by name
    yields: tuple[YieldPlan, ...] = ()  #: modules whose values win over this one's
    checks: tuple[PairCheckPlan, ...] = ()  #: what both records of a pair must meet together
    guards: tuple[GuardPlan, ...] = ()  #: in the order of the spec
    enrol: EnrolPlan | None = None  #: None = records take part by themselves
    #: Records that share a key and have no counterpart are made, or all of them are held.
    same_key: Literal["make", "hold"] = "hold"

    def side(self, side: Side) -> SidePlan:
        """That end."""
        return self.left if side == "left" else self.right

    @property
    def sources(self) -> tuple[Side, ...]:
        """The sides that changes or newcomers come from, in the order in which they are read and push."""
        return sources(self.arrow)

    def making(self, side: Side) -> tuple[tuple[FieldPlan, Write], ...]:
        """What makes a record of a side, field by field; of two lines for one, that for new records only."""
        lines = [line for line in self.fields if side in line.writes]
        new_only = {one.to for line in lines if line.on_create for one in line.writes[side].fields}
        fields = [(line, one) for line in lines for one in line.writes[side].fields]
        return tuple((line, one) for line, one in fields if line.on_create or one.to not in new_only)

    def written(self, side: Side) -> dict[str, FieldPlan]:
        """The compared line of each field of a side that is written."""
        lines = [line for line in self.compared if side in line.writes]
        return {one.to: line for line in lines for one in line.writes[side].fields}

    def may(self, side: Side) -> tuple[Literal["create", "update", "delete"], ...]:
        """What it may do to records of a side."""
        if self.trigger is not None:
            acts: dict[str, Literal["create", "update", "delete"]] = {"create": "create", "change": "update"}
            return (acts.get(self.trigger.act, "delete"),) if side == "right" else ()
        makes = side in self.creates
        updates = any(line.toward(side) for line in self.fields)
        follows = self.deletes == "propagate" and other(side) in self.sources
        verbs: tuple[tuple[Literal["create", "update", "delete"], bool], ...] = (
            ("create", makes),
            ("update", updates),
            ("delete", follows),
        )
        return tuple(verb for verb, so in verbs if so)

    def policy(self, line: FieldPlan) -> Policy:
        """Who wins a line that differs: in one direction always the source."""
        return line.policy if len(self.sources) > 1 else self.sources[0]

    @property
    def compared(self) -> tuple[FieldPlan, ...]:
        """The lines that tell whether a record changed."""
        return tuple(line for line in self.fields if not line.on_create)

    @property
    def fingerprint(self) -> str:
        """Changes whenever a held record deserves another try."""
        return digest(asdict(self))
