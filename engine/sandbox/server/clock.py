"""The sandbox's own time: the computer's, moved forward by command, shown as each product writes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: The company's first working day: Monday 2 November 2026, 08:00 UTC. Everything seeded is older.
START = int(datetime(2026, 11, 2, 8, tzinfo=UTC).timestamp())

DAY_S = 24 * 3600


class Clock:
    """Seconds since the epoch, ahead of the computer by an offset that only grows."""

    def __init__(self, source: Callable[[], float], *, offset_s: float = 0) -> None:
        self._source = source
        #: How far the sandbox is ahead of the computer.
        self.offset_s = offset_s

    def now(self) -> float:
        """The present moment."""
        return self._source() + self.offset_s

    def advance(self, seconds: float) -> float:
        """Move on by so many seconds; gives the new present."""
        self.offset_s += seconds
        return self.now()

    def set_out(self) -> None:
        """Begin anew: with the computer's time, or with the company's first day if that is still to come."""
        self.offset_s = max(0.0, START - self._source())


def _last_sunday_01_utc(year: int, month: int) -> float:
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return (last - timedelta(days=(last.weekday() + 1) % 7)).timestamp()


def offset_at(at: float) -> timedelta:
    """Central European time, computed by rule: a slim container has no zone database."""
    year = datetime.fromtimestamp(at, UTC).year
    summer = _last_sunday_01_utc(year, 3) <= at < _last_sunday_01_utc(year, 10)
    return timedelta(hours=2 if summer else 1)


@lru_cache(maxsize=16384)
def crm_time(at: int) -> str:
    """As CRM shows an instant: `2026-11-02T10:00:00+01:00`."""
    return datetime.fromtimestamp(at, timezone(offset_at(at))).isoformat()


@lru_cache(maxsize=16384)
def books_time(at: int) -> str:
    """As Books shows an instant: `2026-11-02T10:00:00+0100`."""
    return datetime.fromtimestamp(at, timezone(offset_at(at))).strftime("%Y-%m-%dT%H:%M:%S%z")


def parse_time(text: str) -> float | None:
    """Epoch seconds of an ISO 8601 instant with an offset; None = it is not one."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment.timestamp()
