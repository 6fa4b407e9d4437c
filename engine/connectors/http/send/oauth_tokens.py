"""OAuth tokens: access tokens of OAuth 2, kept on disk for all processes of a person, renewed by one at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from engine.connectors.http.content.json_body import pick
from engine.connectors.http.description.api import Auth, Errors
from engine.connectors.http.send.answer_meaning import BROKEN, FINE, refusal_of
from engine.connectors.http.send.private_file import LOCK_S, file_for, write_private
from engine.connectors.http.send.settings import PRINTABLE, Account
from engine.connectors.http.send.transport import HttpAnswer, HttpRequest, LostError, Transport, UnsentError
from engine.errors import TemporaryError, UserError

if TYPE_CHECKING:
    from pathlib import Path

    from engine.connectors.http.content.redact import Secrets
    from engine.connectors.http.send.rate_limit import RateLimiter
    from engine.connectors.port import Surroundings

#: A token is not used in its last moments: it might end while the request travels.
MARGIN_S = 60
ATTEMPTS = 4
#: Longer waits for the throttle end the run instead: it may be started again later.
LONGEST_WAIT_S = 60.0


class Tokens:
    """Gives the access token of an account. Safe to use from several threads and processes.

    `requests` counts the token requests that were sent.
    """

    def __init__(
        self,
        auth: Auth,
        account: Account,
        transport: Transport,
        *,
        pace: RateLimiter,
        secrets: Secrets,
        around: Surroundings,
    ) -> None:
        from filelock import FileLock  # only an open connection needs it

        self._auth = auth
        self._account = account
        self._transport = transport
        self._pace = pace
        self._secrets = secrets
        self._around = around
        self._file = _file(around.folder, account)
        self._lock = FileLock(f"{self._file}.lock", timeout=LOCK_S, mode=0o600)
        self._kept: dict[str, Any] = {}
        self.requests = 0

    def header(self) -> str:
        """The value of the Authorization header. Raises as `refreshed`."""
        if not self._usable(self._kept, rejected=None):
            self.refreshed(rejected=None)
        return f"{self._auth.prefix} {self._kept['access_token']}"

    def refreshed(self, rejected: str | None) -> str:
        """A header other than the rejected one: with a newer token of another process, or with a new one.

        Raises:
            UserError: the credentials are not accepted, or the token cannot be kept on disk.
            TemporaryError: the token endpoint cannot be reached, or gives no more tokens for the moment.
        """
        from filelock import Timeout  # as above

        try:
            with self._lock:
                kept = self._load()
                if not self._usable(kept, rejected=rejected):
                    kept = self._ask(kept.get("issued", []))
                self._kept = kept
        except Timeout:
            raise TemporaryError(
                f"Another process renews the access token of {self._account.connector} and does not finish.",
                remedy=f"If no other run is active, remove {self._lock.lock_file}.",
            ) from None
        except OSError as error:
            raise UserError(
                f"The access token cannot be kept in {self._file.parent}: {error.strerror}.",
                remedy="Make the folder writable, or free some space.",
            ) from None
        return f"{self._auth.prefix} {kept['access_token']}"

    def _usable(self, kept: dict[str, Any], *, rejected: str | None) -> bool:
        token, ends = kept.get("access_token"), kept.get("ends")
        if not isinstance(token, str) or not isinstance(ends, int | float):
            return False
        self._secrets.add(token)
        return ends > self._around.clock() and f"{self._auth.prefix} {token}" != rejected

    def _load(self) -> dict[str, Any]:
        try:
            kept = json.loads(self._file.read_bytes())
        except (FileNotFoundError, ValueError):
            return {}  # no token yet, or a file that was cut off: a new token is asked for
        return kept if isinstance(kept, dict) else {}

    def _ask(self, issued: list[float]) -> dict[str, Any]:
        """A new token from the token endpoint, written to disk."""
        now = self._around.clock()
        recent = self._within_throttle([moment for moment in issued if isinstance(moment, int | float)], now)
        answer = self._fetched()
        token = pick("access_token", answer.body)
        refused = answer.status // 100 != FINE or pick(self._auth.error, answer.body)
        if refused or not isinstance(token, str) or not PRINTABLE.fullmatch(token):
            raise self._refused(answer)
        self._secrets.add(token)
        lifetime_s = pick("expires_in", answer.body)
        lasts_s = float(lifetime_s) if isinstance(lifetime_s, int) else float(self._auth.lifetime_s)
        now = self._around.clock()
        kept = {"access_token": token, "ends": now + max(lasts_s - MARGIN_S, 1.0), "issued": [*recent, now]}
        write_private(self._file, json.dumps(kept).encode())
        return kept

    def _within_throttle(self, issued: list[float], now: float) -> list[float]:
        """The moments that count against the throttle, after waiting if there are too many of them."""
        throttle = self._auth.throttle
        if throttle is None:
            return []
        recent = sorted(moment for moment in issued if now - throttle.window_s < moment <= now)
        if len(recent) < throttle.tokens:
            return recent
        wait_s = recent[-throttle.tokens] + throttle.window_s - now
        if wait_s > LONGEST_WAIT_S:
            raise TemporaryError(
                f"{self._account.connector} gives no more access tokens for {wait_s:.0f} s.",
                remedy=f"Only {throttle.tokens} are given in {throttle.window_s} s; run again later.",
                retry_after_s=wait_s,
            )
        self._pace.wait(wait_s, "its limit of access tokens is used up")
        return recent[1:]

    def _fetched(self) -> HttpAnswer:
        """The answer of the token endpoint; asking again is safe, and done while it fails."""
        failure = "no answer"
        for attempt in range(ATTEMPTS):
            if attempt:
                self._pace.wait(2.0**attempt, "its token endpoint does not answer")
            self.requests += 1
            try:
                answer = self._transport.fetch(self._request())
            except (UnsentError, LostError) as error:
                failure = str(error)
                continue
            if answer.status // 100 < BROKEN and answer.unreadable is None:
                return answer
            failure = f"status {answer.status}" + (f" with {answer.unreadable}" if answer.unreadable else "")
        raise TemporaryError(
            f"The token endpoint of {self._account.connector} cannot be used: {failure}.",
            remedy="Check the network, then run again.",
        )

    def _request(self) -> HttpRequest:
        credentials = self._account.credentials
        form = {
            "grant_type": "refresh_token",
            "refresh_token": credentials["refresh_token"],
            "client_id": credentials["client_id"],
            "client_secret": credentials["client_secret"],
        }
        return HttpRequest(
            method="POST",
            url=self._account.hosts["accounts"] + self._auth.path,
            headers={"content-type": "application/x-www-form-urlencoded"},
            content=urlencode(form).encode(),
        )

    def _refused(self, answer: HttpAnswer) -> UserError | TemporaryError:
        errors = Errors(code=self._auth.error, message="error_description", table=self._auth.table)
        failure = refusal_of(errors, answer, answer.body, "read", self._secrets.hide)
        described = pick("error_description", answer.body) is not None
        words = f"{failure.code}: {failure.message}" if described else failure.code
        if failure.next in ("wait", "later", "retry", "unknown"):
            return TemporaryError(
                f"{self._account.connector} gives no access token at the moment ({words}).",
                remedy=failure.advice,
                retry_after_s=failure.wait_s,
            )
        return UserError(
            f"{self._account.connector} does not accept the credentials ({words}).",
            remedy=failure.advice or "Check client_id, client_secret, refresh_token and the data centre.",
        )


def _file(folder: Path, account: Account) -> Path:
    """Where the token of this grant is kept."""
    credentials = account.credentials
    return file_for(
        folder, "token", account.hosts["accounts"], credentials["client_id"], credentials["refresh_token"]
    )
