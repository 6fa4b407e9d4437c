"""Enrolment: records that take part in a module only once a person has added them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.record import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPlan:
    """Records of the other side that a person may choose from: those linked to what the record refers to."""

    module: str  #: whose links lead there
    integration: str | None  #: whose module it is; None = this one's
    side: Side  #: on which side of those links the record is that ours refers to
    by: str  #: the field of ours that holds its id, be it behind a reference
    system: str
    stream: str  #: of what is offered
    label: str | None  #: the field of it that people know it by; None = only its id is shown


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacePlan:
    """A field of the other side that a person fills in who enrols a record."""

    to: str
    stream_in: str | None  #: the field that gets the name of the chosen record's stream; None = no such field
    offers: tuple[OfferPlan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolPlan:
    """Whose records may be enrolled, and how."""

    sides: tuple[Side, ...]
    at_most: int | None  #: None = any number
    places: tuple[PlacePlan, ...]
    mark: str | None  #: the yes/no field of an enrolled record that says so; None = nothing does

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field of the other side that enrolling fills in."""
        names = [name for one in self.places for name in (one.to, one.stream_in) if name is not None]
        return tuple(dict.fromkeys(names))
