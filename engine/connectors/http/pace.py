"""Pace: keeps requests within the rate that a system allows, in a moving minute; learns from its answers."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import TYPE_CHECKING

from engine.connectors.port import Budget, Surroundings
from engine.errors import TemporaryError
from engine.event import Waiting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.connectors.http.description import Limits

MINUTE_S = 60.0
#: Long waits are slept in pieces, so that they can be ended.
NAP_S = 5.0
#: Waits shorter than this are nobody's business.
WORTH_TELLING_S = 1.0


class Pace:
    """The rate budget of one connector. Safe to use from several threads."""

    def __init__(self, limits: Limits, surroundings: Surroundings, name: str) -> None:
        self._limits = limits
        self._surroundings = surroundings
        self._name = name
        self._lock = Lock()
        self._per_minute = limits.per_minute
        self._sent: deque[float] = deque()
        self._closed_until = 0.0
        self._told_until = 0.0
        self._credits_left: int | None = None
        self._stopped = False

    def stop(self) -> None:
        """End every wait, of all threads: a person wants the run to end. Nothing is sent any more."""
        self._stopped = True

    def budget(self) -> Budget:
        """The rate that is known at the moment."""
        return Budget(per_minute=self._per_minute)

    def await_turn(self) -> None:
        """Wait until a request may be sent, and count it. Raises TemporaryError once the day is spent."""
        while (wait_s := self._reserve()) > 0:
            self.wait(wait_s, "its limit of requests a minute is used up")
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

    def _reserve(self) -> float:
        """Take a place in the moving minute and return 0, or return the seconds until one is free."""
        with self._lock:
            if self._credits_left == 0:
                self._credits_left = None  # asked again next time: the day moves on
                raise TemporaryError(
                    f"The API credits of {self._name} are used up for the last 24 hours.",
                    remedy="They come back bit by bit over the day; run again later.",
                )
            now = self._surroundings.clock()
            while self._sent and self._sent[0] <= now - MINUTE_S:
                self._sent.popleft()
            if now < self._closed_until:
                return self._closed_until - now
            if self._per_minute is not None and len(self._sent) >= self._per_minute:
                return self._sent[0] + MINUTE_S - now
            self._sent.append(now)
            return 0.0

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


def _number(headers: Mapping[str, str], name: str | None) -> int | None:
    text = headers.get(name.lower(), "") if name else ""
    return int(text) if text.isdecimal() else None
