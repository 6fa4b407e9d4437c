"""The memory connector keeps the promises of the port, and a few of its own."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from connector_suite import PEOPLE, ConnectorSuite, Harness, batch, read, receipts, surroundings

from engine.connectors.memory import MEMORY, Store, store

if TYPE_CHECKING:
    from pathlib import Path

_NAMES = itertools.count()


@pytest.fixture
def harness(tmp_path: Path) -> Harness:
    name = f"store-{next(_NAMES)}"
    settings = {"store": name, "streams": {"people": {"fields": {"name": "text required"}}}}

    def seed(rows: Any) -> None:
        for row in rows:
            store(name).put("people", row)

    return Harness(
        connect=lambda: MEMORY.open(settings, surroundings(tmp_path)),
        stream="people",
        key="id",
        seed=seed,
        edit=lambda identity, values: store(name).edit("people", identity, **values),
        refused={"name": None},
    )


class TestMemory(ConnectorSuite):
    def test_a_write_that_was_decided_on_an_older_version_is_stale(self, harness: Harness) -> None:
        harness.seed(PEOPLE)
        connector = harness.connect()
        seen = {row["id"]: row["modified"] for row in read(connector, "people")}
        harness.edit("1", {"city": "Paris"})
        change = {"_id": "1", "_set": ["name"], "_version": seen["1"], "name": "Eve"}
        assert [one.outcome for one in receipts(connector.write("people", batch("update", [change])), 1)] == [
            "stale"
        ]

    def test_a_receipt_shows_the_record_and_its_version_as_they_are_read_next(self, harness: Harness) -> None:
        connector = harness.connect()
        values = {
            "name": "Ada",
            "address.city": "Bonn",
            "worth": Decimal("1.10"),
            "born": dt.date(1815, 12, 10),
        }
        (receipt,) = receipts(connector.write("people", batch("create", [values])), 1)
        (row,) = read(connector, "people", "name", "address.city", "worth", "born")
        assert receipt.accepted == row
        assert row["address"] == {"city": "Bonn"}
        assert row["worth"] == Decimal("1.10")
        assert row["born"] == "1815-12-10"
        assert receipt.version == row["modified"]


def test_two_changes_never_have_one_stamp_even_if_the_clock_stands_still() -> None:
    frozen = Store(clock=lambda: dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    for _ in range(3):
        frozen.put("people", {"name": "Ada"})
    assert len({row["modified"] for row in frozen.rows("people")}) == 3
