"""A view that is saved in a system narrows what is read; who a record is, is looked up in all that the system holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from both_world import Both, client
from linked_world import with_a_view_that_shows_nothing
from run_world import LINES as ONE_WAY
from run_world import MATCH, World, person

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_newcomer_whose_twin_a_saved_view_leaves_out_is_held_both_ways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_view_that_shows_nothing(monkeypatch)
    with Both(tmp_path, "view: { shop: \"saved('few')\" }") as world:
        world.shop.put("people", person("Ann"))
        world.desk.put("clients", client("Ann"))
        for _ in range(2):
            world.run()
            assert world.people("name") == [("Ann",)]
            assert {row.code for row in world.held().values()} == {"twin-outside-view"}
            world.wait(hours=3)
        world.desk.put("clients", client("Bob"))
        world.run()
        assert world.people("name") == [("Ann",), ("Bob",)]


def test_the_same_at_a_target_in_one_direction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_a_view_that_shows_nothing(monkeypatch)
    with World(tmp_path, module=[MATCH, "view: { desk: \"saved('few')\" }"], lines=ONE_WAY) as world:
        world.desk.put("clients", client("Ann"))
        for name in ("Ann", "Bob"):
            world.shop.put("people", person(name))
        world.run()
        assert world.clients("label") == [("Ann",), ("Bob",)]
        assert {row.code for row in world.held().values()} == {"twin-outside-view"}
