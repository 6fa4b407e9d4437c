"""In step is said of nothing that is skipped or missing on the other side; the end of a run says how many they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlite_world import sqlite_world

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("words", [(), ("--full",)])
@pytest.mark.parametrize(
    ("arrow", "file", "table", "side"),
    [
        ("->", "shop", "people", "left"),
        ("<->", "shop", "people", "left"),
        ("<->", "desk", "clients", "right"),
    ],
)
def test_a_linked_record_that_is_missing_is_counted_on_its_side(
    tmp_path: Path, arrow: str, file: str, table: str, side: str, words: tuple[str, ...]
) -> None:
    world = sqlite_world(tmp_path, arrow=arrow, more="" if arrow == "->" else "conflicts: shop")
    world.rows("DELETE FROM clients")
    world.call("run", world.spec)
    assert "both sides are in step" in world.call("run", world.spec).output
    world.rows(f"DELETE FROM {table} WHERE id = 1", file)
    told = world.call("run", world.spec, *words)
    assert told.exit_code == 0
    assert f"all others are in step; 1 missing on the {side}" in " ".join(told.output.split())
    counts = world.asked("run", world.spec, *words)["modules"]["people"]
    assert counts["missing"] == {"left": 0, "right": 0} | {side: 1}


def test_a_duplicate_that_is_skipped_is_not_called_in_step(tmp_path: Path) -> None:
    world = sqlite_world(tmp_path, more="duplicates: skip")
    world.call("run", world.spec)
    told = " ".join(world.call("run", world.spec).output.split())
    assert "all others are in step; 1 skipped" in told
    assert "both sides" not in told
