"""Page overlap: numbered pages that each begin with a record already read, so that none slips away between two. Pure.

When a record is deleted, those behind it move up by one; the first of the next page is then on a page that was read
before. Page numbers count from the front, so a page can begin earlier only by being a little smaller: the third
one of 198 begins with the 397th record. A list sorted by what never changes has thereby no gap; a page that begins
with a stranger shows that the list has moved, and an earlier one is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Steps back in one list; a list that still has moved is not read further.
MOST_STEPS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A numbered page of some size."""

    page: int  #: from 1
    size: int  #: records it holds

    @property
    def start(self) -> int:
        """Records before it."""
        return (self.page - 1) * self.size

    @property
    def end(self) -> int:
        """Records before it and in it, if it is full."""
        return self.page * self.size


def stretch_after(known: int, at_most: int) -> Stretch:
    """The page that reaches furthest of those that begin with one of the first `known` records, or just there."""
    if known <= 0:
        return Stretch(page=1, size=at_most)
    every = (Stretch(page=(known - 1) // size + 1, size=size) for size in range(at_most, 0, -1))
    return max(every, key=lambda one: (one.end, one.size))


def stretches_of(records: int, at_most: int, *, told: bool) -> int:
    """Pages that a list of so many takes while nobody changes it; `told` = the last one says that it is the last."""
    pages, known = 1, at_most
    while known < records or (known == records and not told):
        known = max(stretch_after(known, at_most).end, known + 1)
        pages += 1
    return pages


class Seam:
    """What of a list is known without a gap, from its front."""

    def __init__(self, key: str, at_most: int) -> None:
        self._key = key
        self._at_most = at_most
        self._known: set[str] = set()
        self._last: dict[str, Mapping[str, Any]] = {}
        self._reached = 0
        self._steps = 0
        self._joined = False
        self.is_ignored = (
            False  #: True once the system gave more than was asked for: it has one page size only
        )
        self.stretch = Stretch(page=1, size=at_most)

    @property
    def is_lost(self) -> bool:
        """True if the list moves faster than it can be read."""
        return self._steps > MOST_STEPS

    def take(self, rows: Sequence[Any]) -> list[Any] | None:
        """The records of the page that are news; None = it does not join what is known, and none is to be used."""
        ids = [str(row.get(self._key)) if isinstance(row, dict) else "" for row in rows]
        self.is_ignored = len(ids) > self.stretch.size
        if self.is_ignored or (self.stretch.page > 1 and (not ids or ids[0] not in self._known)):
            self._miss()
            return None
        self._joined = self._joined or self.stretch.page > 1
        news = [row for id_, row in zip(ids, rows, strict=True) if self._last.get(id_) != row]
        self._known.update(ids)
        self._last = dict(zip(ids, rows, strict=True))
        self._reached = self.stretch.start + len(ids)
        return news

    def _miss(self) -> None:
        """Go back a page, then half the way; to the front at once while no page but the first ever fitted."""
        self._steps += 1
        doubtful = self._steps > 1 and not self._joined
        self._reached = 0 if doubtful else self.stretch.start // (1 if self._steps == 1 else 2)

    def move(self) -> Stretch:
        """Go to the page that follows what is known."""
        self.stretch = stretch_after(self._reached, self._at_most)
        if self._reached == 0:  # one less than the most shows whether the system heeds the size at all
            self.stretch = Stretch(page=1, size=self._at_most - 1)
        return self.stretch
