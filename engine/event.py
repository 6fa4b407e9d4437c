"""Events: frozen facts that a run tells while it works; the terminal and the tests listen to the same stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.record import Held, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A run has taken its lease and begins."""

    run: str
    integration: str
    modules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleStarted:
    """A module begins."""

    module: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRead:
    """A page of records has arrived."""

    module: str
    side: Side
    records: int  #: in this page


@dataclass(frozen=True, slots=True, kw_only=True)
class PushPlanned:
    """The run knows how many writes the module needs."""

    module: str
    writes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSettled:
    """A batch was written and remembered."""

    module: str
    side: Side
    writes: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordHeld:
    """A record could not be synced now."""

    module: str
    held: Held


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A system asked for patience, or its rate budget is used up for the moment."""

    system: str
    seconds: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something a person may want to know; nothing has to be done."""

    message: str
    module: str | None = None  #: None = about the whole run


Event = RunStarted | ModuleStarted | PageRead | PushPlanned | BatchSettled | RecordHeld | Waiting | Noted
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """A listener for callers that want no news."""
    del event
