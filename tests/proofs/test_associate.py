"""Records that are shown on each other: by a trigger that is killed anywhere, by hand, and taken back."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from run_world import Fate, Killed, mortal
from trigger_world import WON, Deals

from engine.connectors.memory import MemoryConnector
from engine.errors import UserError
from engine.ledger import open_ledger
from engine.render.plan import plan_text
from engine.run.operations.associated import offers
from engine.run.operations.put_together import put_together, take_apart
from engine.run.operations.undo import put_back
from engine.run.sync.opened import remembered

if TYPE_CHECKING:
    from pathlib import Path

    from engine.record import Operation, Receipt

LOCKED = WON + "    associate: locked\n"
OPEN = WON + "    associate: yes\n"
BY_HAND = """\
associations:
  deals:
    of: shop.deals
    to: [ desk.invoices ]
    when: linked('people', left.person, right.client)
    offer: stage <> 'gone'
    shows: id -> deal
"""


def pairs(world: Deals) -> list[tuple[str, str, bool]]:
    """(deal, invoice, locked) of what is associated."""
    with open_ledger(world.ledger, readonly=True) as ledger:
        return [(one.of_id, one.to_id, one.locked) for one in ledger.associations(world.name)]


def shown(world: Deals) -> list[tuple[str, str]]:
    """(deal, invoice) as the invoices show it."""
    return [(row["deal"], row["id"]) for row in world.desk.rows("invoices") if row.get("deal")]


def offered(world: Deals, of: str | None = None) -> list[tuple[str, str]]:
    """(deal, invoice) of what may be associated."""
    with remembered(world.call()) as ledger:
        found = offers(world.plan(), world.call(), ledger, "deals", of)
    return [(one.of.partition(":")[2], one.to.partition(":")[2]) for one in found]


def add(world: Deals, deal: str, invoice: str) -> None:
    """Associate two records."""
    of, to = f"shop.deals:{deal}", f"desk.invoices:{invoice}"
    put_together(world.plan(), world.call(), name="deals", of=of, to=to)


def remove(world: Deals, deal: str, invoice: str) -> None:
    """Take two records apart."""
    take_apart(world.plan(), world.call(), f"shop.deals:{deal}", f"desk.invoices:{invoice}")


def test_killed_anywhere_a_trigger_associates_exactly_what_it_has_made(tmp_path: Path) -> None:
    with Deals(tmp_path) as world:
        world.say(triggers=[LOCKED])
        deal = world.active()
        world.shop.edit("deals", deal, stage="won")
        restore = world.remember()
        world.doomed()
        for step in world.watch.told:
            restore()
            world.doomed(step)
            world.run()
            (invoice,) = world.desk.rows("invoices")
            assert pairs(world) == [(deal, invoice["id"], True)], step
            assert world.run().wrote == 0


def test_what_is_taken_back_is_associated_no_more(tmp_path: Path) -> None:
    with Deals(tmp_path) as world:
        world.say(triggers=[LOCKED])
        deal = world.active()
        world.shop.edit("deals", deal, stage="won")
        report = world.run()
        assert len(pairs(world)) == 1
        world.wait(seconds=10)
        put_back(world.plan(), world.call(), report.run)
        assert (world.desk.rows("invoices"), pairs(world)) == ([], [])


def by_hand(world: Deals) -> tuple[str, str, str]:
    """A deal, an invoice of its customer, and one of somebody else."""
    world.say(triggers=[OPEN])
    world.file.write_text(world.file.read_text(encoding="utf-8") + BY_HAND, encoding="utf-8")
    deal = world.active()
    other = world.shop.put("people", {"name": "Other"})
    world.run()
    clients = {row["label"]: row["id"] for row in world.desk.rows("clients")}
    mine = [client for label, client in clients.items() if label != "Other"]
    first = world.desk.put("invoices", {"title": "I1", "client": mine[0]})
    second = world.desk.put("invoices", {"title": "I2", "client": clients["Other"]})
    assert other
    return deal, first, second


def test_by_hand_only_what_goes_together_is_offered_and_can_be_put_together(tmp_path: Path) -> None:
    with Deals(tmp_path) as world:
        deal, mine, foreign = by_hand(world)
        assert offered(world) == offered(world, f"shop.deals:{deal}") == [(deal, mine)]
        with pytest.raises(UserError, match="do not go together"):
            add(world, deal, foreign)
        assert (shown(world), pairs(world)) == ([], [])
        add(world, deal, mine)
        assert shown(world) == [(deal, mine)]
        assert pairs(world) == [(deal, mine, False)]
        assert offered(world) == []
        remove(world, deal, mine)
        assert (shown(world), pairs(world)) == ([], [])


def test_a_record_that_is_not_offered_or_not_there_is_refused(tmp_path: Path) -> None:
    with Deals(tmp_path) as world:
        deal, mine, _ = by_hand(world)
        world.shop.edit("deals", deal, stage="gone")
        with pytest.raises(UserError, match="is not offered"):
            offered(world, f"shop.deals:{deal}")
        with pytest.raises(UserError, match="is not offered"):
            add(world, deal, mine)
        with pytest.raises(UserError, match="has no record"):
            add(world, "4711", mine)
        with pytest.raises(UserError, match="are not associated"):
            remove(world, deal, mine)
        assert (shown(world), pairs(world)) == ([], [])


def test_what_a_trigger_has_not_locked_can_be_taken_apart_and_the_trigger_does_not_act_again(
    tmp_path: Path,
) -> None:
    with Deals(tmp_path) as world:
        deal, *_ = by_hand(world)
        world.shop.edit("deals", deal, stage="won")
        world.run()
        ((_, invoice, locked),) = pairs(world)
        assert not locked
        remove(world, deal, invoice)
        assert (shown(world), pairs(world)) == ([], [])
        world.settled()


def test_killed_anywhere_between_product_and_memory_the_same_order_ends_the_same(tmp_path: Path) -> None:
    with Deals(tmp_path) as world:
        deal, mine, _ = by_hand(world)
        restore = world.remember()
        for order, expected in ((add, [(deal, mine, False)]), (remove, [])):
            restore = world.remember()
            for step in range(1, _doomed(world, order, deal, mine) + 1):
                restore()
                _doomed(world, order, deal, mine, step)
                with suppress(UserError):  # taken apart already, and it says so
                    order(world, deal, mine)
                assert pairs(world) == expected, step
                assert shown(world) == [(one, two) for one, two, _ in expected], step


def _doomed(world: Deals, order: object, deal: str, invoice: str, *steps: int) -> int:
    """Do it and end at these steps; answers how many there were."""
    fate = world.watch.fate = Fate(kill_at=frozenset(steps))
    with mortal(fate), suppress(Killed):
        order(world, deal, invoice)  # type: ignore[operator] # add or remove
    world.watch.fate = Fate()
    return fate.steps


def test_the_plan_says_what_can_be_put_together_and_what_stays_together(tmp_path: Path) -> None:
    with Deals(tmp_path) as world:
        world.say(triggers=[LOCKED])
        world.file.write_text(world.file.read_text(encoding="utf-8") + BY_HAND, encoding="utf-8")
        told = plan_text(world.plan())
    assert "association deals: shop.deals with desk.invoices" in told
    assert "linked('people', left.person, right.client)" in told
    assert "shown in       desk.invoices.deal" in told
    assert "people cannot remove it" in told


@pytest.mark.parametrize("act", ["add", "remove"])
def test_an_association_that_its_system_accepts_and_does_not_keep_is_told_and_not_remembered_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    with Deals(tmp_path) as world:
        deal, mine, _ = by_hand(world)
        if act == "remove":
            add(world, deal, mine)
        before = (shown(world), pairs(world))
        plain = MemoryConnector._apply

        def forgetful(self: MemoryConnector, stream: Any, operation: Operation) -> Receipt:
            values = {name: value for name, value in operation.values.items() if name != "deal"}
            return plain(self, stream, replace(operation, values=values))

        monkeypatch.setattr(MemoryConnector, "_apply", forgetful)
        with pytest.raises(UserError, match="accepted the change of `deal` and did not keep it"):
            (add if act == "add" else remove)(world, deal, mine)
        assert (shown(world), pairs(world)) == before
        monkeypatch.undo()
        (add if act == "add" else remove)(world, deal, mine)
        assert shown(world) == ([(deal, mine)] if act == "add" else [])
