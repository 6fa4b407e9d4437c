"""History: how a run is named, who holds it, and what is kept of how it ended."""

from __future__ import annotations

import os
import secrets
import socket
from typing import TYPE_CHECKING

from engine.errors import EngineError, TemporaryError, UserError
from engine.run.session.sync_pass import StopAskedError

if TYPE_CHECKING:
    from engine.ledger import RunOutcome
    from engine.run.session.ledger_writer import Clock


def holder() -> str:
    """Who holds a lease, in words that help a person find the process."""
    return f"process {os.getpid()} on {socket.gethostname()}"


def run_id(clock: Clock) -> str:
    """Sorts by time, and never twice the same: 40 random bits tell the runs of one second apart, on all machines."""
    return clock.now().strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(5)


def outcome_of(error: BaseException) -> RunOutcome:
    """How a run ended that an error has ended."""
    if isinstance(error, (StopAskedError, KeyboardInterrupt)):
        return "interrupted"
    if isinstance(error, EngineError) and not isinstance(error, (UserError, TemporaryError)):
        return "stopped"
    return "parked" if isinstance(error, TemporaryError) else "failed"


def sentence_of(error: BaseException) -> str:
    """Why."""
    return error.message if isinstance(error, EngineError) else f"{type(error).__name__}: {error}"
