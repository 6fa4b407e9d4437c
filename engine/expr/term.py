"""A checked expression: a small tree in which every name is resolved and every part has a type."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.catalog import FieldType
    from engine.expr.scope import Call, Name

Literal_ = str | int | Decimal | bool | dt.date | dt.datetime | None

MAX_HEIGHT = 40  #: levels of a checked tree
MAX_WEIGHT = 4000  #: nodes that DuckDB would have to bind

TOO_HIGH = "The expression is too deeply nested to be evaluated safely."
FLATTER = "Write it flatter, or split it into two fields."


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One part of a checked expression."""

    #: `name`, `literal`, `call`, an operator (`=`, `and`, `in`, `case`, `cast` …) or the name of a function.
    op: str
    type: FieldType
    args: tuple[Term, ...] = ()
    value: Literal_ = None  #: of a literal; None = NULL
    name: Name | None = None  #: of a name, and of a literal that was an option
    call: Call | None = None  #: of a call
    total: bool = False  #: never NULL
    offset: int = 0  #: in the text of the expression
    length: int = 0  #: characters; 0 = the place is not known
    weight: int = 1  #: nodes that DuckDB would bind
    height: int = 1  #: levels below, this one included

    @property
    def flexible(self) -> bool:
        """Whether this is a literal of the text itself, which takes the type of its neighbour."""
        return self.op == "literal" and self.name is None

    @property
    def untold(self) -> bool:
        """Whether this stands for fields whose types only their connected system knows."""
        return self.name is not None and self.name.untold

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that a field or an option may hold; empty = any."""
        if self.name is None or self.type != "enum":
            return ()
        if self.name.option is not None:
            return self.name.option.choices
        return self.name.field.choices if self.name.field else ()

    def walk(self) -> Iterator[Term]:
        """This part and all below it, in the order written."""
        yield self
        for arg in self.args:
            yield from arg.walk()
