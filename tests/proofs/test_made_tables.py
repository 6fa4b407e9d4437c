"""Tables that `create: true` makes: kept in step both ways from their first record on, whatever the values are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from database_pair import KINDS, database_pair

if TYPE_CHECKING:
    from pathlib import Path

    from database_pair import DatabasePair

#: column of the table at home -> two values
VALUES = {
    "name TEXT": ("'Ann'", "'Bob'"),
    "number INTEGER": ("7", "8"),
    "amount DECIMAL(10,2)": ("12.5", "13.25"),
    "yes BOOLEAN": ("1", "0"),
    "born DATE": ("'2026-01-31'", "'2026-02-01'"),
}
MODULE = """\
  rows:
    sync: {left}.rows <-> {right}.rows
    conflicts: home
    match: [ name = name ]
    fields: [ {lines} ]
"""


NAMES = [column.partition(" ")[0] for column in VALUES]


def home_rows(pair: DatabasePair) -> None:
    """Two rows at home, one with the first and one with the second of all values."""
    pair.home(f"CREATE TABLE rows (id INTEGER PRIMARY KEY, {', '.join(VALUES)})")
    for number in (0, 1):
        told = ", ".join(two[number] for two in VALUES.values())
        pair.home(f"INSERT INTO rows ({', '.join(NAMES)}) VALUES ({told})")


@pytest.mark.parametrize("first", ["home", "away"])
@pytest.mark.parametrize("kind", list(KINDS))
def test_a_made_table_is_kept_in_step_both_ways_from_its_first_run(
    tmp_path: Path, kind: str, first: str
) -> None:
    with database_pair(tmp_path, kind) as pair:
        left, right = ("home", "away") if first == "home" else ("away", "home")
        lines = ", ".join(f"{name} <-> {name}" for name in NAMES)
        pair.spec(MODULE.format(left=left, right=right, lines=lines), more=", create: true")
        home_rows(pair)
        pair.run()
        table = "`rows`" if kind == "mariadb" else "rows"
        assert pair.away(f"SELECT count(*) FROM {table}") == [(2,)]
        assert pair.writes() == 0
        assert pair.writes("--full") == 0
        for column in NAMES:
            if column != "name":  # an edit of each field comes back
                value = f"(SELECT v FROM (SELECT {column} AS v FROM {table} WHERE name = 'Bob') AS b)"
                pair.away(f"UPDATE {table} SET {column} = {value} WHERE name = 'Ann'")
        pair.run()
        rest = ", ".join(name for name in NAMES if name != "name")
        assert len(pair.home(f"SELECT DISTINCT {rest} FROM rows")) == 1, pair.home("SELECT * FROM rows")
        assert pair.writes() == 0


@pytest.mark.parametrize("first", ["home", "away"])
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_made_file_is_kept_in_step_both_ways_from_its_first_run(
    tmp_path: Path, form: str, first: str
) -> None:
    with database_pair(tmp_path, "sqlite") as pair:
        left, right = ("home", "away") if first == "home" else ("away", "home")
        key = "id -> key" if first == "home" else "key <- id"
        lines = ", ".join([*(f"{name} <-> {name}" for name in NAMES), key])
        pair.spec(MODULE.format(left=left, right=right, lines=lines))
        spec = (tmp_path / "pair.yaml").read_text().splitlines()
        made = "{ folder: away, create: true, streams: { rows: { id: key } }, format: " + form + " }"
        spec[4] = f"  away: {{ connector: files, with: {made} }}"
        (tmp_path / "pair.yaml").write_text("\n".join(spec))
        (tmp_path / "away").mkdir()
        home_rows(pair)
        pair.run()
        assert pair.writes() == 0
        assert pair.writes("--full") == 0
