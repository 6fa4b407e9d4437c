"""What the compiler's passes hand to each other: the ends of a module, its views, its lines, the checked whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.catalog import Field, FieldType, Stream
    from engine.plan import Arrow, KeyPlan, Limits, Policy, SlowField, Trouble
    from engine.record import Side
    from engine.spec.model import Check, MappedField, Module, StreamRef


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


@dataclass(slots=True, kw_only=True)
class Line:
    """A compiled line; `get` gives canonical values over columns named like the fields."""

    key: str
    text: str
    type: FieldType
    scale: int | None
    spec: MappedField
    targets: dict[Side, Field]  #: the fields that it may write
    get: dict[Side, exp.Expression] = field(default_factory=dict)
    reads: dict[Side, tuple[str, ...]] = field(default_factory=dict)
    fails: dict[Side, list[tuple[exp.Expression, Trouble]]] = field(default_factory=dict)
    slow: dict[Side, SlowField] = field(default_factory=dict)
    caseless: bool = False  #: a side changes the case of what it is given, so case is no difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A module whose names and types are known."""

    module: Module
    arrow: Arrow
    ends: dict[Side, End]
    lines: tuple[Line, ...]
    keys: tuple[tuple[KeyPlan, tuple[str, ...], tuple[str, ...]], ...]  #: with the fields of left and right
    views: dict[Side, View]
    needs: tuple[tuple[Side, Check, str, tuple[str, ...]], ...]  #: by side, with SQL and the fields it reads
    duplicates: str
    creates: tuple[Side, ...]
    limits: Limits
    policies: tuple[tuple[Policy, Policy], ...] = ()  #: by line: who wins, and who where `newest` cannot tell
    deletes: Literal["keep", "propagate"] = "keep"
