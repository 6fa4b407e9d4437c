"""docs/first-steps.md does what it says: its files are written, its commands run, its output appears."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from click.testing import CliRunner
from places import ROOT

from engine.cli import engine

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PAGE = (ROOT / "docs" / "first-steps.md").read_text(encoding="utf-8")
FILE = re.compile(r"`([\w./-]+)`:\n```\w+\n(.*?)```", re.DOTALL)
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)


def test_first_steps_run_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in FILE.findall(PAGE):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    shown = ""
    commands = 0
    for line in "".join(CONSOLE.findall(PAGE)).splitlines():
        if line.startswith("$ "):
            shown = _run(line.removeprefix("$ engine "))
            commands += 1
        else:
            assert line in shown
    assert commands == 7


def _run(command: str) -> str:
    result = CliRunner().invoke(engine, shlex.split(command))
    assert result.exit_code == 0, result.output
    return result.output
