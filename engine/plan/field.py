"""A line of a mapping, and a match key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.catalog import FieldType
    from engine.plan.quota import QuotaPlan
    from engine.plan.words import Policy
    from engine.record import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """Where a canonical value goes on one side, and as what."""

    to: str  #: the target's field name
    sql: str  #: DuckDB SQL over the canonical column: the value in the target's type
    keep: bool  #: True = the target needs a value, so it is never cleared
    sends_null: bool = (
        False  #: True = a record is made with null where there is no value, and not without the field
    )
    reference: str | None = (
        None  #: the same as text, for a record that has no id yet; None = it is no reference
    )
    beside: tuple[Write, ...] = ()  #: further fields of the side that the value goes into

    @property
    def fields(self) -> tuple[Write, ...]:
        """Every field of the side that the value goes into."""
        return (self, *self.beside)

    @property
    def name(self) -> str:
        """Those fields as a person reads them."""
        return ", ".join(one.to for one in self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPlan:
    """One line of the mapping."""

    key: str  #: stable name in bases: the field it writes
    line: str  #: as a person reads it, such as `Account_Name -> contact_name`
    column: str  #: canonical column in both lenses, such as `c3`
    type: FieldType
    writes: Mapping[Side, Write]  #: which sides it may write, and how
    on_create: bool  #: written only when the record is made; not compared
    policy: Policy  #: who wins where both sides differ
    fallback: Policy  #: who wins where `newest` cannot tell; never `newest`
    group: str | None  #: lines of one group are decided as one value; None = on its own
    place: str
    quota: QuotaPlan | None = None  #: None = every record gets the value
    sensitive: bool = False  #: nobody is shown its values who is told why a record is held
    refers: str | None = None  #: the module through whose links an id is translated; None = it is no such id
    words: tuple[
        tuple[str, str], ...
    ] = ()  #: of a value map: (words of the left, word of the right), as written
    reads: Mapping[Side, tuple[str, ...]] = field(default_factory=dict)  #: what its value is made of
    converts: str | None = (
        None  #: how a value is said on the other side, as a person reads it; None = as it is
    )

    def toward(self, side: Side) -> bool:
        """Whether this line may write to that side of an existing record."""
        return side in self.writes and not self.on_create


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlan:
    """A match key; column k<index> of both lenses, null where any part is empty."""

    line: str
    place: str
    sensitive: bool = False  #: nobody is shown its values who is told why a record is held
    alike: bool = False  #: a part is met by `~`; column e<index> of both lenses says what `=` would compare
