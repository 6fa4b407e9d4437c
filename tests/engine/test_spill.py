"""What a run's tables do when they outgrow memory."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from engine.errors import UserError
from engine.run.session import columns, spill
from engine.run.session.columns import Session
from engine.run.session.spill import spill_folder

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2026, 11, 22)
#: Some 40 MB that do not compress.
LARGE = "SELECT range AS nr, sha256(range::VARCHAR) AS text FROM range(500_000)"


@pytest.fixture
def small_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "MEMORY", "24MB")
    monkeypatch.setattr(columns, "THREADS", 1)


@pytest.mark.usefixtures("small_memory")
def test_what_memory_cannot_hold_goes_to_a_private_folder_and_is_gone_afterwards(tmp_path: Path) -> None:
    """It does so although the session may not touch files otherwise."""
    session = Session(DAY, spill_folder(tmp_path))
    session.run(f"CREATE TABLE large AS {LARGE}")
    private = tmp_path / "spill"
    assert [file for place in private.iterdir() for file in place.iterdir()]
    assert private.stat().st_mode & 0o077 == 0
    assert session.one("SELECT count(DISTINCT text) FROM large") == 500_000
    session.close()
    assert not list(private.iterdir())


@pytest.mark.usefixtures("small_memory")
def test_without_a_place_to_go_to_it_says_what_to_do(tmp_path: Path) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("not a folder")
    session = Session(DAY, blocked / "spill")
    with pytest.raises(UserError) as told:
        session.run(f"CREATE TABLE large AS {LARGE}")
    assert "Free disk space" in (told.value.remedy or "")
    session.close()


def test_what_a_killed_run_left_is_removed_by_the_next_one_and_what_is_in_use_stays(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], check=True, capture_output=True, text=True
    )
    left, used = (tmp_path / "spill" / f"{pid}-aa" for pid in (ended.stdout.strip(), os.getpid()))
    for place in (left, used):
        place.mkdir(parents=True)
        (place / "rows.tmp").write_text("business records")
    spill_folder(tmp_path)
    assert [place.exists() for place in (left, used)] == [False, True]


def test_where_no_process_can_be_asked_nothing_is_ended_and_nothing_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spill, "_CAN_ASK", False)
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("on Windows this ends the process"))
    left = tmp_path / "spill" / "123456-aa"
    left.mkdir(parents=True)
    spill_folder(tmp_path)
    assert left.exists()


def test_a_session_that_stayed_small_is_used_again_and_nothing_of_the_last_run_is_in_it(
    tmp_path: Path,
) -> None:
    """Not its tables, not those that all passes see, not its date; another folder gets a session of its own."""
    first = Session(DAY, spill_folder(tmp_path))
    inner = first._connection
    first.of_pass("left").run("CREATE TABLE staged AS SELECT 'a secret' AS text")
    first.share("all_links", pa.table({"id": ["a secret"]}))
    first.close()
    again = Session(date(2026, 11, 23), spill_folder(tmp_path))
    assert again._connection is inner
    assert again.rows("SELECT table_name FROM duckdb_tables()") == []
    mine = again.of_pass("left")
    mine.add("staged", "SELECT 1 AS number")
    assert mine.one("SELECT number FROM staged") == 1
    assert {str(one.one(f"SELECT {columns.TODAY}")) for one in (again, mine)} == {"2026-11-23"}
    again.close()
    elsewhere = Session(DAY, spill_folder(tmp_path / "elsewhere"))
    assert elsewhere._connection is not inner
    elsewhere.close()
