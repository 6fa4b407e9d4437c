"""What a database makes of a write comes back within the same run: ids, defaults, numbers, totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from database_pair import COUNTED, KINDS, database_pair

if TYPE_CHECKING:
    from pathlib import Path

MODULE = """\
  orders:
    sync: {left}.orders <-> {right}.orders
    conflicts: home
    match: [ name = name ]
    fields: [ name <-> name, amount <-> amount, code <-> code, {back} ]
"""
#: from the side that assigns to the one that asks, as a line of a mapping reads in both directions
BACK = {
    "left": "other_id <- id, total <- total",
    "right": "id -> other_id, total -> total",
}


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("kind", list(KINDS))
def test_what_the_target_assigns_is_at_the_source_after_one_run(tmp_path: Path, kind: str, side: str) -> None:
    """Home is the source, and `side` says where it stands in the spec."""
    with database_pair(tmp_path, kind) as pair:
        left, right = ("home", "away") if side == "left" else ("away", "home")
        pair.spec(
            MODULE.format(left=left, right=right, back=BACK[side]),
            home="{ orders: { fields: { other_id: id } } }",
        )
        pair.home(
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, amount INTEGER, code TEXT, "
            "other_id TEXT, total INTEGER)"
        )
        pair.away(
            f"CREATE TABLE orders (id {COUNTED[kind]}, name VARCHAR(50), amount INTEGER, "
            "code VARCHAR(50) DEFAULT 'auto', total INTEGER GENERATED ALWAYS AS (amount * 5) STORED)"
        )
        pair.home("INSERT INTO orders (name, amount) VALUES ('Roof', 2), ('Wall', 3)")
        pair.run()
        asked = "SELECT name, amount, other_id, total FROM orders ORDER BY name"
        assert pair.home(asked) == [("Roof", 2, "1", 10), ("Wall", 3, "2", 15)]
        assert pair.writes() == 0
        pair.home("UPDATE orders SET amount = 4 WHERE name = 'Roof'")
        pair.run()
        assert pair.home(asked) == [("Roof", 4, "1", 20), ("Wall", 3, "2", 15)]
        assert pair.writes() == 0
        assert pair.writes("--full") == 0
