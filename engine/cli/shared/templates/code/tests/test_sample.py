"""The connector keeps every promise that the engine relies on."""

from __future__ import annotations

import itertools
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from engine.testing import ConnectorSuite, SystemUnderTest, surroundings

from engine_sample import CAN, CONNECTOR

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class TestConnector(ConnectorSuite):
    type_ = CONNECTOR
    can = CAN
    number = "worth"

    @pytest.fixture
    def system(self, tmp_path: Path) -> SystemUnderTest:
        """An empty stream. All but `connect` goes past the connector: here, straight to the files."""
        people = tmp_path / "people"
        people.mkdir()
        numbers = itertools.count(1)
        settings = {"folder": str(tmp_path), "streams": {"people": {"fields": {"name": "text required"}}}}

        def put(id_: str, record: Mapping[str, Any]) -> str:
            (people / f"{id_}.json").write_text(json.dumps(dict(record)))
            return id_

        def look() -> dict[str, dict[str, Any]]:
            return {
                path.stem: json.loads(path.read_text(), parse_float=Decimal) for path in people.glob("*.json")
            }

        def edit(id_: str, values: Mapping[str, Any]) -> None:
            put(id_, {**look()[id_], **values})

        return SystemUnderTest(
            connect=lambda: CONNECTOR.open(settings, surroundings(tmp_path)),
            stream="people",
            plant=lambda rows: [put(f"p{next(numbers)}", row) for row in rows],
            look=look,
            edit=edit,
            remove=lambda id_: (people / f"{id_}.json").unlink(),
            refused={"name": None},
        )
