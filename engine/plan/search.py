"""Where people look for records of a module, and how one is recognised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.record import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPlan:
    """The `search:` of a module, on the side that its records come from."""

    side: Side
    fields: tuple[str, ...]  #: as a person reads them
    reads: tuple[str, ...]
    #: SELECT over `page` giving _id, label (the searched fields, one after the other), and for each of `above` a
    #: column of that name: the id of the record of that module below which this one lives
    lens: str
    above: tuple[str, ...]  #: modules below whose records these live
