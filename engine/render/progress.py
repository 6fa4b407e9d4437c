"""How far a run has come: a small sum of its events, and the line that says it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.event import BatchSettled, ModuleStarted, Noted, PageRead, PushPlanned, RunStarted, Waiting
from engine.render.text import count, duration, printable

if TYPE_CHECKING:
    from engine.event import Event


@dataclass(slots=True, kw_only=True)
class ModuleProgress:
    """One module under way; times are seconds of the caller's clock."""

    name: str
    started: float
    read: int = 0
    push_started: float | None = None  #: None = still reading
    writes: int = 0  #: planned
    written: int = 0
    held: int = 0


@dataclass(slots=True, kw_only=True)
class Progress:
    """Everything heard so far."""

    modules: dict[str, ModuleProgress] = field(default_factory=dict)
    waiting: Waiting | None = None  #: the last event, if it was a wait
    since: float = 0.0  #: when that wait began

    def hear(self, event: Event, now: float) -> None:
        """Add one event that happened at `now`."""
        self.waiting, self.since = (event, now) if isinstance(event, Waiting) else (None, self.since)
        match event:
            case ModuleStarted():
                self._module(event.module, now)
            case PageRead():
                self._module(event.module, now).read += event.records
            case PushPlanned():
                module = self._module(event.module, now)
                module.push_started, module.writes = now, event.writes
            case BatchSettled():
                module = self._module(event.module, now)
                module.written += event.writes
                module.held += event.held
            case _:
                pass  # the others say nothing about how far a module has come

    @property
    def current(self) -> ModuleProgress | None:
        """The module that started last."""
        return next(reversed(self.modules.values()), None)

    def _module(self, name: str, now: float) -> ModuleProgress:
        return self.modules.setdefault(name, ModuleProgress(name=name, started=now))


def progress_line(module: ModuleProgress, now: float) -> str:
    """`customers: 320 read (1,600/s)` or `customers: 150 of 274 written (42/s, 3 s left), 2 held`."""
    if module.push_started is None:
        return f"{module.name}: {module.read:,} read{_rate(module.read, now - module.started)}"
    passed = now - module.push_started
    handled = module.written + module.held
    left = _left(module.writes - handled, handled, passed)
    held = f", {module.held:,} held" if module.held else ""
    rate = _rate(module.written, passed, left)
    return f"{module.name}: {module.written:,} of {module.writes:,} written{rate}{held}"


def _rate(done: int, seconds: float, left: str = "") -> str:
    return f" ({done / seconds:,.0f}/s{left})" if done and seconds >= 1 else ""


def _left(rest: int, done: int, seconds: float) -> str:
    return f", {duration(rest * seconds / done)} left" if done and rest > 0 else ""


def waiting_line(waiting: Waiting) -> str:
    """Which system makes us wait, how long and why."""
    return f"waiting {duration(waiting.seconds)} for {printable(waiting.system)}: {printable(waiting.why)}"


def news_line(event: Event) -> str | None:
    """What deserves a line of its own in a log; None = only the sum matters."""
    match event:
        case RunStarted():
            return f"run {event.run} of {event.integration}: {count(len(event.modules), 'module')}"
        case Noted():
            about = f"{event.module}: " if event.module else ""
            return f"{about}{printable(event.message)}"
        case Waiting() if event.seconds >= 2:  # noqa: PLR2004 - a shorter wait is nobody's news
            return waiting_line(event)
        case _:
            return None
