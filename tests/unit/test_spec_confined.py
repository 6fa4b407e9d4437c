"""A confined child reads and answers; it cannot reach out, and it cannot make its parent wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner
from places import CASES

from engine.cli import engine
from engine.errors import TemporaryError
from engine.spec import confined as confining
from engine.spec.confined import confined
from engine.spec.read import check_file

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

HERE = CASES / "bad-specs"


def test_a_confined_check_finds_what_a_free_one_finds() -> None:
    files = [str(HERE / name) for name in ("key-twice.yaml", "wrong-choice.yaml")]
    free = [found for file in files for found in check_file(file)]
    assert list(confined("engine.spec.read:check_file", files)) == free


def test_a_confined_check_reaches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No socket, no program, no new or changed file, no environment."""
    monkeypatch.setenv("ENGINE_TEST_SECRET", "hunter2")
    file = tmp_path / "spec.yaml"
    file.write_text("spec: 1", encoding="utf-8")
    assert confined("hostile_probe:reaches_out", [str(file)]) == ()
    assert list(tmp_path.iterdir()) == [file]


def test_a_child_that_gets_no_computing_time_is_the_machine_s_trouble(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The clock holds nothing against the file: the command is to be tried again, exit 5."""
    monkeypatch.setattr(confining, "WALL_S", 0.05)
    monkeypatch.setattr(confining, "_CHILD", "import time; time.sleep(600)")
    ended = CliRunner().invoke(engine, ["validate", str(HERE / "key-twice.yaml")])
    assert ended.exit_code == TemporaryError.exit_code
    assert "the machine is busy" in ended.stderr
    assert "key-twice.yaml" in ended.stderr


def test_a_child_that_dies_is_one_finding_and_the_next_file_is_still_checked() -> None:
    """The blame falls on the file that was being read, and on no other."""
    harmless = HERE / "harmless.yaml"
    found = confined("hostile_probe:dies", ["deadly.yaml", str(harmless)])
    assert [(one.code, one.span.file) for one in found] == [
        ("unreadable-file", str(harmless)),
        ("too-costly", "deadly.yaml"),
    ]


def test_a_child_that_asks_for_too_much_memory_is_one_finding() -> None:
    assert [one.code for one in confined("hostile_probe:greedy", ["spec.yaml"])] == ["too-costly"]


def test_a_defect_of_the_engine_is_a_finding_that_says_so() -> None:
    """It never looks like the author's mistake, and never hides the other files."""
    found = confined("engine.spec.confinement:serve", ["spec.yaml"])
    assert [one.code for one in found] == ["engine-defect"]


def test_a_child_that_computes_for_ever_is_stopped_by_its_own_limit() -> None:
    found = confined("hostile_probe:busy", ["harmless.yaml", "busy.yaml"])
    assert [(one.code, one.span.file) for one in found] == [("too-costly", "busy.yaml")]
    assert "computing time" in found[0].message
