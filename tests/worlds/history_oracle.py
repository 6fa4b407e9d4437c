"""Oracle of histories: what must be true in the end, told by somebody who watched every person and knows no engine.

Every value that is typed is unique, so that what became of it can be told. A value was *seen* once somebody who had
it before them replaced it or deleted its record; a value that nobody has seen may not be gone without a trace.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from history_ends import FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from history_ends import End, Row

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")


def other(side: Side) -> Side:
    """The opposite side."""
    return "left" if side == "right" else "right"


@dataclass(kw_only=True)
class Typed:
    """A value that a person typed."""

    code: str
    field: str
    value: str
    side: Side
    seen: bool = False  #: somebody replaced or deleted it with it before them


@dataclass(kw_only=True)
class Oracle:
    """Watches people, and judges the end."""

    ends: Mapping[Side, End]
    follow: bool  #: deletions are followed
    typed: list[Typed] = field(default_factory=list)
    deleted: dict[str, set[Side]] = field(default_factory=dict)  #: by code: where people deleted it
    unseen_at_deletion: set[str] = field(default_factory=set)  #: codes whose other side had something new
    met: set[str] = field(default_factory=set)  #: codes that were on both sides when one of them was deleted
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def fields(self) -> tuple[str, ...]:
        """What both systems have."""
        return tuple(name for name in FIELDS if all(name in end.names for end in self.ends.values()))

    # What people do.

    def fresh(self, name: str) -> str:
        """A value of a field that nobody has typed before."""
        number = next(self.numbers)
        if name == "born":
            return (date(2000, 1, 1) + timedelta(days=number)).isoformat()
        return f"v{number}" if name == "note" else str(1000 + number)

    def add(self, side: Side, code: str, *, empty: tuple[str, ...] = ()) -> None:
        """Somebody makes a record."""
        row = {name: None if name in empty else self.fresh(name) for name in self.fields}
        self.ends[side].add({"code": code, **row})
        self._note(side, code, row)
        self.deleted.get(code, set()).discard(side)

    def edit(self, side: Side, row: Row, name: str, value: str | None) -> None:
        """Somebody changes a field and has seen what was there."""
        self._see(row["code"], name, row[name])
        self.ends[side].edit(row["id"], name, value)
        self._note(side, row["code"], {name: value})
        if self.deleted.get(row["code"]):
            self.unseen_at_deletion.add(row["code"])

    def delete(self, side: Side, row: Row) -> None:
        """Somebody deletes a record and has seen what was in it."""
        for name in self.fields:
            self._see(row["code"], name, row[name])
        counterparts = [one for one in self.ends[other(side)].rows() if one["code"] == row["code"]]
        if counterparts:
            self.met.add(row["code"])
        if any(one[name] != row[name] for one in counterparts for name in self.fields):
            self.unseen_at_deletion.add(row["code"])
        self.ends[side].delete(row["id"])
        self.deleted.setdefault(row["code"], set()).add(side)

    def _note(self, side: Side, code: str, row: Mapping[str, str | None]) -> None:
        self.typed += [
            Typed(code=code, field=name, value=value, side=side)
            for name, value in row.items()
            if value is not None
        ]

    def _see(self, code: str, name: str, value: str | None) -> None:
        for one in self.typed:
            if (one.code, one.field, one.value) == (code, name, value):
                one.seen = True

    # What must be true.

    def wrongs(self, losers: frozenset[str], told: str) -> list[str]:
        """Every sentence about what is wrong; empty = all is well.

        `losers`: values that were kept when they were overwritten; `told`: what the engine says is held or
        in conflict.
        """
        rows = {side: self.ends[side].rows() for side in SIDES}
        wrong = [
            f"`{code}` is there {times} times on the {side}"
            for side in SIDES
            for code, times in Counter(row["code"] for row in rows[side]).items()
            if times > 1
        ]
        there = {side: {row["code"]: row for row in rows[side]} for side in SIDES}
        for code in sorted({one.code for one in self.typed}):
            if code not in told:
                wrong += self._wrong_of(code, {side: there[side].get(code) for side in SIDES})
        kept = {row[name] for side in SIDES for row in rows[side] for name in self.fields} | losers
        wrong += [
            f"`{one.value}`, typed on the {one.side} into {one.field} of `{one.code}`, is gone without a trace"
            for one in self.typed
            if not one.seen and one.value not in kept
        ]
        return wrong

    def _wrong_of(self, code: str, row: Mapping[Side, Row | None]) -> list[str]:
        gone, left, right = self.deleted.get(code, set()), row["left"], row["right"]
        if left and right:
            if gone and code not in self.unseen_at_deletion:
                return [f"`{code}` was deleted and has come back"]
            return [
                f"{name} of `{code}` is {left[name]!r} on the left, {right[name]!r} on the right"
                for name in self.fields
                if left[name] != right[name]
            ]
        if not gone:
            return [f"`{code}` is missing, and nobody deleted it"]
        if self.follow and (left or right) and code not in self.unseen_at_deletion:
            return [f"`{code}` was deleted on one side and stays on the other"]
        if not self.follow and not (left or right) and gone != set(SIDES) and code in self.met:
            return [f"`{code}` was deleted where nobody deleted it"]
        return []
