"""Confined: look at strangers' files in a process of its own: no secrets, no network, no right to write.

`confined("engine.spec.read:check_file", files)` runs the function for one file after the other in a fresh
interpreter with an empty environment. The child takes its limits itself before it looks at anything: seconds
of computing per file, memory, no new files, no new processes; an audit hook refuses sockets, programs and
writing. What it finds comes back as JSON, one line a file. A child that dies becomes one finding for the file it
was reading, and a new child goes on with the next. Only computing time is held against a file: a child that has
not answered after minutes on the clock was not given the processor, which is no finding but a temporary failure.

A fresh interpreter rather than a fork: the parent's memory may hold credentials, its threads may hold locks,
and the libraries it has loaded may already fill the address space that the child is allowed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict
from typing import IO, TYPE_CHECKING, Any

from engine.errors import TemporaryError
from engine.spec.diagnostic import Diagnostic, Span
from engine.spec.report import in_order

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

WALL_S = 300.0  #: seconds on the clock for one file: only a machine that is busy with other things needs them
ANSWER_BYTES = 4 * 1024 * 1024  #: what the child may answer for one file

_CHILD = (
    "import sys; sys.path[:] = sys.argv[2:]; from engine.spec.confinement import serve; serve(sys.argv[1])"
)


def confined(function: str, files: Sequence[str]) -> tuple[Diagnostic, ...]:
    """Run `MODULE:NAME`, which takes a file's name and gives its findings, for each file, confined.

    Raises:
        TemporaryError: a file was not answered within `WALL_S`.
    """
    found: list[Diagnostic] = []
    waiting = list(files)
    while waiting:
        with _Child(function) as child:
            while waiting:
                file = waiting.pop(0)
                answer = child.ask(file)
                if child.late.is_set():
                    raise _machine_busy(file)
                if answer is None:
                    found.append(_too_costly(file))
                    break
                found += answer
    return in_order(found)


class _Child:
    """One confined process, asked about one file after the other."""

    def __init__(self, function: str) -> None:
        self.late = threading.Event()  #: set when the clock ended the child
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", _CHILD, function, *_import_path()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.process.kill()
        self.process.communicate()

    def ask(self, file: str) -> list[Diagnostic] | None:
        """The findings of one file; None = the child died or was stopped."""
        stdin, stdout = _pipes(self.process)
        alarm = threading.Timer(WALL_S, self._stop)
        alarm.start()
        try:
            stdin.write(json.dumps(file).encode() + b"\n")
            stdin.flush()
            line = stdout.readline(ANSWER_BYTES)
        except BrokenPipeError:
            return None
        finally:
            alarm.cancel()
        return [_from_json(item) for item in json.loads(line)] if line.endswith(b"\n") else None

    def _stop(self) -> None:
        self.late.set()
        self.process.kill()


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the child was started without pipes")
    return process.stdin, process.stdout


def _import_path() -> list[str]:
    """Where the child finds this very package and its libraries; it takes nothing from the environment."""
    return [os.path.abspath(entry or ".") for entry in sys.path]  # noqa: PTH100 - text in, text out


def _machine_busy(file: str) -> TemporaryError:
    return TemporaryError(
        f"Checking {file} got too little computing time within {WALL_S / 60:.0f} minutes: the machine is busy.",
        remedy="Run the same command again when the machine has less to do.",
    )


def _too_costly(file: str) -> Diagnostic:
    return Diagnostic(
        severity="error",
        code="too-costly",
        message="Checking this file used more memory or computing time than a spec may; the check was stopped.",
        span=Span(file=file, line=1, column=1, end_line=1, end_column=2),
        hint="look for very deep or very long expressions and templates",
    )


def to_json(found: Diagnostic) -> dict[str, Any]:
    """A finding as plain values."""
    return asdict(found)


def _from_json(plain: dict[str, Any]) -> Diagnostic:
    related = tuple(Span(**span) for span in plain.pop("related"))
    return Diagnostic(span=Span(**plain.pop("span")), related=related, **plain)
