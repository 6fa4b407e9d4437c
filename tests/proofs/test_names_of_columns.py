"""A column may have any name that its database allows: it is data, and never a part of a statement."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from database_servers import Server, mariadb, postgres, sqlite

if TYPE_CHECKING:
    from pathlib import Path

KINDS = {"sqlite": (sqlite, '"'), "postgres": (postgres, '"'), "mariadb": (mariadb, "`")}
NAMES = (
    'has"quote',
    "it's",
    "back`tick",
    "per%cent %s",
    "semi;colon --",
    "two words",
    "ümläut ☃",
    "SELECT",
    "brace{x}",
    "question?",
    "dash-ed",
    "dollar$1",
    "back\\slash",
    "(bracket]",
    "comma,",
    "star*",
)


def _run(folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "engine", "run", "names.yaml", "--format", "json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    module: dict[str, Any] = json.loads(done.stdout)["modules"]["t"]
    return module


@pytest.mark.parametrize("kind", KINDS)
def test_records_are_made_and_changed_both_ways_in_columns_of_any_name(tmp_path: Path, kind: str) -> None:
    make, mark = KINDS[kind]
    quoted = [mark + name.replace(mark, mark * 2) + mark for name in NAMES]
    columns = ", ".join(f"{name} varchar(20)" for name in quoted)
    (tmp_path / "left").mkdir()
    (tmp_path / "right").mkdir()
    with make(tmp_path / "left") as left, make(tmp_path / "right") as right:
        for side in (left, right):
            side.make(f"CREATE TABLE p (id int PRIMARY KEY, {columns})")
        said = {"connector": "sql", "with": {}}
        spec = {
            "spec": 1,
            "name": "names",
            "systems": {
                "a": {**said, "with": {"url": left.url}},
                "b": {**said, "with": {"url": right.url}},
            },
            "modules": {
                "t": {
                    "sync": "a.p <-> b.p",
                    "conflicts": "a",
                    "match": ["id = id"],
                    "fields": ["id <-> id", *({"map": f"{name} <-> {name}"} for name in NAMES)],
                }
            },
        }
        (tmp_path / "names.yaml").write_text(json.dumps(spec))
        values = ", ".join(f"'v{place}'" for place in range(len(NAMES)))
        left.ask(f"INSERT INTO p VALUES (1, {values})")
        assert _run(tmp_path)["created"] == {"left": 0, "right": 1}
        assert _rows(right) == _rows(left) == [(1, *(f"v{place}" for place in range(len(NAMES))))]
        changes = ", ".join(f"{name} = 'w'" for name in quoted)
        right.ask(f"UPDATE p SET {changes}")
        assert _run(tmp_path)["updated"] == {"left": 1, "right": 0}
        assert _rows(left) == [(1, *["w"] * len(NAMES))]
        last = _run(tmp_path)
        assert (last["updated"], last["held"]) == ({"left": 0, "right": 0}, 0)


def _rows(server: Server) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in server.ask("SELECT * FROM p")]
