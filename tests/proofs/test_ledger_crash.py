"""A process that is killed leaves a ledger that is whole, and that the next run can take over at once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import ledger_child as child
from ledger_place import ask, schema_of
from patience import LONGEST_S

from engine.ledger import open_ledger

if TYPE_CHECKING:
    from pathlib import Path


def killed(place: str, task: str, batches: int, after_s: float) -> None:
    """Let a child work on the ledger and kill it a moment after so many batches."""
    command = [sys.executable, child.__file__, place, task]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for _ in range(batches):
            assert process.stdout.readline() == "settled\n"
        time.sleep(after_s)
        process.kill()


def test_a_settlement_is_stored_whole_or_not_at_all_wherever_the_process_is_killed(place: str) -> None:
    """XX-03: every link has a base, and an intent is done exactly if all its links are there."""
    chance = random.Random(20260301)
    for _ in range(2):
        killed(place, "settles", chance.randrange(4, 9), chance.uniform(0, 0.1))
    ids = [left_id for (left_id,) in ask(place, "SELECT left_id FROM links")]
    stored = Counter(int(left_id.partition("/")[0]) for left_id in ids)
    done = {number for (number,) in ask(place, "SELECT id FROM intents WHERE state = 'done'")}
    assert len(done) >= 8
    assert set(stored) == done
    assert all(stored[number] == child.batch(number).num_rows for number in done)
    assert ask(place, "SELECT count(*) FROM links WHERE id NOT IN (SELECT link_id FROM bases)") == [(0,)]
    assert ask(place, "SELECT count(*) FROM bases WHERE link_id NOT IN (SELECT id FROM links)") == [(0,)]
    with open_ledger(place) as ledger:
        assert {intent.id for intent in ledger.pending_intents("i")}.isdisjoint(done)


def link_indexes(place: str) -> list[tuple[str]]:
    if place.startswith("postgresql"):
        named = f"SELECT indexname FROM pg_indexes WHERE schemaname = '{schema_of(place)}'"
        return ask(place, f"{named} AND indexname IN ('links_left', 'links_right') ORDER BY 1")
    named = "SELECT name FROM sqlite_master WHERE type = 'index' AND name IN ('links_left', 'links_right')"
    return ask(place, f"{named} ORDER BY 1")


def test_indexes_are_built_by_the_next_run_if_the_first_load_was_killed(place: str) -> None:
    killed(place, "loads", 3, 0.02)
    assert link_indexes(place) == []
    with open_ledger(place) as ledger:
        lease = ledger.take_lease("i", "the next run", child.NOW, ttl_s=60)
        assert lease.epoch == 2
        assert ledger.links_table("i", "m").num_rows > 0
    assert link_indexes(place) == [("links_left",), ("links_right",)]


def test_of_two_processes_that_fight_for_a_lease_only_one_holds_it_at_a_time(
    place: str, tmp_path: Path
) -> None:
    """Each would fail on the other's flag; every turn has its own number, and none is lost."""
    open_ledger(place).close()
    command = [sys.executable, child.__file__, place, "fights", str(tmp_path / "flag")]
    fighters = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    for fighter in fighters:
        fighter.communicate(timeout=LONGEST_S)
    assert [fighter.returncode for fighter in fighters] == [0, 0]
    assert ask(place, "SELECT epoch FROM lease") == [(8,)]
    assert ask(place, "SELECT count(*) FROM links") == [(8,)]
