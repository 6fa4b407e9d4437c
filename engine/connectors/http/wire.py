"""Wire: one request from the first try to the last: pace, token, patience, and what the answer means."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from threading import Lock
from typing import IO, TYPE_CHECKING, Any

from engine.connectors.http.access import Access, Fixed
from engine.connectors.http.day import Day
from engine.connectors.http.kept import Kept, file_for
from engine.connectors.http.pace import Pace
from engine.connectors.http.paths import fill_path
from engine.connectors.http.redact import Secrets
from engine.connectors.http.tokens import Tokens
from engine.connectors.http.transport import Answer, LostError, Transport, UnsentError, Wanted
from engine.connectors.http.verdict import Verdict, judge
from engine.errors import EngineError, TemporaryError, UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import tenacity

    from engine.connectors.http.account import Account
    from engine.connectors.http.description import Description, What
    from engine.connectors.port import Surroundings

#: Tries of one request while the system cannot be reached or fails.
TRIES = 5
#: Seconds that one request may wait in all while the system asks for patience.
PATIENCE_S = 300.0
#: A 429 without a hint: pure random waits would burn every try against a quota of a minute.
FLOOR_S = 5.0
LONGEST_PAUSE_S = 60.0
#: The first figure of the status of an answer that is one.
SUCCESS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request as reading and writing see it."""

    what: What
    about: str  #: what it is for, in a sentence such as `list orders`
    method: str
    path: str  #: after the base, already quoted
    base: str | None = None  #: None = that of the connector file
    pattern: str | None = (
        None  #: the path as the connector file writes it, for limits; None = the path itself
    )
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    credits: int = 1  #: that it costs if the system takes it, where the system counts credits
    into: IO[bytes] | None = None  #: takes a file that is no JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What one call came to."""

    answer: Answer | None  #: None = there was no whole answer
    verdict: Verdict | None  #: None = success

    @property
    def body(self) -> Any:
        """The parsed JSON; None = there is none."""
        return self.answer.body if self.answer else None


class Wire:
    """Sends calls. A read is repeated while that may help, a write only when it was not applied."""

    def __init__(self, description: Description, account: Account, surroundings: Surroundings) -> None:
        self.name = description.connector
        self.secrets = Secrets()
        self.secrets.add(*account.credentials.secrets)
        self.pace = Pace(account.limits, surroundings, self.name)
        self._description = description
        self._account = account
        self._around = surroundings
        width = description.limits.concurrency
        self._transport = Transport(self.secrets, sandbox=account.sandbox, connections=width + 1)
        self._tokens = self._access()
        self.secrets.add(*([] if isinstance(self._tokens, Tokens) else [self._tokens.header()]))
        self._day = self._counted()
        self._lock = Lock()
        self._sent = 0
        self._credits = 0

    def _counted(self) -> Day | None:
        """The count of the day, where the day has a limit."""
        account = self._account
        if account.per_day is None:
            return None
        file = file_for(
            self._around.folder, "day", account.hosts["api"], self.name, *sorted(account.words.values())
        )
        kept = Kept(file, f"the count of requests to {self.name}")
        return Day(kept, account.per_day, self._around.clock, self.name)

    def _access(self) -> Access:
        if self._description.auth.style != "oauth2-refresh":
            return Fixed(self._description.auth, self._account)
        return Tokens(
            self._description.auth,
            self._account,
            self._transport,
            pace=self.pace,
            secrets=self.secrets,
            around=self._around,
        )

    @property
    def calls(self) -> int:
        """Requests sent, those for tokens included."""
        return self._sent + self._tokens.requests

    @property
    def token_calls(self) -> int:
        """Requests sent for access tokens."""
        return self._tokens.requests

    @property
    def credits(self) -> int | None:
        """What the requests have cost; None = the system counts none."""
        return self._credits if self._description.limits.credits else None

    def close(self) -> None:
        """Give the connections back, and what was counted and not sent."""
        self._transport.close()
        if self._day is not None:
            self._day.give_back()

    def ask(self, call: Call) -> Reply:
        """Read. Success, or the verdict `gone`.

        Raises:
            UserError: the system refuses the request.
            TemporaryError: it does not work now.
        """
        reply = self.send(call)
        if reply.verdict is None or reply.verdict.next == "gone":
            return reply
        raise self.error(reply.verdict, call.about)

    def send(self, call: Call) -> Reply:
        """Send and judge; the verdict says what became of it. Raises for credentials and quotas only."""
        import tenacity  # only an open connection needs it

        patience = Patience(self._around, self.pace, repeatable=call.what == "read")
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_result(patience.worth_it),
            wait=patience.pause,
            stop=patience.is_over,
            sleep=patience.sleep,
            retry_error_callback=patience.last,
        )
        reply: Reply = retrying(self._try, call)
        return reply

    def error(self, verdict: Verdict, about: str) -> EngineError:
        """A verdict on a whole request as the error to raise."""
        message = f"{self.name} could not {about}: {verdict.message} ({verdict.code})."
        if verdict.next in ("later", "wait", "retry", "unknown", "unsent"):
            remedy = verdict.advice or "Run again later."
            return TemporaryError(message, remedy=remedy, retry_after_s=verdict.wait_s)
        return UserError(message, remedy=verdict.advice)

    def _try(self, call: Call) -> Reply:
        token = self._tokens.header()
        reply = self._exchange(call, token)
        if reply.verdict is not None and reply.verdict.next == "refresh":
            # Not accepted means not applied, so even a create may go again; once, or it would never end.
            reply = self._exchange(call, self._tokens.refreshed(rejected=token))
        return reply

    def _exchange(self, call: Call, token: str) -> Reply:
        if self._day is not None:
            self._day.take()
        self.pace.await_turn(f"{call.method} {call.pattern or call.path}")
        with self._lock:
            self._sent += 1
        try:
            answer = self._transport.fetch(self._wanted(call, token))
        except UnsentError as error:
            return Reply(answer=None, verdict=_unreachable(error))
        except LostError as error:
            lost = Verdict(next="unknown", code="no-answer", message=str(error))
            return Reply(answer=None, verdict=lost)
        self.pace.learn(answer.headers)
        filed = call.into is not None and answer.status // 100 == SUCCESS
        judged = judge(self._description.errors, answer, call.what, self.secrets.hide)
        verdict = None if filed else judged
        if verdict is not None and verdict.next == "wait" and (verdict.wait_s or 0) <= PATIENCE_S:
            # Whoever is asked for more gives up, and nobody waits for that.
            self.pace.close(verdict.wait_s or 0)
        if verdict is None or verdict.next not in ("refresh", "wait"):
            with self._lock:
                self._credits += call.credits
        return Reply(answer=answer, verdict=verdict)

    def _base(self, call: Call) -> str:
        """The path in front, with the settings that it names, such as a portal."""
        return fill_path(call.base or self._description.base, self._account.words)

    def _wanted(self, call: Call, token: str) -> Wanted:
        tenant = self._description.tenant
        params = {**call.params, tenant.param: self._account.words[tenant.setting]} if tenant else call.params
        typed = {"content-type": "application/json"} if call.content is not None else {}
        return Wanted(
            method=call.method,
            url=self._account.hosts["api"] + self._base(call) + call.path,
            params=params,
            headers={**call.headers, **typed, self._description.auth.header.lower(): token},
            content=call.content,
            into=call.into,
        )


def _unreachable(error: UnsentError) -> Verdict:
    return Verdict(
        next="unsent",
        code="unreachable",
        message=f"it cannot be reached: {error}",
        remedy="Check the network, then run again.",
    )


class Patience:
    """When one call is tried again, and after how long. Raises nothing; the last reply is the answer."""

    def __init__(self, surroundings: Surroundings, pace: Pace, *, repeatable: bool) -> None:
        self._clock = surroundings.clock
        self._pace = pace
        self._again = {"wait", "retry", "unsent"} | ({"unknown"} if repeatable else set())
        self._started = self._clock()
        self._why = ""

    def worth_it(self, reply: Reply) -> bool:
        """Whether this reply is a reason to try again."""
        if reply.verdict is None or reply.verdict.next not in self._again:
            return False
        self._why = reply.verdict.message
        return True

    def pause(self, state: tenacity.RetryCallState) -> float:
        """Seconds until the next try: at least what the system asks for, else longer each time."""
        verdict = _reply(state).verdict
        tried = state.attempt_number
        if verdict is not None and verdict.next == "wait":
            floor = FLOOR_S if verdict.wait_s is None else verdict.wait_s
            longest = min(LONGEST_PAUSE_S, floor * 2.0**tried)
            return floor + _chance(max(longest - floor, 1.0))
        return _chance(min(LONGEST_PAUSE_S, 0.5 * 2.0**tried))

    def is_over(self, state: tenacity.RetryCallState) -> bool:
        """Whether trying again would take too often or too long."""
        verdict = _reply(state).verdict
        too_long = self._clock() + state.upcoming_sleep - self._started > PATIENCE_S
        waits = verdict is not None and verdict.next == "wait"
        return too_long or (not waits and state.attempt_number >= TRIES)

    def sleep(self, seconds: float) -> None:
        """Wait, and tell it."""
        self._pace.wait(seconds, self._why)

    def last(self, state: tenacity.RetryCallState) -> Reply:
        """The reply that stands when no more tries are left."""
        return _reply(state)


def _chance(most_s: float) -> float:
    """Seconds between 0 and `most_s`: clients that failed together do not come back together."""
    return random.uniform(0.0, most_s)  # noqa: S311  jitter is no secret


def _reply(state: tenacity.RetryCallState) -> Reply:
    if state.outcome is None:
        raise RuntimeError("tenacity decides before there is an outcome")
    reply: Reply = state.outcome.result()
    return reply
