"""Ways: how a line that converts brings its value from the fields of one side to those of the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from engine.expr.canonical import write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.catalog import Field, FieldType
    from engine.compiler.draft.parts import Put
    from engine.record import Side

Fields = dict["Side", tuple["Field", ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What both sides are compared as, and what becomes of it on either."""

    type: FieldType
    scale: int | None = None  #: digits after the point of the compared value
    gets: Mapping[Side, exp.Expression]  #: the compared value, over the fields of that side
    puts: Mapping[Side, tuple[Put, ...]]  #: each field of a side that may be written, over the compared value
    whole: Side | None  #: the side whose one field is compared as it stands; None = both have several
    #: Whether every value comes back as it was by the way it is made, so that nothing needs to be tried.
    sure: bool = False
    how: str  #: as a person reads it

    def sent(self, side: Side, value: exp.Expression) -> dict[str, exp.Expression]:
        """What the fields of a side get of a compared value, as they take it."""
        return {one.field.name: write(one.of(value), one.type, one.field) for one in self.puts[side]}

    def back(self, side: Side, sent: Mapping[str, exp.Expression]) -> exp.Expression:
        """The compared value that a side would then show."""

        def filled(node: exp.Expression) -> exp.Expression:
            found = sent.get(node.name) if isinstance(node, exp.Column) else None
            return node if found is None else exp.Paren(this=found.copy())

        return self.gets[side].transform(filled)
