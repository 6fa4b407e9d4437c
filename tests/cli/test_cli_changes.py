"""Look before you leap: `engine preview -o FILE`, a look, and `engine run --changes FILE`."""

from __future__ import annotations

import shlex
import stat
from typing import TYPE_CHECKING

from sqlite_world import sqlite_world

if TYPE_CHECKING:
    from pathlib import Path


def test_what_was_saved_is_done_and_the_preview_says_how(tmp_path: Path) -> None:
    world = sqlite_world(tmp_path)
    file = tmp_path / "changes.jsonl"
    shown = world.call("preview", world.spec, "-o", str(file))
    assert shown.exit_code == 0, shown.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600, "it holds people's records"
    assert world.towns() == [("Ann", "Typed")]
    line = shown.stdout.splitlines()[-1].removeprefix("To do it: ")
    assert line.endswith(f"--changes {file}"), "what is in the file needs no --accept"
    world.rows("INSERT INTO people (name, city) VALUES ('Late', 'Lima')", "shop")
    _, command, *words = shlex.split(line)
    done = world.call(command, *words)
    assert done.exit_code == 0, done.output
    assert f"3 of 3 changes of {file} done.\n" in done.stdout
    assert world.towns() == [("Ann", "Gent"), ("Bob", "Pune"), ("Cy", "Goa")]
    assert world.call("run", world.spec).exit_code == 0
    assert len(world.towns()) == 4


def test_a_stale_change_is_named_with_what_happened_and_ends_with_exit_6(tmp_path: Path) -> None:
    world = sqlite_world(tmp_path)
    file = str(tmp_path / "changes.jsonl")
    world.call("preview", world.spec, "-o", file)
    world.rows("UPDATE people SET city = 'Rome' WHERE name = 'Bob'", "shop")
    done = world.call("run", world.spec, "--changes", file)
    assert done.exit_code == 6, done.output
    assert "2 of 3 changes" in done.stdout
    assert "  people: create Bob: shop.people:2 has changed since.\n" in done.stdout
    assert world.towns() == [("Ann", "Gent"), ("Cy", "Goa")]
    again = world.asked("run", world.spec, "--changes", file, code=6)["applied"]
    assert (again["done"], again["already"], again["refused"]) == (0, 2, 1)


def test_a_changeset_of_another_spec_or_with_another_word_is_refused(tmp_path: Path) -> None:
    world = sqlite_world(tmp_path)
    file = tmp_path / "changes.jsonl"
    world.call("preview", world.spec, "-o", str(file))
    assert world.call("run", world.spec, "--changes", str(file), "--accept", "x").exit_code == 2
    spec = tmp_path / "shop.yaml"
    text = spec.read_text(encoding="utf-8")
    spec.write_text(text + "      - { to: right.phone, const: none }\n", encoding="utf-8")
    world.rows("ALTER TABLE clients ADD COLUMN phone TEXT")
    refused = world.call("run", world.spec, "--changes", str(file))
    assert refused.exit_code == 6
    assert "was made with another plan" in refused.stderr
    spec.write_text(text, encoding="utf-8")
    file.write_text(file.read_text(encoding="utf-8").replace("Pune", "Rome"), encoding="utf-8")
    assert "was altered" in world.call("run", world.spec, "--changes", str(file)).stderr
    assert world.towns() == [("Ann", "Typed")]
