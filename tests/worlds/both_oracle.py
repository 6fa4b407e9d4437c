"""What must be true of two systems that go both ways, told by somebody who watched every person type."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

from both_world import ITS, End

from engine.ledger import open_ledger

if TYPE_CHECKING:
    from both_world import Both

#: the fields that are always mapped, by the shop's names
FIELDS = ("name", "mail", "city")


def plain(value: Any) -> str:
    """A value without what the desk makes of it when it stores it."""
    return str(value).strip().lower()


class Oracle:
    """Every value that people type is unique, so that what became of it can be told."""

    def __init__(self, world: Both) -> None:
        self.world = world
        self.ends = {"left": End(world, "shop"), "right": End(world, "desk")}
        self._numbers = itertools.count(1)
        self.typed: set[str] = set()
        #: values that somebody saw and replaced, cleared or deleted, and how often that stands
        self.seen: Counter[str] = Counter()
        self.people: set[tuple[str, str]] = set()  #: (side, id) of records that people made
        self.removed: dict[tuple[str, str], dict[str, Any]] = {}  #: (side, id) -> the deleted record
        self.partner: dict[tuple[str, str], str] = {}  #: (side, id) of a deleted record -> its counterpart

    def fresh(self) -> str:
        """A value that nobody has typed before."""
        value = f"v{next(self._numbers)}"
        self.typed.add(value)
        return value

    def name(self, side: str, field: str) -> str:
        """A field by the side's own name."""
        return field if side == "left" else ITS[field]

    def add(self, side: str, **more: Any) -> str:
        """Somebody makes a record."""
        end, values = self.ends[side], {field: more.get(field) or self.fresh() for field in FIELDS}
        record = end.store.put(end.stream, {self.name(side, field): value for field, value in values.items()})
        self.people.add((side, record))
        return record

    def edit(self, side: str, record: str, field: str, value: str | None) -> None:
        """Somebody changes a field of a record and has seen what was there."""
        end, name = self.ends[side], self.name(side, field)
        self._saw(end.store.streams[end.stream][record].get(name))
        change: dict[str, Any] = {name: value}
        end.store.edit(end.stream, record, **change)

    def delete(self, side: str, record: str) -> None:
        """Somebody deletes a record and has seen what it was."""
        end = self.ends[side]
        row = end.take(record)
        for field in FIELDS:
            self._saw(row.get(self.name(side, field)))
        self.removed[side, record] = row
        partner = self.counterpart(side, record)
        if partner is not None:
            self.partner[side, record] = partner

    def restore(self, side: str, record: str) -> None:
        """Somebody takes a deletion back: the record is there again as it was."""
        row = self.removed.pop((side, record))
        self.partner.pop((side, record), None)
        # Whoever else replaced such a value on the other side has still seen it.
        self.seen -= Counter(plain(row.get(self.name(side, field))) for field in FIELDS)
        self.ends[side].put(row)

    def counterpart(self, side: str, record: str) -> str | None:
        """The id of the counterpart that the ledger knows."""
        for left, right, _ in self.world.links():
            if record == (left if side == "left" else right):
                return right if side == "left" else left
        return None

    def _saw(self, value: Any) -> None:
        if value is not None:
            self.seen[plain(value)] += 1

    def check(self) -> None:
        """What must hold once everything is quiet."""
        self._nobody_is_doubled()
        self._nothing_typed_is_lost()
        self._pairs_are_in_step()
        self._nobody_comes_back()
        self._nothing_is_left_to_find_out()

    def _nobody_is_doubled(self) -> None:
        links = self.world.links()
        for ids in ([left for left, _, _ in links], [right for _, right, _ in links]):
            assert max(Counter(ids).values(), default=1) == 1, "a record has two counterparts"
        for side, end in self.ends.items():
            rows = end.store.rows(end.stream)
            names = Counter(plain(row[self.name(side, "name")]) for row in rows)
            assert max(names.values(), default=1) == 1, ("a record was made twice", side, names)
            linked = {left if side == "left" else right for left, right, _ in links}
            made = {row["id"] for row in rows} - {record for where, record in self.people if where == side}
            assert made <= linked, ("the engine made a record that it does not know", side, made - linked)

    def _nothing_typed_is_lost(self) -> None:
        there = {
            plain(value)
            for end in self.ends.values()
            for row in end.store.rows(end.stream)
            for value in row.values()
        }
        lost = {plain(one.value) for one in self.world.losers()}
        missing = self.typed - there - set(self.seen) - lost
        assert not missing, (
            "typed, and neither there, nor replaced by somebody who saw it, nor kept",
            missing,
        )

    def _pairs_are_in_step(self) -> None:
        waiting = {one.left_id for one in self.world.conflicts()}
        left, right = ({row["id"]: row for row in end.store.rows(end.stream)} for end in self.ends.values())
        linked = self.world.links()
        held = self.world.held()
        for mine, its, state in linked:
            if mine not in left or its not in right or left[mine].get("rank") == "out" or mine in waiting:
                continue
            assert state == "active", (mine, its, state)
            for field in FIELDS:
                values = left[mine].get(field), right[its].get(ITS[field])
                assert plain(values[0]) == plain(values[1]), (field, mine, its, values, held)
                assert plain(values[0]) not in self.seen, ("came back", field, mine, its, values)
        alone = [record for record in left if left[record].get("rank") != "out"]
        assert set(alone) <= {mine for mine, _, _ in linked} | set(held), (
            "a record was never made on the desk"
        )
        assert set(right) <= {its for _, its, _ in linked} | set(held), "a record was never made in the shop"

    def _nobody_comes_back(self) -> None:
        by_side = {
            "left": {left: right for left, right, _ in self.world.links()},
            "right": {right: left for left, right, _ in self.world.links()},
        }
        for (side, record), partner in self.partner.items():
            other = by_side["right" if side == "left" else "left"]
            assert other.get(partner, record) == record, ("made again after it was deleted", side, record)
            assert record not in self.ends[side].ids

    def _nothing_is_left_to_find_out(self) -> None:
        with open_ledger(self.world.ledger, readonly=True) as ledger:
            assert ledger.pending_intents(self.world.name) == []
        codes = {row.code for row in self.world.held().values()}
        assert codes <= {"conflict"}, codes
