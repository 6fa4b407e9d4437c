"""A quota: how many records of a side may hold what a line writes, and what the others get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.record import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountPlan:
    """A number that the spec states, or that one-record streams tell."""

    text: str  #: as written
    sql: str  #: over one-row columns named SYSTEM.STREAM.FIELD
    reads: tuple[tuple[str, str, str], ...]  #: (system, stream, field); empty = the spec says it all
    #: how each of `reads` becomes canonical: SELECT list items over text columns of the same names
    canonical: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaPlan:
    """A constant that the first records get that are made, as long as no more than `amount` hold it.

    The rest get something else. What a record holds later is left alone.
    """

    side: Side  #: where the records are made
    field: str  #: what is written there
    value: str  #: the constant, as written
    amount: AmountPlan
    other: str  #: DuckDB SQL: what the rest get, in the field's type
    otherwise: str  #: the same, as written
    has: str  #: SELECT over `page` giving id, and has: whether a record holds the constant
    sent: str  #: DuckDB SQL over a row that was sent: whether it was to hold the constant
