"""A connector that only reads keeps those promises that are about reading."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from engine_json_export import CAN, EXPORT

from engine.testing import ConnectorSuite, SystemUnderTest, surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class TestExport(ConnectorSuite):
    type_ = EXPORT
    can = CAN

    @pytest.fixture
    def system(self, tmp_path: Path) -> SystemUnderTest:
        file = tmp_path / "export.json"
        held: dict[str, dict[str, Any]] = {}

        def keep() -> None:
            file.write_text(json.dumps({"people": list(held.values())}))

        def put(id_: str, record: Mapping[str, Any]) -> str:
            held[id_] = {**held.get(id_, {}), **record, "id": id_}
            keep()
            return id_

        def remove(id_: str) -> None:
            del held[id_]
            keep()

        def edit(id_: str, values: Mapping[str, Any]) -> None:
            put(id_, values)

        keep()
        settings = {"file": str(file), "streams": {"people": {}}}
        return SystemUnderTest(
            connect=lambda: EXPORT.open(settings, surroundings(tmp_path)),
            stream="people",
            plant=lambda rows: [put(f"p{len(held) + 1}", row) for row in rows],
            look=lambda: held,
            edit=edit,
            remove=remove,
            refused={},
        )
