"""docs/look-before-you-leap.md does what it says: its files are written, its commands run, its output appears."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from click.testing import CliRunner
from places import ROOT

from engine.cli import engine
from engine.ledger import open_ledger

if TYPE_CHECKING:
    import pytest

PAGE = (ROOT / "docs" / "look-before-you-leap.md").read_text(encoding="utf-8")
FILE = re.compile(r"`([\w./-]+)`:\n```\w+\n(.*?)```", re.DOTALL)
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)


def test_the_page_runs_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in FILE.findall(PAGE):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    shown, commands, run = "", 0, ""
    for line in "".join(CONSOLE.findall(PAGE)).splitlines():
        if line.startswith("$ "):
            run = run if "$RUN" in line and run else _last_run()
            shown = _run(line.removeprefix("$ engine "), run)
            commands += 1
        else:
            assert line in shown, shown
    assert commands == 8


def _last_run() -> str:
    if not Path(".engine/ledger.sqlite").exists():
        return ""
    with open_ledger(".engine/ledger.sqlite", readonly=True) as ledger:
        wrote = [run for run in ledger.runs() if run.counts.get("people", {}).get("created", {}).get("right")]
    return wrote[0].id if wrote else ""


def _run(command: str, run: str) -> str:
    """What the command prints; it ends with the exit code that the page says, or with 0."""
    words, _, code = command.partition(" # exit ")
    result = CliRunner().invoke(engine, shlex.split(words.replace("$RUN", run)))
    assert result.exit_code == int(code or 0), result.output
    return result.output
