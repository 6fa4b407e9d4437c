"""Conditions and values that look at other records: at their links, behind a reference, at the counterpart."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from linked_world import LinkedWorld, firms, people

from engine.compiler import check_file

if TYPE_CHECKING:
    from pathlib import Path

#: A firm without a town is held, and so has no link.
FIRMS = firms("needs: [ { check: town IS NOT NULL, else: A firm needs a town. } ]")


def needs(check: str, sentence: str = "Not yet.") -> str:
    """A check of a module."""
    return f'needs: [ {{ check: "{check}", else: {sentence} }} ]'


def test_a_check_that_fails_for_a_missing_link_waits_for_that_link(tmp_path: Path) -> None:
    """The record is held with the sentence, and comes over by itself in the run that links what it waits for."""
    with LinkedWorld(tmp_path, people(needs("linked('firms', firm)")), FIRMS) as world:
        sick = world.firm("Sick", town=None)
        ann = world.person("Ann", firm=sick)
        world.person("Bob", firm=world.firm("Acme"))
        world.person("Cid", firm=None)
        world.run()
        assert world.names() == ["Bob"]
        assert world.held_by_module()["people", ann].message == "Not yet."
        world.settled()
        world.wait(hours=3)
        world.shop.edit("firms", sick, town="Goa")
        world.run()
        assert world.names() == ["Ann", "Bob"]
        world.settled()


def test_two_ids_are_linked_to_each_other_or_not(tmp_path: Path) -> None:
    with LinkedWorld(tmp_path, people(needs("linked('firms', firm, desk_id)")), FIRMS) as world:
        acme, bolt = world.firm("Acme"), world.firm("Bolt")
        world.run()
        accounts = {row["label"]: row["id"] for row in world.desk.rows("accounts")}
        world.person("Ann", firm=acme, desk_id=accounts["Acme"])
        world.person("Bob", firm=bolt, desk_id=accounts["Acme"])
        world.person("Cid", firm=None, desk_id=accounts["Acme"])
        world.wait(minutes=10)
        world.run()
        assert world.names() == ["Ann"]
        world.settled()


def test_a_record_without_a_link_of_its_own_can_be_refused(tmp_path: Path) -> None:
    """`linked()` is the record's own link: whoever has one stays in step, and no newcomer is let in."""
    with LinkedWorld(tmp_path, people()) as world:
        ann = world.person("Ann")
        world.run()
        world.write(people(needs("linked()")))
        world.person("Bob")
        world.wait(minutes=10)
        world.shop.edit("people", ann, mail="new@example.org")
        world.run()
        assert [(row["label"], row["mail"]) for row in world.desk.rows("clients")] == [
            ("Ann", "new@example.org")
        ]
        world.settled()


def test_the_origin_of_a_record_is_the_system_where_it_was_first(tmp_path: Path) -> None:
    """Where a run made one of the two, the other was first; of two that were paired nobody knows."""
    with LinkedWorld(tmp_path, people("conflicts: shop", arrow="<->")) as world:
        for name in ("Both", "Desk"):
            world.desk.put("clients", {"label": name, "mail": "old"})
        for name in ("Both", "Shop"):
            world.person(name, mail="old")
        world.run()
        world.write(people("conflicts: shop", needs("origin() = 'shop'"), arrow="<->"))
        world.wait(minutes=10)
        for row in world.shop.rows("people"):
            world.shop.edit("people", row["id"], mail="new")
        world.person("New", mail="new")
        world.run()
        assert world.clients("label", "mail") == [
            ("Both", "old"),
            ("Desk", "old"),
            ("New", "new"),
            ("Shop", "new"),
        ]
        world.settled()


def test_links_of_another_integration_are_looked_at(tmp_path: Path) -> None:
    """One ledger serves all specs of a folder; what the other one links later brings the record over here."""
    with LinkedWorld(tmp_path, people(needs("linked('other.firms', firm)"))) as world:
        other = LinkedWorld(tmp_path, FIRMS, name="other")
        other.stores = world.stores
        other.write(FIRMS)
        other.shop, other.desk = world.shop, world.desk
        acme = world.firm("Acme")
        world.person("Ann", firm=acme)
        world.run()
        assert world.names() == []
        other.run()
        world.wait(hours=3)
        world.run()
        assert world.names() == ["Ann"]
        world.settled()


def test_a_field_behind_a_reference_is_read_once_a_run_and_copied(tmp_path: Path) -> None:
    """`firm.town` is a field of the firm: one read by ids for all people of a page."""
    lines = "name -> label, firm.town -> town, firm.rate -> worth"
    with LinkedWorld(tmp_path, people(lines=lines)) as world:
        acme, bolt = world.firm("Acme", rate="12.50"), world.firm("Bolt", town="Goa")
        for name, firm in (("Ann", acme), ("Bob", bolt), ("Cid", acme), ("Dan", None), ("Eve", "no-firm")):
            world.person(name, firm=firm)
        world.run()
        assert world.clients("label", "town", "worth") == [
            ("Ann", "Pune", Decimal("12.50")),
            ("Bob", "Goa", None),
            ("Cid", "Pune", Decimal("12.50")),
            ("Dan", None, None),
            ("Eve", None, None),
        ]
        walked = [request for request in world.watch.requests if request.stream == "firms"]
        assert [set(request.ids or ()) for request in walked] == [{acme, bolt, "no-firm"}]
        world.settled()


def test_a_preview_makes_and_counts_the_reads_behind_references(tmp_path: Path) -> None:
    with LinkedWorld(tmp_path, people(lines="name -> label, firm.town -> town")) as world:
        world.person("Ann", firm=world.firm("Acme"))
        changes = world.preview()
        assert {field.field: field.after for line in changes.lines for field in line.fields} == {
            "label": "Ann",
            "town": "Pune",
        }
        assert "firms" in [request.stream for request in world.watch.requests]


def test_a_record_held_for_what_stands_behind_a_reference_is_looked_at_again(tmp_path: Path) -> None:
    """Nobody touches the person: the firm is no longer strict, so the person comes over."""
    with LinkedWorld(tmp_path, people(needs("NOT firm.strict", "The firm is strict."))) as world:
        acme = world.firm("Acme", strict=True)
        ann = world.person("Ann", firm=acme)
        world.run()
        assert world.held_by_module()["people", ann].message == "The firm is strict."
        world.shop.edit("firms", acme, strict=False)
        world.wait(hours=7)
        world.run()
        assert world.names() == ["Ann"]
        world.settled()


def test_what_a_vanished_record_said_is_not_emptied_on_the_other_side(tmp_path: Path) -> None:
    """An id that leads to nothing is unknown, not null."""
    with LinkedWorld(tmp_path, people(lines="name -> label, firm.town -> town")) as world:
        acme = world.firm("Acme")
        ann = world.person("Ann", firm=acme)
        world.run()
        world.shop.delete("firms", acme)
        world.wait(minutes=10)
        world.shop.edit("people", ann, name="Anna")
        world.run()
        assert world.clients("label", "town") == [("Anna", "Pune")]
        world.settled()


def test_a_check_of_both_records_holds_the_pair_and_lets_newcomers_pass(tmp_path: Path) -> None:
    """`right.coin` is null where there is no counterpart yet; a pair that does not agree is told and not written."""
    check = needs("right.coin IS NULL OR right.coin = coin", "The desk has it in another coin.")
    with LinkedWorld(tmp_path, people(check, "duplicates: overwrite")) as world:
        client = world.desk.put("clients", {"label": "Ann", "mail": "old", "coin": "EUR"})
        world.desk.put("clients", {"label": "Bob", "mail": "old", "coin": "INR"})
        ann = world.person("Ann", coin="INR")
        world.person("Bob", coin="INR")
        world.person("Cid", coin="INR")
        assert world.preview().modules["people"].held == 1
        world.run()
        assert world.clients("label", "mail") == [
            ("Ann", "old"),
            ("Bob", "Bob@example.org"),
            ("Cid", "Cid@example.org"),
        ]
        assert world.held_by_module()["people", ann].message == "The desk has it in another coin."
        world.desk.edit("clients", client, coin="INR")
        world.wait(hours=7)
        world.run()
        assert ("Ann", "Ann@example.org") in world.clients("label", "mail")
        world.settled()


@pytest.mark.parametrize("name", ["../other", "/etc/passwd", "Other", "nobody"])
def test_another_spec_is_only_what_lies_beside_this_one(tmp_path: Path, name: str) -> None:
    """A stranger's spec cannot name a file by the name of an integration."""
    with LinkedWorld(tmp_path, people(needs(f"linked('{name}.firms', firm)"))) as world:
        assert [one.code for one in check_file(str(world.file))] == ["unknown-spec"]
