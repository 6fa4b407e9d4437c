"""Two memory systems that are kept in step both ways: what the tests of that share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from run_world import MATCH, World, person

from engine.ledger import LinkRow, open_ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import pytest

    from engine.connectors.memory import MemoryStore
    from engine.connectors.port import ReadRequest
    from engine.ledger import Lease
    from engine.ledger.model import Conflict
    from engine.ledger.store import Ledger
    from engine.record import Receipt, Side

ARROW = "shop.people <-> desk.clients"
LINES = ("name <-> label", "mail <-> mail", "city <-> town", "amount <-> worth")
#: the desk's name of each field of the shop
ITS = {"name": "label", "mail": "mail", "city": "town", "amount": "worth"}
LEASE_S = 180.0


class Both(World):
    """A world whose one module goes both ways; where both sides changed a field the shop wins, unless said."""

    def __init__(
        self,
        folder: Path,
        *rules: str,
        conflicts: str = "shop",
        sync: str = ARROW,
        lines: Sequence[str] = LINES,
        match: str = MATCH,
        batch: int = 1_000,
        page: int = 1_000,
    ) -> None:
        module = _module(match, conflicts, rules)
        super().__init__(folder, sync=sync, module=module, lines=lines, batch=batch, page=page)

    def now_says(
        self,
        *rules: str,
        conflicts: str = "shop",
        sync: str = ARROW,
        lines: Sequence[str] = LINES,
        match: str = MATCH,
    ) -> None:
        """The spec, as somebody has edited it."""
        self.say(sync=sync, module=_module(match, conflicts, rules), lines=lines)

    def linked(self, *names: str, **more: Any) -> None:
        """People who stand on both sides since an hour: shop id and desk id are the place in `names`, from 1."""
        for name in names:
            self.shop.put("people", person(name, **more))
        self.run()
        self.wait(hours=1)

    def settled(self) -> None:
        """Run once more: nothing may be written any more."""
        assert self.run().wrote == 0, self.written()
        assert self.watch.operations == []

    def people(self, *names: str) -> list[tuple[Any, ...]]:
        """The shop's records as rows of these fields, sorted."""
        return rows_of(self.shop, "people", *names)

    def pair(self, *names: str, number: int = 1) -> tuple[dict[str, Any], dict[str, Any]]:
        """These fields of the shop's record, by their names, and of its counterpart, by the shop's names."""
        left = self.shop.streams["people"].get(str(number), {})
        right = self.desk.streams["clients"].get(str(number), {})
        return {name: left.get(name) for name in names}, {name: right.get(ITS[name]) for name in names}

    def both(self, field: str, number: int = 1) -> tuple[Any, Any]:
        """One field as (shop, desk)."""
        left, right = self.pair(field, number=number)
        return left[field], right[field]

    def written(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """(kind, id, fields) of every write that the last run sent."""
        return [(one.kind, one.id or "", tuple(sorted(one.values))) for one in self.watch.operations]

    def enter(self, patch: AbstractContextManager[Any]) -> Any:
        """Something that holds as long as this world is watched."""
        return self._patches.enter_context(patch)

    def conflicts(self) -> list[Conflict]:
        """The fields that wait for a person."""
        with open_ledger(self.ledger, readonly=True) as ledger:
            return ledger.conflicts(self.name)

    def lost(self) -> list[tuple[Side, str, Any]]:
        """(side, field, value) of every value that was overwritten."""
        return [(one.side, one.field, one.value) for one in self.losers()]

    def decide(self, take: Side, *numbers: int) -> None:
        """A person chooses a side for these conflicts, or for all."""
        chosen = numbers or tuple(one.number for one in self.conflicts())
        self.by_hand(lambda ledger, lease: ledger.decide(lease, dict.fromkeys(chosen, take)))

    def link(self, left: str, right: str) -> None:
        """A person says that these two are the same."""
        row = LinkRow(module="people", left_id=left, right_id=right)
        self.by_hand(lambda ledger, lease: ledger.add_links(lease, [row], {"people": "left"}))

    def by_hand(self, change: Callable[[Ledger, Lease], object]) -> None:
        """Change the ledger between two runs, as the commands for it do."""
        now = self.now.isoformat().replace("+00:00", "Z")
        with open_ledger(self.ledger) as ledger:
            lease = ledger.take_lease(self.name, "somebody", now, LEASE_S)
            change(ledger, lease)
            ledger.release(lease)


def _module(match: str, conflicts: str, rules: Sequence[str]) -> list[str]:
    return [match, f"conflicts: {conflicts}", *rules]


def rows_of(store: MemoryStore, stream: str, *names: str) -> list[tuple[Any, ...]]:
    """Records of a store as rows of these fields, sorted."""
    return sorted((tuple(row.get(name) for name in names) for row in store.rows(stream)), key=repr)


def client(label: str | None, **more: Any) -> dict[str, Any]:
    """A record of desk.clients, equal to the shop's `person` of that name unless said."""
    return {"label": label, "mail": f"{label}@example.org", "town": "Pune", "worth": "10.00", **more}


def keeps(patch: pytest.MonkeyPatch, store: MemoryStore, **forms: Callable[[Any], Any]) -> None:
    """From now on the system keeps what is written to these fields in a form of its own."""
    put = store.put

    def stored(stream: str, record: Mapping[str, Any], **more: Any) -> str:
        changed = {name: form(record[name]) for name, form in forms.items() if record.get(name) is not None}
        return put(stream, {**record, **changed}, **more)

    patch.setattr(store, "put", stored)


def silent(receipt: Receipt) -> Receipt:
    """An answer that shows neither the record nor its version."""
    return replace(receipt, accepted=None, version=None)


def lagging(
    stream: str, old: Mapping[str, Mapping[str, Any]]
) -> Callable[[ReadRequest, dict[str, Any]], dict[str, Any]]:
    """A listing that still shows these records as they were; whoever asks for one by its id sees it as it is."""

    def shown(request: ReadRequest, record: dict[str, Any]) -> dict[str, Any]:
        before = old.get(record["id"]) if request.stream == stream and request.ids is None else None
        return record if before is None else {name: before.get(name) for name in record}

    return shown


class End:
    """One side of a world by its name, so that a promise can be stated for either."""

    def __init__(self, world: Both, side: str) -> None:
        self.store = world.shop if side == "shop" else world.desk
        self.stream, self.city, self.name = (
            ("people", "city", "name") if side == "shop" else ("clients", "town", "label")
        )

    def edit(self, number: str, city: str) -> None:
        self.store.edit(self.stream, number, **{self.city: city})

    def take(self, number: str) -> dict[str, Any]:
        """Delete a record; answers with what it was."""
        row: dict[str, Any] = dict(self.store.streams[self.stream][number])
        self.store.delete(self.stream, number)
        return row

    def put(self, row: dict[str, Any]) -> None:
        self.store.put(self.stream, row)

    def value(self, number: str) -> Any:
        return self.store.streams[self.stream].get(number, {}).get(self.city)

    @property
    def ids(self) -> list[str]:
        return list(self.store.streams[self.stream])


def ends(world: Both, side: str) -> tuple[End, End]:
    """(this side, the other one)."""
    return End(world, side), End(world, "desk" if side == "shop" else "shop")
