"""A run that could be a mistake of many stops, shows what it is about, and says how to go on."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from sqlite_world import sqlite_world

if TYPE_CHECKING:
    from pathlib import Path


def test_a_first_contact_shows_its_pairs_and_the_command_that_goes_on_does(tmp_path: Path) -> None:
    world = sqlite_world(tmp_path)
    stopped = world.call("run", world.spec)
    assert (stopped.exit_code, stopped.stdout) == (6, "")
    assert "shop.people:1 = desk.clients:1  Ann" in stopped.stderr
    assert world.towns() == [("Ann", "Typed")], "nothing was written"
    line = next(line for line in stopped.stderr.splitlines() if line.startswith("  engine run "))
    _, command, *words = shlex.split(line)
    done = world.call(command, *words)
    assert done.exit_code == 0, done.output
    assert "Approved: First contact" in done.stderr
    assert world.towns() == [("Ann", "Gent"), ("Bob", "Pune"), ("Cy", "Goa")]


def test_a_preview_says_what_a_run_asks_first_and_names_its_code(tmp_path: Path) -> None:
    world = sqlite_world(tmp_path)
    shown = world.call("preview", world.spec, "--detailed-exitcode")
    assert shown.exit_code == 3
    assert "people requires confirmation: First contact: 1 record exists on both sides" in shown.stdout
    assert "  shop.people:1 = desk.clients:1  Ann" in shown.stdout
    found = re.search(r"To do it: engine run .* --accept (\w+)", shown.stdout)
    assert found is not None
    (ask,) = world.asked("preview", world.spec)["asks"]
    assert ask["code"] == found.group(1)
    assert world.call("run", world.spec, "--accept", ask["code"]).exit_code == 0


def test_a_code_of_another_changeset_lets_nothing_through(tmp_path: Path) -> None:
    world = sqlite_world(tmp_path)
    (ask,) = world.asked("preview", world.spec)["asks"]
    world.rows("INSERT INTO clients (label) VALUES ('Bob')")
    assert world.call("run", world.spec, "--accept", ask["code"]).exit_code == 6
    assert world.call("run", world.spec, "--accept", "nonsense").exit_code == 6
    assert world.towns() == [("Ann", "Typed"), ("Bob", None)]


def test_what_stops_a_run_is_one_object_with_its_codes_for_a_program(tmp_path: Path) -> None:
    world = sqlite_world(tmp_path)
    error = world.asked("run", world.spec, code=6)["error"]
    assert error["kind"] == "StoppedError"
    assert error["accept"] == [world.asked("preview", world.spec)["asks"][0]["code"]]


def test_a_full_run_reads_what_has_not_changed_since(tmp_path: Path) -> None:
    world = sqlite_world(tmp_path, more="duplicates: skip")
    spec = tmp_path / "shop.yaml"
    stamped = 'url: "sqlite:///shop.sqlite", streams: { people: { modified: changed } }'
    spec.write_text(spec.read_text(encoding="utf-8").replace('url: "sqlite:///shop.sqlite"', stamped))
    world.rows("ALTER TABLE people ADD COLUMN changed TEXT DEFAULT '2026-01-01T08:00:00Z'", "shop")
    world.rows("UPDATE people SET changed = '2026-03-01T08:00:00Z' WHERE id = 3", "shop")
    read = [
        world.asked("run", world.spec, *words)["modules"]["people"]["read"]["left"]
        for words in ((), (), ("--full",))
    ]
    assert read == [3, 1, 3]
