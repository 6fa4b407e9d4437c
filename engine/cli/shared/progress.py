"""Tells on stderr how a run comes along: live bars on a terminal, plain lines now and then elsewhere."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.cli.shared.output import say
from engine.render.progress import Progress, news_line, progress_line, waiting_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from engine.event import Event, Listener

EVERY_S = 5.0  #: between two plain lines


@contextmanager
def show_progress() -> Iterator[Listener]:
    """A listener that shows progress where somebody looks, and logs it where nobody does."""
    looked_at = sys.stderr.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"
    if not looked_at:
        yield PlainLines().hear
        return
    with _bars() as bars:
        yield LiveBars(bars).hear


class PlainLines:
    """News at once, sums every few seconds."""

    def __init__(self) -> None:
        self._progress = Progress()
        self._last = time.monotonic()

    def hear(self, event: Event) -> None:
        """Take in one event and print what is due."""
        now = time.monotonic()
        self._progress.hear(event, now)
        news = news_line(event)
        if news:
            say(news)
        current = self._progress.current
        if current and now - self._last >= EVERY_S:
            self._last = now
            say(progress_line(current, now))


def _bars() -> Bars:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars

    text = TextColumn("{task.description}", markup=False)
    # Gone when the run ends: what stays on the screen is the table of results.
    return Bars(BarColumn(bar_width=24), text, console=Console(stderr=True), transient=True)


class LiveBars:
    """One bar a module; it pulses while the total is unknown."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._progress = Progress()
        self._tasks: dict[str, TaskID] = {}

    def hear(self, event: Event) -> None:
        """Take in one event and update the bar of its module."""
        now = time.monotonic()
        self._progress.hear(event, now)
        news = news_line(event)
        if news and self._progress.waiting is None:
            self._bars.console.print(news, markup=False, highlight=False)
        current = self._progress.current
        if current is None:
            return
        waiting = self._progress.waiting
        line = progress_line(current, now) + (f"; {waiting_line(waiting)}" if waiting else "")
        task = self._tasks.get(current.name)
        if task is None:
            task = self._tasks[current.name] = self._bars.add_task(line, total=None)
        total = None if current.push_started is None else current.writes
        self._bars.update(task, description=line, total=total, completed=current.written + current.held)
