"""What a line of a mapping writes, when, and what a preview says about it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from run_world import MATCH, World, person

EVERY_KIND = (
    "name -> label",
    "mail -> mail",
    "amount -> worth",
    "{ map: rank -> grade, values: { gold: a, [silver, bronze]: b }, else: z }",
    "{ to: right.town, value: \"upper(coalesce(city, 'nowhere'))\" }",
    '{ to: right.memo, text: "{{ name }} of {{ city }}" }',
)


def test_every_kind_of_line_writes_its_value(tmp_path: Path) -> None:
    with World(tmp_path, lines=EVERY_KIND) as world:
        for name, rank, city in (("Ann", "gold", "Pune"), ("Bob", "bronze", "Goa"), ("Cy", "tin", None)):
            world.shop.put("people", person(name, rank=rank, city=city))
        world.run()
        assert world.clients("label", "grade", "town", "memo") == [
            ("Ann", "a", "PUNE", "Ann of Pune"),
            ("Bob", "b", "GOA", "Bob of Goa"),
            ("Cy", "z", "NOWHERE", "Cy of"),
        ]
        world.settled()
        world.shop.edit("people", "1", city="Agra")
        world.run()
        assert [sorted(one.values) for one in world.watch.operations] == [["memo", "town"]]
        world.shop.edit("people", "2", rank="silver")
        assert world.run().wrote == 0, "silver and bronze mean the same on the other side"


def test_a_constant_a_path_and_what_is_written_only_once(tmp_path: Path) -> None:
    lines = (
        "name -> label",
        "{ to: right.grade, const: customer }",
        "{ to: right.memo, const: made here, on: create }",
        '{ to: right.mail, path: "note" }',
    )
    with World(tmp_path, lines=lines, module=[MATCH, "set: { town: new }"]) as world:
        world.shop.put("people", person("Ann", note="n"))
        world.run()
        assert world.clients("label", "grade", "memo", "mail", "town") == [
            ("Ann", "customer", "made here", "n", "new")
        ]
        world.desk.edit("clients", "1", memo="changed", town="moved", grade="vendor")
        world.settled()
        world.shop.edit("people", "1", note="m")
        world.run()
        assert [one.values for one in world.watch.operations] == [{"mail": "m"}]
        assert world.clients("grade", "memo", "town") == [("vendor", "changed", "moved")]


@pytest.mark.parametrize(
    ("written", "same"),
    [("10.00", "10"), ("0.10", "0.1"), ("123456789012.35", "123456789012.350"), ("-0", "0"), (7, "7.00")],
)
def test_money_is_exact_and_another_way_to_write_it_is_no_change(
    tmp_path: Path, written: object, same: object
) -> None:
    with World(tmp_path) as world:
        world.shop.put("people", person("Ann", amount=written))
        world.run()
        ((worth,),) = world.clients("worth")
        assert Decimal(worth) == Decimal(str(written))
        world.shop.edit("people", "1", amount=same)
        assert world.run().wrote == 0


def test_a_required_value_holds_a_record_only_until_it_exists(tmp_path: Path) -> None:
    """A linked record keeps the value that its system needs, rather than losing it."""
    with World(tmp_path, module="match: [ mail = mail ]") as world:
        world.shop.put("people", person("Ann"))
        world.run()
        world.shop.edit("people", "1", name=None, city="Goa")
        world.run()
        assert world.clients("label", "town") == [("Ann", "Goa")]
        world.settled()


def test_a_module_that_does_not_create_only_links(tmp_path: Path) -> None:
    with World(tmp_path, module=[MATCH, "creates: none"]) as world:
        world.desk.put("clients", {"label": "Ann", "mail": None, "town": None, "worth": None})
        for name in ("Ann", "Bob"):
            world.shop.put("people", person(name))
        counts = world.run().modules["people"]
        assert (counts.updated["right"], counts.skipped) == (1, 1)
        assert world.clients("label") == [("Ann",)]


def test_a_record_that_does_not_meet_its_needs_is_held_with_the_sentence(tmp_path: Path) -> None:
    needs = "needs: [ { check: mail IS NOT NULL, else: A person needs a mail address. } ]"
    with World(tmp_path, module=[MATCH, needs]) as world:
        world.shop.put("people", person("Ann", mail=None))
        assert world.run().modules["people"].held == 1
        assert world.held()["1"].message == "A person needs a mail address."
        world.shop.edit("people", "1", mail="a@example.org")
        assert world.run().modules["people"].created["right"] == 1


def everything(world: World) -> None:
    """New, changed, drifted, deleted, held and unchanged people at once."""
    for name in ("New", "Old", "Drifted", "Gone", "Same"):
        world.shop.put("people", person(name, rank="gold"))
    world.shop.delete("people", "1")
    world.run()
    world.wait(hours=1)
    world.shop.put("people", person("New", rank="gold"))
    world.shop.put("people", person("Unreadable", amount="many"))
    world.shop.edit("people", "2", city="Goa", mail=None)
    world.shop.edit("people", "3", city="Agra")
    drifted = next(row["id"] for row in world.desk.rows("clients") if row["label"] == "Drifted")
    world.desk.edit("clients", drifted, town="Typed")
    gone = next(row["id"] for row in world.desk.rows("clients") if row["label"] == "Gone")
    world.desk.delete("clients", gone)
    world.shop.edit("people", "4", city="Delhi")


def test_a_preview_is_what_the_run_then_does_and_leaves_no_trace(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        everything(world)
        before = world.ledger.read_bytes(), world.desk.rows("clients")
        foretold = world.preview()
        assert (world.ledger.read_bytes(), world.desk.rows("clients")) == before
        beside = Path(f"{world.ledger}-wal")
        assert not beside.exists() or beside.stat().st_size == 0, "nor anything that is on its way there"
        report = world.run()
        assert foretold.modules == report.modules
        assert {(one.module, one.held.id, one.held.code) for one in foretold.held} == {
            (one.module, one.held.id, one.held.code) for one in report.held
        }
        sent = {(one.kind, one.id): set(one.values) for one in world.watch.operations}
        said = {(line.kind, line.id): {one.field for one in line.fields} for line in foretold.lines}
        assert {key: fields for key, fields in sent.items() if key[0] == "update"} == {
            key: fields for key, fields in said.items() if key[0] == "update"
        }
        assert len(sent) == len(said) == foretold.writes == 3
        (update,) = [line for line in foretold.lines if line.label == "Drifted"]
        assert [(one.field, one.before, one.after) for one in update.fields] == [("town", "Typed", "Agra")]


def test_a_preview_where_nothing_has_run_makes_no_ledger(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        for number in range(30):
            world.shop.put("people", person(f"P{number}"))
        foretold = world.preview(limit=5)
        assert (foretold.writes, len(foretold.lines)) == (30, 5)
        assert not world.ledger.exists()
        assert [path.name for path in tmp_path.iterdir()] == ["shop-desk.yaml"]


def test_a_record_that_now_meets_a_check_over_a_field_nobody_compares_comes_over(tmp_path: Path) -> None:
    """What the mapping compares has not changed, so the record looks the same, but it is in order now."""
    module = [MATCH, "needs: [ { check: rank = 'gold', else: Only gold. } ]"]
    with World(tmp_path, module=module) as world:
        world.shop.put("people", person("Asha", rank="tin"))
        world.run()
        assert [row.message for row in world.held().values()] == ["Only gold."]
        world.settled()
        world.shop.edit("people", "1", rank="gold")
        world.run()
        assert not world.held()
        assert world.clients("label") == [("Asha",)]


def test_a_path_finds_numbers_as_the_system_delivers_them(tmp_path: Path) -> None:
    """Some systems refuse a price that comes as a text; a template shows the same amount as it is written."""
    path = '{ to: right.memo, path: "[{price: amount}]" }'
    with World(tmp_path, lines=("name -> label", path, '{ to: right.town, text: "{{ amount }}" }')) as world:
        world.shop.put("people", person("Asha", amount=12.5))
        world.run()
        assert world.clients("memo", "town") == [('[{"price":12.5}]', "12.5")]
