"""What the compiler's passes hand to each other: the ends of a module, its views, its lines, the checked whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlglot import exp

    from engine.catalog import Field, FieldType, Stream
    from engine.expr.sql import Expr
    from engine.plan import (
        Arrow,
        EnrolPlan,
        KeyPlan,
        Limits,
        Policy,
        QuotaPlan,
        SlowField,
        TriggerPlan,
        Trouble,
        YieldPlan,
    )
    from engine.record import Side
    from engine.spec.model import Check, Guard, MappedField, Module, StreamRef


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One end of a module while it is compiled."""

    side: Side
    ref: StreamRef
    stream: Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one side shows."""

    sql: str | None = None  #: a condition over its fields; None = every record
    reads: tuple[str, ...] = ()
    saved: str | None = None  #: the name of a view saved in the system; None = none


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """An id that a side holds, looked up in the links of another module."""

    field: str  #: this side's field
    type: FieldType
    module: str  #: whose links
    side: Side  #: on which side of that module the record is
    integration: str | None = None  #: whose module it is; None = this one's
    gives: Literal["id", "made"] = (
        "id"  #: the id on the other side, or the side on which a run made its record
    )
    awaited: bool = True  #: a record whose id has no link is looked at again once it has one

    @property
    def keeper(self) -> str:
        """The module as a person names it from here."""
        return f"{self.integration}.{self.module}" if self.integration else self.module

    @property
    def table(self) -> str:
        """The table that shows the module's links."""
        return f"links of {self.keeper}"

    @property
    def column(self) -> str:
        """The column of the lens that holds what was found; NULL where there is no link."""
        return f"{self.keeper} of {self.field}" if self.gives == "id" else f"{self.keeper} made {self.field}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """The record below which those of one side live."""

    lookups: tuple[Lookup, ...]  #: the first whose field has a value counts
    skips: bool  #: while the parent has no link, a record is skipped; False = it is held
    rules: bool  #: records come from this side, so that is decided here
    blocked: Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """A field that a line which converts may write."""

    field: Field
    type: FieldType  #: of what it gets
    #: What it gets of a canonical value of the line.
    of: Callable[[exp.Expression], exp.Expression]


@dataclass(slots=True, kw_only=True)
class CompiledLine:
    """A compiled line; `get` gives canonical values over columns named like the fields."""

    key: str
    text: str
    type: FieldType
    scale: int | None
    spec: MappedField
    targets: dict[Side, Field]  #: the fields that it may write; of several on one side the first
    puts: dict[Side, tuple[Put, ...]] = field(default_factory=dict)  #: of a line that converts: all of them
    get: dict[Side, exp.Expression] = field(default_factory=dict)
    reads: dict[Side, tuple[str, ...]] = field(default_factory=dict)
    fails: dict[Side, list[tuple[exp.Expression, Trouble]]] = field(default_factory=dict)
    slow: dict[Side, SlowField] = field(default_factory=dict)
    lookups: dict[Side, Lookup] = field(default_factory=dict)  #: for a line with `refers`
    asked: tuple[Lookup, ...] = ()  #: links that its value looks at
    caseless: bool = False  #: a side changes the case of what it is given, so case is no difference
    quota: QuotaPlan | None = None  #: None = every record gets the value
    converts: str | None = None  #: how its value is said on the other side; None = as it is

    def writes(self, side: Side) -> tuple[Field, ...]:
        """Every field of a side that it may write."""
        if side not in self.targets:
            return ()
        return tuple(one.field for one in self.puts[side]) if side in self.puts else (self.targets[side],)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPart:
    """Two fields of a match key in the type that they have in common; `get` is over columns named like the fields."""

    names: Mapping[Side, str]
    type: FieldType
    get: Mapping[Side, exp.Expression]
    alike: bool  #: met by `~`
    folded: bool = (
        False  #: met as their texts say, without compatibility forms, and not as anything that these mean
    )
    caseless: bool = False  #: a side changes the case of what it is given, so case is no difference
    sensitive: bool = False  #: nobody is shown its values
    lookups: Mapping[Side, Lookup] = field(default_factory=dict)  #: of ids that are translated through links


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledKey:
    """A match key; no parts where records are recognised by another module's links."""

    plan: KeyPlan
    parts: tuple[KeyPart, ...] = ()

    def names(self, side: Side) -> tuple[str, ...]:
        """Its fields on one side."""
        return tuple(one.names[side] for one in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCheck:
    """A check that looks at both records of a pair; alone, a record sees null in the place of the other one."""

    side: Side  #: whose records are held if it fails
    sql: str  #: over `field NAME` of the row itself, called `w`, and of its counterpart, called `o`
    alone: str  #: the same over the side's own columns, for a record without a counterpart
    reads: Mapping[Side, tuple[str, ...]]
    trouble: Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownText:
    """A text that a person reads about a record."""

    text: SlowField
    shows: Mapping[str, str]  #: names as written -> columns


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalMail:
    """A mail about a refusal."""

    to: str  #: the field of the changed record that holds the address
    subject: ShownText
    body: ShownText


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """A guard of a module whose names and types are known."""

    spec: Guard
    side: Side  #: the side that it protects
    fields: tuple[str, ...]  #: there; empty = the whole record
    condition: Expr
    sentence: ShownText | None  #: why; None = only the guard's name is told
    mail: RefusalMail | None  #: None = nobody is written to

    @property
    def reads(self) -> tuple[str, ...]:
        """Every field that it looks at or tells of, also behind references."""
        return tuple(dict.fromkeys([*self.condition.reads, *self.shows.values(), *self.fields]))

    @property
    def shows(self) -> Mapping[str, str]:
        """What its texts show: names as written -> columns; the fields that it refuses are there, too."""
        told = [self.sentence] if self.sentence else []
        told += [self.mail.subject, self.mail.body] if self.mail else []
        return {name: name for name in self.fields} | {
            name: at for one in told for name, at in one.shows.items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """How records of a module are enrolled, as far as names and types tell."""

    plan: EnrolPlan
    #: what a record must meet to be enrolled: by side, with SQL and the fields it reads
    needs: tuple[tuple[Side, Check, str, tuple[str, ...]], ...] = ()
    asked: Mapping[Side, tuple[Lookup, ...]] = field(default_factory=dict)  #: links that this looks at

    def reads(self, side: Side) -> tuple[str, ...]:
        """Fields that lead to what may be chosen."""
        if side not in self.plan.sides:
            return ()
        return tuple(dict.fromkeys(one.by for place in self.plan.places for one in place.offers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A module whose names and types are known."""

    module: Module
    arrow: Arrow
    ends: dict[Side, End]
    lines: tuple[CompiledLine, ...]
    keys: tuple[CompiledKey, ...]
    views: dict[Side, View]
    needs: tuple[tuple[Side, Check, str, tuple[str, ...]], ...]  #: by side, with SQL and the fields it reads
    duplicates: str
    creates: tuple[Side, ...]
    limits: Limits
    yields: tuple[YieldPlan, ...] = ()
    together: tuple[PairCheck, ...] = ()  #: checks of both records of a pair
    policies: tuple[tuple[Policy, Policy], ...] = ()  #: by line: who wins, and who where `newest` cannot tell
    deletes: Literal["keep", "propagate"] = "keep"
    parents: dict[Side, Parent] = field(default_factory=dict)  #: empty = records live below none
    asked: Mapping[Side, tuple[Lookup, ...]] = field(default_factory=dict)  #: links that checks look at
    same_key: str = "hold"
    trigger: TriggerPlan | None = None  #: None = a module
    #: The numbers of the lines by which a record that a trigger made is recognised after a run that was killed.
    telling: tuple[int, ...] = ()
    guards: tuple[Guarded, ...] = ()
    enrol: Enrolled | None = None  #: None = records take part by themselves


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """What a person asks for: one trigger, now; or with `enrol` one module, to add a record or take it out."""

    trigger: str
    enrol: bool = False
    answers: Mapping[str, str]  #: fields of the target -> what they get instead of what the mapping says
