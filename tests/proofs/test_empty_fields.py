"""A record that is made gets no field without a value, so its system's defaults apply; `null: send` sends null."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from database_pair import COUNTED, KINDS, database_pair

if TYPE_CHECKING:
    from pathlib import Path

MODULE = """\
  rows:
    sync: {sync}
    match: [ name = name ]
    fields: [ {lines} ]
"""
FIELDS = ("name", "status", "kind", "size")
ASKED = "SELECT name, status, kind, size FROM things ORDER BY name"
ROWS = [("A", None, None, None), ("B", "shut", "k", 7), ("C", None, "k", None), ("D", "shut", None, 8)]


@pytest.mark.parametrize("sends", ["nothing", "stream", "field"])
@pytest.mark.parametrize("arrow", ["->", "<-", "<->"])
@pytest.mark.parametrize("kind", list(KINDS))
def test_a_new_row_gets_the_defaults_of_its_table(tmp_path: Path, kind: str, arrow: str, sends: str) -> None:
    """Home has gaps in every combination; away has a default for two of three columns, of which one may not be null."""
    with database_pair(tmp_path, kind) as pair:
        left, right = ("away", "home") if arrow == "<-" else ("home", "away")
        module = MODULE.format(
            sync=f"{left}.things {arrow} {right}.things",
            lines=", ".join(f"{name} {arrow} {name}" for name in FIELDS),
        )
        said = {
            "nothing": "{}",
            "stream": "{ things: { null: send } }",
            "field": "{ things: { fields: { status: text null=send } } }",
        }[sends]
        pair.spec(module + ("    conflicts: home\n" if arrow == "<->" else ""), away=said)
        pair.home(
            "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, status TEXT, kind TEXT, size INTEGER)"
        )
        needed = "" if sends == "stream" else " NOT NULL"
        pair.away(
            f"CREATE TABLE things (id {COUNTED[kind]}, name VARCHAR(9), status VARCHAR(9) DEFAULT 'open', "
            f"kind VARCHAR(9){needed} DEFAULT 'normal', size INTEGER)"
        )
        for row in ROWS:
            told = ", ".join("NULL" if value is None else repr(value) for value in row)
            pair.home(f"INSERT INTO things (name, status, kind, size) VALUES ({told})")
        pair.run()
        default = (
            "open" if sends == "nothing" else None,
            None if sends == "stream" else "normal",
            None,
        )
        wanted = [
            (row[0], *(own or given for own, given in zip(row[1:], default, strict=True))) for row in ROWS
        ]
        assert pair.away(ASKED) == wanted
        assert pair.writes() == 0
        assert pair.writes("--full") == 0
        pair.home("UPDATE things SET status = NULL WHERE name = 'B'")
        pair.run()
        assert pair.away("SELECT status FROM things WHERE name = 'B'") == [(None,)]
        assert pair.writes() == 0
        if arrow == "<->":  # both ways the default has come back
            assert pair.home(ASKED.replace("name, status,", "name,")) == [
                (row[0], *row[2:]) for row in wanted
            ]
