"""A record may name a time that has not come: no cursor goes there, so every later edit is still found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlite_world import SqliteWorld

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """\
spec: 1
name: shop-desk
systems:
  shop: {{ connector: sql, {zone}with: {{ url: "sqlite:///shop.sqlite", streams: {{ people: {{ modified: ts }} }} }} }}
  desk: {{ connector: sql, with: {{ url: "sqlite:///desk.sqlite" }} }}
modules:
  people:
    sync: shop.people {arrow} desk.clients
    match: [ name = label ]
    {conflicts}
    fields: [ name {arrow} label, city {arrow} town ]
"""
FORMS = {
    "text with a zone that the spec declares": ("zone: UTC, ", "%Y-%m-%d %H:%M:%S"),
    "text without any zone": ("", "%Y-%m-%d %H:%M:%S"),
    "text that names its zone": ("", "%Y-%m-%dT%H:%M:%S+00:00"),
}


def moment(form: str, **from_now: float) -> str:
    return (datetime.now(UTC) + timedelta(**from_now)).strftime(FORMS[form][1])


@pytest.mark.parametrize("arrow", ["->", "<->"])
@pytest.mark.parametrize("ahead", [{"minutes": 30}, {"days": 2}, {"days": 66_000}], ids=str)
@pytest.mark.parametrize("form", FORMS)
def test_edits_are_found_although_one_record_names_a_time_to_come(
    tmp_path: Path, form: str, ahead: dict[str, float], arrow: str
) -> None:
    world = SqliteWorld(folder=tmp_path)
    both = "conflicts: shop" if arrow == "<->" else ""
    text = SPEC.format(zone=FORMS[form][0], arrow=arrow, conflicts=both)
    (tmp_path / "shop.yaml").write_text(text, encoding="utf-8")
    world.rows("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, city TEXT, ts TEXT)", "shop")
    world.rows("CREATE TABLE clients (id INTEGER PRIMARY KEY, label TEXT, town TEXT)")
    rows = f"('Ann', 'Gent', '{moment(form, hours=-2)}'), ('Typo', 'Pune', '{moment(form, **ahead)}')"
    world.rows(f"INSERT INTO people (name, city, ts) VALUES {rows}", "shop")
    for _ in range(2):
        assert world.call("run", world.spec).exit_code == 0
    world.rows(f"UPDATE people SET city = 'Goa', ts = '{moment(form)}' WHERE name = 'Ann'", "shop")
    world.rows(f"INSERT INTO people (name, city, ts) VALUES ('New', 'Ulm', '{moment(form)}')", "shop")
    assert world.call("run", world.spec).exit_code == 0
    assert world.towns() == [("Ann", "Goa"), ("New", "Ulm"), ("Typo", "Pune")]
    world.rows("UPDATE people SET city = 'Agra' WHERE name = 'Typo'", "shop")  # its time stays where it is
    assert world.call("run", world.spec).exit_code == 0
    assert world.towns() == [("Ann", "Goa"), ("New", "Ulm"), ("Typo", "Agra")]
