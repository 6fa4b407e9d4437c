"""The exit codes of the `engine` command: one number for each thing that a caller would do next."""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class ExitCode(IntEnum):
    """What a script or a scheduler is told; `engine --help` prints the list."""

    meaning: str

    def __new__(cls, number: int, meaning: str) -> Self:
        """A number with what it means."""
        code = int.__new__(cls, number)
        code._value_ = number
        code.meaning = meaning
        return code

    DONE = 0, "done"
    FAILED = 1, "findings or failure"
    USAGE = 2, "wrong usage"
    CHANGES = 3, "changes pending, with --detailed-exitcode"
    HELD = 4, "finished, but records are held"
    TEMPORARY = 5, "temporary failure: retry later"
    STOPPED = 6, "stopped: confirmation required"
    LOCKED = 7, "locked, paused or disabled"
    INTERRUPTED = 130, "interrupted"
