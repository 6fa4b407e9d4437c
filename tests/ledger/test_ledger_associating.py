"""What the ledger keeps of records that are shown on each other; on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from engine.ledger import Lease, Settlement, open_ledger
from engine.ledger.association import Associating, Association

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.ledger.store import Ledger

NOW = "2026-03-01T10:00:00Z"
BY_TRIGGER = Associating(name="t", of_stream="a.deals", to_stream="b.bills", locked=True, at=NOW)
BY_HAND = Association(
    name="deals", of_stream="a.deals", of_id="1", to_stream="b.bills", to_id="9", locked=False, at=NOW
)


@pytest.fixture
def ledger(place: str) -> Iterator[Ledger]:
    """A new ledger."""
    with open_ledger(place) as ledger:
        yield ledger


def lease(ledger: Ledger, integration: str = "i") -> Lease:
    """The right to write."""
    return ledger.take_lease(integration, "somebody", NOW, 60.0)


def pairs(ledger: Ledger, integration: str = "i") -> list[tuple[str, str, bool]]:
    """(watched, made, locked) of what is stored."""
    return [(one.of_id, one.to_id, one.locked) for one in ledger.associations(integration)]


def linked(ledger: Ledger, mine: Lease, left: str, right: str) -> int:
    """A link of the trigger; answers its id."""
    links = pa.table({"left_id": [left], "right_id": [right]})
    settlement = Settlement(run="r", module="t", links=links, associating=BY_TRIGGER)
    return ledger.settle(mine, None, settlement)[0]


def test_the_links_of_a_trigger_that_associates_are_associations_and_go_with_them(ledger: Ledger) -> None:
    mine = lease(ledger)
    first = linked(ledger, mine, "1", "x")
    linked(ledger, mine, "2", "y")
    assert pairs(ledger) == [("1", "x", True), ("2", "y", True)]
    assert ledger.associations("i")[0].run == "r"
    ledger.settle(mine, None, Settlement(run="r", module="t", dropped=(first,)))
    assert pairs(ledger) == [("2", "y", True)]


def test_the_link_of_an_earlier_occurrence_takes_its_own_association_along(ledger: Ledger) -> None:
    mine = lease(ledger)
    first = linked(ledger, mine, "1", "x")
    changes = pa.table({"link_id": pa.array([first], pa.int64()), "left_id": ["1␟1"]})
    ledger.settle(mine, None, Settlement(run="r", module="t", changes=changes))
    linked(ledger, mine, "1", "y")
    ledger.settle(mine, None, Settlement(run="r", module="t", dropped=(first,)))
    assert pairs(ledger) == [("1", "y", True)]


def test_links_of_others_leave_associations_alone(ledger: Ledger) -> None:
    mine = lease(ledger)
    linked(ledger, mine, "1", "x")
    links = pa.table({"left_id": ["1"], "right_id": ["x"]})
    (other,) = ledger.settle(mine, None, Settlement(run="r", module="m", links=links))
    ledger.settle(mine, None, Settlement(run="r", module="m", dropped=(other,)))
    assert pairs(ledger) == [("1", "x", True)]


def test_what_a_person_puts_together_is_there_once_and_can_be_taken_apart(ledger: Ledger) -> None:
    mine = lease(ledger)
    for _ in range(2):
        ledger.associate(mine, BY_HAND)
    assert pairs(ledger) == [("1", "9", False)]
    assert ledger.associations("i")[0].run is None
    for _ in range(2):
        ledger.dissociate(mine, BY_HAND)
        assert pairs(ledger) == []


def test_integrations_know_nothing_of_each_other(ledger: Ledger) -> None:
    ledger.associate(lease(ledger), BY_HAND)
    ledger.dissociate(lease(ledger, "j"), BY_HAND)
    assert (pairs(ledger), pairs(ledger, "j")) == ([("1", "9", False)], [])
