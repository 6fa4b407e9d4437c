"""Rate limit: keeps requests within the rate that a system allows, in a moving minute; learns from its answers."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import TYPE_CHECKING

from engine.connectors.port import Budget, Surroundings
from engine.errors import TemporaryError
from engine.event import Waiting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.connectors.http.description.api import RateLimits

MINUTE_S = 60.0
#: Long waits are slept in pieces, so that they can be ended.
NAP_S = 5.0
#: Waits shorter than this are nobody's business.
WORTH_TELLING_S = 1.0


class RateLimiter:
    """The rate budget of one connector. Safe to use from several threads."""

    def __init__(self, limits: RateLimits, surroundings: Surroundings, name: str) -> None:
        self._limits = limits
        self._surroundings = surroundings
        self._name = name
        self._lock = Lock()
        self._per_minute = limits.per_minute
        self._sent: deque[float] = deque()
        self._by_path: dict[str, deque[float]] = {}
        self._closed_until = 0.0
        self._told_until = 0.0
        self._credits_left: int | None = None
        self._stopped = False

    def stop(self) -> None:
        """End every wait, of all threads: a person wants the run to end. Nothing is sent any more."""
        self._stopped = True

    def budget(self) -> Budget:
        """The rate that is known at the moment."""
        path = self._limits.per_path
        known = int(path.requests * MINUTE_S / path.window_s) if path else None
        return Budget(per_minute=self._per_minute or known)

    def await_turn(self, pattern: str = "") -> None:
        """Wait until a request may be sent, and count it; `pattern` = method and path as the file writes them.

        Raises TemporaryError once the day is spent.
        """
        while (wait_s := self._reserve(pattern)) > 0:
            self.wait(wait_s, "its limit of requests is used up for the moment")
        self._refuse_if_stopped()

    def wait(self, seconds: float, why: str) -> None:
        """Sleep, and tell it when it is long enough to be noticed."""
        until = self._surroundings.clock() + seconds
        if seconds > WORTH_TELLING_S and until > self._told_until + WORTH_TELLING_S:
            self._told_until = until
            self._surroundings.emit(Waiting(system=self._name, seconds=seconds, why=why))
        while seconds > 0:
            self._refuse_if_stopped()
            self._surroundings.sleep(min(seconds, NAP_S))
            seconds -= NAP_S

    def _refuse_if_stopped(self) -> None:
        if self._stopped:
            raise TemporaryError(f"The run was ended before {self._name} could be asked.")

    def _reserve(self, pattern: str) -> float:
        """Take a place in the moving windows and return 0, or return the seconds until one is free."""
        with self._lock:
            if self._credits_left == 0:
                self._credits_left = None  # asked again next time: the day moves on
                raise TemporaryError(
                    f"The API credits of {self._name} are used up for the last 24 hours.",
                    remedy="They come back bit by bit over the day; run again later.",
                )
            now = self._surroundings.clock()
            if now < self._closed_until:
                return self._closed_until - now
            path, of_path = self._limits.per_path, self._by_path.setdefault(pattern, deque())
            wait_s = _until_free(self._sent, self._per_minute, MINUTE_S, now)
            if path is not None:
                wait_s = max(wait_s, _until_free(of_path, path.requests, path.window_s, now))
            if wait_s > 0:
                return wait_s
            self._sent.append(now)
            of_path.append(now)
            return 0.0

    def close(self, seconds: float) -> None:
        """Send nothing for so long, from any thread: the system has asked one of them to wait."""
        with self._lock:
            self._closed_until = max(self._closed_until, self._surroundings.clock() + seconds)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take over what an answer's headers say about limits: they count other clients too."""
        limit = _number(headers, self._limits.limit)
        remaining = _number(headers, self._limits.remaining)
        reset_s = _number(headers, self._limits.reset_s)
        left = _number(headers, self._limits.credits_left)
        with self._lock:
            if limit:
                self._per_minute = limit
            if remaining == 0 and reset_s:
                self._closed_until = self._surroundings.clock() + min(reset_s, MINUTE_S)
            if left is not None:
                self._credits_left = left


def _until_free(sent: deque[float], most: int | None, window_s: float, now: float) -> float:
    """Seconds until a moving window has room; it forgets what has left it."""
    while sent and sent[0] <= now - window_s:
        sent.popleft()
    return sent[0] + window_s - now if most is not None and len(sent) >= most else 0.0


def _number(headers: Mapping[str, str], name: str | None) -> int | None:
    text = headers.get(name.lower(), "") if name else ""
    return int(text) if text.isdecimal() else None
