"""RunRequest: how somebody asks for a run, a preview or a look: where, with which settings, about what."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from engine.event import Listener, ignore
from engine.ledger.model import LEDGER_FILE
from engine.run.session.sync_pass import Accepted
from engine.run.session.systems import World, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from engine.run.session.aim import Aim


def utc_now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """How somebody asks for a run or a preview."""

    folder: Path  #: where the ledger, tokens and the sandbox live; created if it is missing
    overrides: Mapping[str, Mapping[str, Any]]  #: system -> settings that replace those of the spec
    ledger: str | None = None  #: URL or path; None = a file in the folder
    accepted: Accepted = field(default_factory=Accepted)  #: what a person has agreed to
    whole: bool = False  #: True = read everything again, whatever the cursors say
    aim: Aim | None = None  #: what it is about; None = everything
    listen: Listener = ignore
    stop: Callable[[], bool] = lambda: False
    now: Callable[[], datetime] = utc_now

    @property
    def ledger_url(self) -> str:
        """Where the ledger is."""
        return self.ledger or str(self.folder / LEDGER_FILE)

    def world(self) -> World:
        """What connectors may use."""
        return World(
            folder=self.folder, environment=environment(), overrides=self.overrides, listen=self.listen
        )
