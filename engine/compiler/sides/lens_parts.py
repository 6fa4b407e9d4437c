"""What one side's lens is made of, and the troubles that its SELECT may answer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlglot import exp

from engine.catalog import Field, Stream
from engine.expr.build import literal
from engine.plan import Trouble
from engine.record import Side, other

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.compiler.draft.parts import CompiledKey, CompiledLine, Lookup, PairCheck, Parent
    from engine.compiler.fields.behind import Walked

BROKEN = Trouble(
    code="unreadable",
    message="A text of this record is no valid Unicode.",
    remedy="Correct it in its own system.",
    place=None,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What of a record a trouble is about."""

    fields: tuple[str, ...] = ()  #: of its own side, also behind references
    results: tuple[tuple[str, str], ...] = ()  #: what was computed: (the line, its canonical column)
    sensitive: bool = False  #: a field that gets the result is


#: A condition that a record must meet, the fields it reads, and what to say if it does not.
Need = tuple[exp.Expression, tuple[str, ...], Trouble]


@dataclass(slots=True, kw_only=True)
class LensParts:
    """What one side's lens is made of."""

    side: Side
    stream: Stream
    lines: Sequence[CompiledLine]
    keys: Sequence[CompiledKey]
    view: exp.Expression | None
    view_reads: tuple[str, ...]
    needs: Sequence[Need]
    enrol: Sequence[
        Need
    ]  #: what a record must meet besides before a person's word makes it on the other side
    #: fields by which a person recognises a record: the first that is not empty; () = its id
    label: tuple[str, ...]
    makes: bool  #: newcomers of this side are made on the other one
    slots: dict[str, exp.Expression]  #: columns that engine functions ask for
    parent: Parent | None = None  #: None = records live below none
    asked: Sequence[Lookup] = ()  #: links that a check looks at
    also: Sequence[int] = ()  #: lines that are shown although they are only written when a record is made
    once: bool = False  #: a trigger acts on it once: it is only asked whether anybody has touched it
    together: Sequence[PairCheck] = ()  #: checks of both records of a pair, made on this side
    beside: Sequence[str] = ()  #: fields that checks of a pair look at
    own: Lookup | None = None  #: its own link, where only what is referred to or linked takes part
    walk: Callable[[str], Walked | None] = lambda _name: None  #: what a name leads to through a reference
    troubles: list[Trouble] = field(default_factory=lambda: [BROKEN])
    causes: dict[int, Cause] = field(default_factory=lambda: {0: Cause(fields=("_broken",))})  #: by trouble

    @property
    def shown(self) -> list[tuple[int, CompiledLine]]:
        """The lines with a canonical value on this side, by number.

        What is only written when a record is made is read where newcomers come from, and nowhere else.
        """
        return [
            (number, line)
            for number, line in enumerate(self.lines)
            if self.side in line.get
            and (line.spec.on == "always" or other(self.side) in line.targets or number in self.also)
        ]

    @property
    def reads(self) -> tuple[str, ...]:
        """Every field that is read, in a stable order; of a reference that is walked, its id."""
        walks = self.walks
        return tuple(dict.fromkeys(walks[name].by.name if name in walks else name for name in self._wanted))

    @property
    def walks(self) -> dict[str, Walked]:
        """What stands behind references, by the name of its column."""
        found = {name: self.walk(name) for name in self._wanted}
        return {name: one for name, one in found.items() if one is not None}

    @property
    def _wanted(self) -> tuple[str, ...]:
        """Every column that the lens looks at."""
        names = [name for _, line in self.shown for name in line.reads.get(self.side, ())]
        names += [name for _, reads, _ in (*self.needs, *self.enrol) for name in reads]
        names += self.label
        names += [one.field for one in self.lookups]
        names += self.beside
        return tuple(dict.fromkeys([*names, *self.key_reads]))

    @property
    def key_reads(self) -> tuple[str, ...]:
        """The fields that recognising a record needs."""
        names = [name for key in self.keys for name in key.names(self.side)]
        names += [one.field for one in self.parents]
        return tuple(dict.fromkeys([*names, *self.view_reads]))

    @property
    def folded(self) -> tuple[str, ...]:
        """Those of them that need only be alike."""
        parts = [one for key in self.keys for one in key.parts]
        return tuple(dict.fromkeys(one.names[self.side] for one in parts if one.alike and one.folded))

    @property
    def parents(self) -> tuple[Lookup, ...]:
        """How the parent is looked up."""
        return self.parent.lookups if self.parent else ()

    @property
    def key_lookups(self) -> tuple[Lookup, ...]:
        """Ids of match keys that are translated through links: without one nobody can be recognised by them."""
        parts = [one for key in self.keys for one in key.parts]
        return tuple(dict.fromkeys(one.lookups[self.side] for one in parts if self.side in one.lookups))

    def key_place(self, lookup: Lookup) -> str:
        """Where the first match key stands that an id is translated for."""
        keys = (key for key in self.keys if any(lookup in one.lookups.values() for one in key.parts))
        return next(key.plan.place for key in keys)

    @property
    def sent(self) -> list[tuple[int, CompiledLine]]:
        """The lines whose value goes from this side to the other, by number."""
        return [(number, line) for number, line in self.shown if other(self.side) in line.targets]

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        """Every id that is looked up, each once."""
        sent = [line for _, line in self.sent]
        shown = [
            line for _, line in self.shown if self.side == "left"
        ]  # the canonical ids are the right side's
        found = [line.lookups[self.side] for line in (*shown, *sent) if self.side in line.lookups]
        return tuple(dict.fromkeys([*self.parents, *self.key_lookups, *found, *self.looked]))

    @property
    def looked(self) -> tuple[Lookup, ...]:
        """Links that conditions and values look at, each once."""
        own = [self.own] if self.own else []
        return tuple(
            dict.fromkeys([*own, *self.asked, *(one for _, line in self.sent for one in line.asked)])
        )

    def field(self, name: str) -> Field:
        """The catalog's field; text where an open stream does not list it."""
        walked = None if name in self.stream.fields else self.walk(name)
        found = replace(walked.field, name=name) if walked else self.stream.fields.get(name)
        return found or Field(name=name, type="unknown")

    def trouble(self, one: Trouble, cause: Cause) -> exp.Expression:
        """The index of a trouble, as SQL; what it is about is told beside it."""
        if one not in self.troubles:
            self.troubles.append(one)
        index = self.troubles.index(one)
        self.causes.setdefault(index, cause)
        return literal(index, "integer")
