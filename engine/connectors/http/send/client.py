"""Client: one request from the first try to the last: pace, token, patience, and what the answer means."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from engine.connectors.http.content.fill_templates import fill_path
from engine.connectors.http.content.redact import Secrets
from engine.connectors.http.send.access_header import Access, FixedHeader
from engine.connectors.http.send.answer_meaning import Failure, failure_of
from engine.connectors.http.send.daily_limit import DailyCount
from engine.connectors.http.send.oauth_tokens import Tokens
from engine.connectors.http.send.private_file import PrivateFile, file_for
from engine.connectors.http.send.rate_limit import RateLimiter
from engine.connectors.http.send.request import ApiReply, ApiRequest
from engine.connectors.http.send.retry_and_wait import PATIENCE_S, RetryPolicy
from engine.connectors.http.send.transport import HttpRequest, LostError, Transport, UnsentError
from engine.errors import EngineError, TemporaryError, UserError

if TYPE_CHECKING:
    from engine.connectors.http.description.api import Description
    from engine.connectors.http.send.settings import Account
    from engine.connectors.port import Surroundings

#: The first figure of the status of an answer that is one.
SUCCESS = 2


class ApiClient:
    """Sends calls. A read is repeated while that may help, a write only when it was not applied."""

    def __init__(self, description: Description, account: Account, surroundings: Surroundings) -> None:
        self.name = description.connector
        self.secrets = Secrets()
        self.secrets.add(*account.credentials.secrets)
        self.pace = RateLimiter(account.limits, surroundings, self.name)
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

    def _counted(self) -> DailyCount | None:
        """The count of the day, where the day has a limit."""
        account = self._account
        if account.per_day is None:
            return None
        file = file_for(
            self._around.folder, "day", account.hosts["api"], self.name, *sorted(account.words.values())
        )
        kept = PrivateFile(file, f"the count of requests to {self.name}")
        return DailyCount(kept, account.per_day, self._around.clock, self.name)

    def _access(self) -> Access:
        if self._description.auth.style != "oauth2-refresh":
            return FixedHeader(self._description.auth, self._account)
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

    def ask(self, call: ApiRequest) -> ApiReply:
        """Read. Success, or the verdict `gone`.

        Raises:
            UserError: the system refuses the request.
            TemporaryError: it does not work now.
        """
        reply = self.send(call)
        if reply.failure is None or reply.failure.next == "gone":
            return reply
        raise self.error(reply.failure, call.about)

    def send(self, call: ApiRequest) -> ApiReply:
        """Send and judge; the verdict says what became of it. Raises for credentials and quotas only."""
        import tenacity  # only an open connection needs it

        patience = RetryPolicy(self._around, self.pace, repeatable=call.what == "read")
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_result(patience.worth_it),
            wait=patience.pause,
            stop=patience.is_over,
            sleep=patience.sleep,
            retry_error_callback=patience.last,
        )
        reply: ApiReply = retrying(self._try, call)
        return reply

    def error(self, failure: Failure, about: str) -> EngineError:
        """A verdict on a whole request as the error to raise."""
        message = f"{self.name} could not {about}: {failure.message} ({failure.code})."
        if failure.next in ("later", "wait", "retry", "unknown", "unsent"):
            remedy = failure.advice or "Run again later."
            return TemporaryError(message, remedy=remedy, retry_after_s=failure.wait_s)
        return UserError(message, remedy=failure.advice)

    def _try(self, call: ApiRequest) -> ApiReply:
        token = self._tokens.header()
        reply = self._exchange(call, token)
        if reply.failure is not None and reply.failure.next == "refresh":
            # Not accepted means not applied, so even a create may go again; once, or it would never end.
            reply = self._exchange(call, self._tokens.refreshed(rejected=token))
        return reply

    def _exchange(self, call: ApiRequest, token: str) -> ApiReply:
        if self._day is not None:
            self._day.take()
        self.pace.await_turn(f"{call.method} {call.pattern or call.path}")
        with self._lock:
            self._sent += 1
        try:
            answer = self._transport.fetch(self._wanted(call, token))
        except UnsentError as error:
            return ApiReply(answer=None, failure=_unreachable(error))
        except LostError as error:
            lost = Failure(next="unknown", code="no-answer", message=str(error))
            return ApiReply(answer=None, failure=lost)
        self.pace.learn(answer.headers)
        filed = call.into is not None and answer.status // 100 == SUCCESS
        judged = failure_of(self._description.errors, answer, call.what, self.secrets.hide)
        failure = None if filed else judged
        if failure is not None and failure.next == "wait" and (failure.wait_s or 0) <= PATIENCE_S:
            # Whoever is asked for more gives up, and nobody waits for that.
            self.pace.close(failure.wait_s or 0)
        if failure is None or failure.next not in ("refresh", "wait"):
            with self._lock:
                self._credits += call.credits
        return ApiReply(answer=answer, failure=failure)

    def _base(self, call: ApiRequest) -> str:
        """The path in front, with the settings that it names, such as a portal."""
        return fill_path(call.base or self._description.base, self._account.words)

    def _wanted(self, call: ApiRequest, token: str) -> HttpRequest:
        tenant = self._description.tenant
        params = {**call.params, tenant.param: self._account.words[tenant.setting]} if tenant else call.params
        typed = {"content-type": "application/json"} if call.content is not None else {}
        return HttpRequest(
            method=call.method,
            url=self._account.hosts["api"] + self._base(call) + call.path,
            params=params,
            headers={**call.headers, **typed, self._description.auth.header.lower(): token},
            content=call.content,
            into=call.into,
        )


def _unreachable(error: UnsentError) -> Failure:
    return Failure(
        next="unsent",
        code="unreachable",
        message=f"it cannot be reached: {error}",
        remedy="Check the network, then run again.",
    )
