"""docs/integrations/: the walk-through of each integration runs in a shell as written, and shows what it says."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from patience import LONGEST_S, eventually
from places import ROOT

PAGES = sorted((ROOT / "docs" / "integrations").glob("*.md"))
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)
#: The port on the pages; a test takes a free one instead.
PORT = "8765"


@dataclass(frozen=True, kw_only=True)
class Command:
    """A line behind `$`, the exit code that a comment behind it names, and lines that it must print."""

    line: str
    code: int
    shown: tuple[str, ...]


def commands(page: str) -> list[Command]:
    """What the console blocks of a page say, in their order."""
    found: list[Command] = []
    for block in CONSOLE.findall(page):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, *shown = part.replace("\\\n", "").splitlines()
            code = re.search(r"# exit (\d+)", line)
            found.append(Command(line=line, code=int(code[1]) if code else 0, shown=tuple(shown)))
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the shipped specs, as on a fresh clone."""
    for name in ("specs", "mappings"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def port() -> str:
    """A port on which nothing is served."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_walk_through_runs_as_written(page: Path, folder: Path, port: str) -> None:
    first, *rest = commands(page.read_text(encoding="utf-8"))
    assert first.line == f"engine sandbox --port {PORT} &", "a walk-through begins with a sandbox of its own"
    with _serving(first.line.replace(PORT, port).removesuffix("&"), folder, port):
        for command in rest:
            done = _shell(command.line.replace(PORT, port), folder)
            printed = done.stdout + done.stderr
            assert done.returncode == command.code, f"$ {command.line}\n{printed}"
            missing = [line for line in command.shown if _words(line) not in _words(printed)]
            assert not missing, f"$ {command.line}\n{printed}\nlacks {missing}"


def _words(text: str) -> str:
    """Text without the widths of its columns."""
    return " ".join(text.split())


def _shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )


def _environment() -> dict[str, str]:
    """`engine` is that of this interpreter."""
    return os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "160"}


class _serving:  # noqa: N801 - used as a context manager, like a function
    """A sandbox that runs while the block lasts."""

    def __init__(self, line: str, folder: Path, port: str) -> None:
        self._process = subprocess.Popen(
            ["bash", "-c", f"exec {line}"],
            cwd=folder,
            env=_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert eventually(lambda: self._process.poll() is not None or self._answers(port))
        assert self._process.poll() is None, "the sandbox has ended"

    @staticmethod
    def _answers(port: str) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/_sandbox/connect").is_success
        except httpx.TransportError:
            return False

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exc: object) -> None:
        self._process.terminate()
        self._process.wait(LONGEST_S)
