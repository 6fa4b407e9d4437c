"""The memory connector keeps the promises of the port, and a few of its own."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.connectors.memory import CAN, MEMORY, MemoryStore, store
from engine.testing import Bench, ConnectorSuite, SystemUnderTest, batch, read, receipts, surroundings

if TYPE_CHECKING:
    from pathlib import Path

_NAMES = itertools.count()


class TestMemory(ConnectorSuite):
    type_ = MEMORY
    can = CAN
    conditional = True
    number = "worth"

    @pytest.fixture
    def system(self, tmp_path: Path) -> SystemUnderTest:
        name = f"store-{next(_NAMES)}"
        said: dict[str, Any] = {"store": name, "streams": {"people": {"fields": {"name": "text required"}}}}
        held = store(name)
        return SystemUnderTest(
            connect=lambda: MEMORY.open(said, surroundings(tmp_path)),
            stream="people",
            plant=lambda rows: [held.put("people", row) for row in rows],
            look=lambda: {row["id"]: row for row in held.rows("people")},
            edit=lambda id_, values: held.edit("people", id_, **values),
            remove=lambda id_: held.delete("people", id_),
            refused={"name": None},
        )

    def test_a_receipt_shows_days_decimals_and_objects_as_they_are_read_next(self, bench: Bench) -> None:
        connector = bench.open()
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


def test_two_changes_never_have_one_stamp_even_if_the_clock_stands_still() -> None:
    frozen = MemoryStore(clock=lambda: dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    for _ in range(3):
        frozen.put("people", {"name": "Ada"})
    assert len({row["modified"] for row in frozen.rows("people")}) == 3
