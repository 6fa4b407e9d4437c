"""Retry and wait: when a request is tried again, and after how long: 429 becomes a wait, 503 a back-off."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tenacity

    from engine.connectors.http.send.rate_limit import RateLimiter
    from engine.connectors.http.send.request import ApiReply
    from engine.connectors.port import Surroundings

#: Tries of one request while the system cannot be reached or fails.
TRIES = 5
#: Seconds that one request may wait in all while the system asks for patience.
PATIENCE_S = 300.0
#: A 429 without a hint: pure random waits would burn every try against a quota of a minute.
FLOOR_S = 5.0
LONGEST_PAUSE_S = 60.0


class RetryPolicy:
    """When one call is tried again, and after how long. Raises nothing; the last reply is the answer."""

    def __init__(self, surroundings: Surroundings, pace: RateLimiter, *, repeatable: bool) -> None:
        self._clock = surroundings.clock
        self._pace = pace
        self._again = {"wait", "retry", "unsent"} | ({"unknown"} if repeatable else set())
        self._started = self._clock()
        self._why = ""

    def worth_it(self, reply: ApiReply) -> bool:
        """Whether this reply is a reason to try again."""
        if reply.failure is None or reply.failure.next not in self._again:
            return False
        self._why = reply.failure.message
        return True

    def pause(self, state: tenacity.RetryCallState) -> float:
        """Seconds until the next try: at least what the system asks for, else longer each time."""
        failure = _reply(state).failure
        tried = state.attempt_number
        if failure is not None and failure.next == "wait":
            floor = FLOOR_S if failure.wait_s is None else failure.wait_s
            longest = min(LONGEST_PAUSE_S, floor * 2.0**tried)
            return floor + _chance(max(longest - floor, 1.0))
        return _chance(min(LONGEST_PAUSE_S, 0.5 * 2.0**tried))

    def is_over(self, state: tenacity.RetryCallState) -> bool:
        """Whether trying again would take too often or too long."""
        failure = _reply(state).failure
        too_long = self._clock() + state.upcoming_sleep - self._started > PATIENCE_S
        waits = failure is not None and failure.next == "wait"
        return too_long or (not waits and state.attempt_number >= TRIES)

    def sleep(self, seconds: float) -> None:
        """Wait, and tell it."""
        self._pace.wait(seconds, self._why)

    def last(self, state: tenacity.RetryCallState) -> ApiReply:
        """The reply that stands when no more tries are left."""
        return _reply(state)


def _chance(most_s: float) -> float:
    """Seconds between 0 and `most_s`: clients that failed together do not come back together."""
    return random.uniform(0.0, most_s)  # noqa: S311  jitter is no secret


def _reply(state: tenacity.RetryCallState) -> ApiReply:
    if state.outcome is None:
        raise RuntimeError("tenacity decides before there is an outcome")
    reply: ApiReply = state.outcome.result()
    return reply
