"""Counts that an auditor can add up: what was done in part counts as both, and what was left out says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from run_world import World, person
from sqlite_world import sqlite_world

if TYPE_CHECKING:
    from pathlib import Path


def test_a_record_that_is_written_in_part_and_in_conflict_in_part_counts_as_both(tmp_path: Path) -> None:
    both = ("match: [ name = label ]", "conflicts: hold")
    with World(
        tmp_path,
        sync="shop.people <-> desk.clients",
        module=both,
        lines=("name <-> label", "city <-> town", "mail <-> mail"),
    ) as world:
        world.shop.put("people", person("Ann"))
        world.run()
        world.shop.edit("people", "1", city="Goa", mail="new@example.org")
        world.desk.edit("clients", "1", town="Agra")
        counts = world.run().modules["people"]
        assert (counts.updated["right"], counts.conflicts) == (1, 1)


def test_the_summary_says_why_records_were_left_out(tmp_path: Path) -> None:
    world = sqlite_world(tmp_path, more="duplicates: skip\nview: { shop: city <> 'Goa' }")
    told = world.call("run", world.spec).stdout
    assert "Skipped: 1 outside the view and 1 skipped as duplicates." in told, told
    report = world.asked("run", world.spec, "--full")
    assert report["modules"]["people"]["skipped_for"] == {"outside the view": 1, "left alone": 1}
