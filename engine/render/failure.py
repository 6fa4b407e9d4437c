"""Errors for a person: one sentence about what happened, one about what to try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import StoppedError
from engine.exit_codes import ExitCode
from engine.render.text import as_json, printable

if TYPE_CHECKING:
    from engine.errors import EngineError


def failure_text(error: EngineError) -> str:
    """The message, and the remedy behind `Try:`; line ends that the engine wrote itself are kept.

    An interruption that was asked for is no error: it is told in plain sentences.
    """
    first, second = ("", "") if error.exit_code is ExitCode.INTERRUPTED else ("Error: ", "Try: ")
    lines = [f"{first}{_lines(error.message)}"]
    lines += [f"{second}{_lines(error.remedy)}"] if error.remedy else []
    return "".join(f"{line}\n" for line in lines)


def _lines(text: str) -> str:
    return "\n".join(printable(line) for line in text.split("\n"))


def failure_json(error: EngineError) -> str:
    """The same as one object."""
    body: dict[str, object] = {
        "kind": type(error).__name__,
        "message": error.message,
        "remedy": error.remedy,
        "exit_code": error.exit_code,
    }
    if isinstance(error, StoppedError):
        body["accept"] = list(error.codes)
    return as_json({"error": body})
