"""Confinement: the child's side of `confined`, which limits itself before it looks at a stranger's file."""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any

from engine.spec.confined import to_json
from engine.spec.diagnostic import Diagnostic, Span

CPU_S = 5  #: seconds of computing for one file
#: Address space of the child: a database that tries a conversion takes up much of it, and uses little.
MEMORY_BYTES = 1024 * 1024 * 1024

#: What no check of a spec ever needs; the names are those of Python's audit events.
_REFUSED = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.kill",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "os.chmod",
    "os.chown",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.symlink",
    "os.truncate",
    "os.utime",
    "shutil.",
    "ftplib.",
    "http.client.",
    "smtplib.",
    "urllib.Request",
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def serve(function: str) -> None:
    """Answer file names on standard input with findings on standard output, one line each, until it ends."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # whatever a library prints must not be taken for an answer
    sys.addaudithook(_refuse)
    _limit_memory()
    module, _, name = function.partition(":")
    check = getattr(importlib.import_module(module), name)
    for line in sys.stdin:
        _limit_cpu()
        print(json.dumps(_findings(check, json.loads(line))), file=answers, flush=True)


def _findings(check: Any, file: str) -> list[dict[str, Any]]:
    try:
        return [to_json(found) for found in check(file)]
    except (MemoryError, RecursionError):
        raise SystemExit(1) from None  # the parent tells it as too costly; this process is no longer sound
    except Exception as wrong:  # noqa: BLE001 - a defect of ours is a finding here, and never hides other files
        return [to_json(_defect(file, wrong))]


def _defect(file: str, wrong: Exception) -> Diagnostic:
    return Diagnostic(
        severity="error",
        code="engine-defect",
        message=f"The engine itself failed on this file: {type(wrong).__name__}: {wrong}.",
        span=Span(file=file, line=1, column=1, end_line=1, end_column=2),
        hint="this is a defect of the engine, please report it with the file",
    )


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    """Raise for whatever would reach beyond reading; Python calls this for each audit event."""
    if event == "open":
        _, mode, flags = args
        writes = any(letter in mode for letter in "wax+") if isinstance(mode, str) else False
        if writes or (isinstance(flags, int) and flags & _WRITING):
            raise PermissionError("a check may not write")
    elif event.startswith(_REFUSED):
        raise PermissionError(f"a check may not use {event}")


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the clock in the parent still holds
        return
    _set(resource.RLIMIT_AS, MEMORY_BYTES)
    for limit in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NPROC):
        _set(limit, 0)


def _limit_cpu() -> None:
    """Give the next file its own seconds, on top of those already used."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + CPU_S
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _set(limit: int, most: int) -> None:
    """Lower a limit for good; a system that has set a lower one already keeps it."""
    import resource

    hard = resource.getrlimit(limit)[1]
    least = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(limit, (least, least))
