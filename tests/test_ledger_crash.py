"""A process that is killed leaves a ledger that is whole, and that the next run can take over at once."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import ledger_child as child

from engine.ledger import open_ledger

if TYPE_CHECKING:
    from pathlib import Path


def killed(path: Path, task: str, after_s: float) -> None:
    """Let a child work on the ledger and kill it after a while."""
    command = [sys.executable, child.__file__, str(path), task]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(after_s)
        process.kill()


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_a_settlement_is_stored_whole_or_not_at_all_wherever_the_process_is_killed(tmp_path: Path) -> None:
    """XX-03: every link has a base, and an intent is done exactly if all its links are there."""
    path = tmp_path / "ledger.db"
    chance = random.Random(20260301)
    for _ in range(4):
        killed(path, "settles", chance.uniform(0.05, 0.5))
    stored = dict(rows(path, "SELECT CAST(left_id AS INTEGER), count(*) FROM links GROUP BY 1"))
    done = {number for (number,) in rows(path, "SELECT id FROM intents WHERE state = 'done'")}
    assert len(done) > 10
    assert set(stored) == done
    assert all(stored[number] == child.batch(number).num_rows for number in done)
    assert rows(path, "SELECT count(*) FROM links WHERE id NOT IN (SELECT link_id FROM bases)") == [(0,)]
    assert rows(path, "SELECT count(*) FROM bases WHERE link_id NOT IN (SELECT id FROM links)") == [(0,)]
    with open_ledger(path) as ledger:
        assert {intent.id for intent in ledger.pending_intents("i")}.isdisjoint(done)


def test_indexes_are_built_by_the_next_run_if_the_first_load_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    killed(path, "loads", 0.6)
    indexes = "SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'links%' ORDER BY 1"
    assert rows(path, indexes) == []
    with open_ledger(path) as ledger:
        lease = ledger.take_lease("i", "the next run", child.NOW, ttl_s=60)
        assert lease.epoch == 2
        assert ledger.links_table("i", "m").num_rows > 0
    assert rows(path, indexes) == [("links_left",), ("links_right",)]
