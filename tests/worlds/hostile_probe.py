"""A check for the confined child that also tells what it cost: the last finding is the measurement."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from engine.compiler import check_file
from engine.spec import confinement
from engine.spec.diagnostic import Diagnostic, Span

STATUS = Path("/proc/self/status")


def measured(file: str) -> tuple[Diagnostic, ...]:
    """The findings of a file, and a note with the seconds of computing and the most memory (KiB) so far."""
    before = time.process_time()
    found = check_file(file)
    spent = time.process_time() - before
    span = Span(file=file, line=10**9, column=1, end_line=10**9, end_column=2)
    note = Diagnostic(severity="note", code="measured", message=f"{spent} {_peak_kib()}", span=span)
    return (*found, note)


def dies(file: str) -> tuple[Diagnostic, ...]:
    """Ends its process as a fault in a library would, unless the file's name is a harmless one."""
    if "harmless" not in file:
        os.abort()
    return check_file(file)


def busy(file: str) -> tuple[Diagnostic, ...]:
    """Computes for ever, unless the file's name is a harmless one: after that the next one gets a second."""
    confinement.CPU_S = 0
    while "harmless" not in file:
        pass
    return ()


def greedy(file: str) -> tuple[Diagnostic, ...]:
    """Asks for more memory than it may have."""
    return check_file(file + "x" * 10**9)


def reaches_out(file: str) -> tuple[Diagnostic, ...]:
    """Tries everything that is forbidden; a finding names each thing that was possible."""
    attempts = {
        "socket": lambda: socket.socket().close(),
        "program": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
        "shell": lambda: os.system("true"),
        "fork": os.fork,
        "write": lambda: Path(file).with_suffix(".written").write_text("x", encoding="utf-8"),
        "low-level write": lambda: os.open(file, os.O_RDWR),
        "remove": lambda: Path(file).unlink(),
        "secret": lambda: os.environ["ENGINE_TEST_SECRET"],
    }
    span = Span(file=file, line=1, column=1, end_line=1, end_column=2)
    possible = [name for name, attempt in attempts.items() if _succeeds(attempt)]
    return tuple(Diagnostic(severity="error", code="possible", message=name, span=span) for name in possible)


def _succeeds(attempt: object) -> bool:
    assert callable(attempt)
    try:
        attempt()
    except (OSError, KeyError):
        return False
    return True


def _peak_kib() -> int:
    if STATUS.exists():  # counted anew for each program, unlike ru_maxrss, which starts from the parent's
        line = next(line for line in STATUS.read_text("ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1])
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
