"""The exit code of a run: what its outcome means to a script or a scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.exit_codes import ExitCode

if TYPE_CHECKING:
    from engine.run.session.report import RunReport

_OF_OUTCOME = {
    "done": ExitCode.DONE,
    "held": ExitCode.HELD,
    "interrupted": ExitCode.INTERRUPTED,
    "parked": ExitCode.TEMPORARY,
}


def exit_code_of(report: RunReport) -> ExitCode:
    """The exit code of a finished run; a saved changeset that no longer held in full is a stop."""
    if report.applied is not None and report.applied.refused:
        return ExitCode.STOPPED
    return _OF_OUTCOME[report.outcome]
