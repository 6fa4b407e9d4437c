"""Verdict: what an answer means and what to do next: the connector file's table first, then the usual HTTP rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from engine.connectors.http.body import pick

if TYPE_CHECKING:
    from engine.connectors.http.description import Errors, Next, Rule, What
    from engine.connectors.http.transport import Answer

#: What a status means when the connector file does not say.
BY_STATUS: Mapping[int, Next] = {
    401: "refresh",
    403: "stop",
    404: "gone",
    408: "unknown",
    410: "gone",
    412: "stale",
    429: "wait",
}
NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """An answer that is not a success, understood."""

    next: Next
    code: str  #: the system's code, else ours
    message: str  #: the system's own words, else ours; may be the middle of a sentence
    cause: str | None = None
    remedy: str | None = None
    wait_s: float | None = None  #: seconds the system asks for; None = it does not say

    @property
    def advice(self) -> str | None:
        """Cause and remedy as one text; None = the message says it all."""
        return " ".join(part for part in (self.cause, self.remedy) if part) or None


def judge(errors: Errors, answer: Answer, what: What) -> Verdict | None:
    """What an answer means; None = success."""
    good = 200 <= answer.status < 300 or answer.status == NOT_MODIFIED
    if good and answer.unreadable:
        return Verdict(next="unknown", code="unreadable", message=f"it answered with {answer.unreadable}")
    if good and (answer.body is None or errors.ok is None or pick(errors.ok, answer.body) is True):
        return None
    if 300 <= answer.status < 400:
        return _redirected(answer)
    return trouble(
        errors, answer.body, what, status=answer.status, headers=answer.headers, page=answer.unreadable
    )


def trouble(
    errors: Errors,
    body: Any,
    what: What,
    *,
    status: int,
    headers: Mapping[str, str] | None = None,
    page: str | None = None,
) -> Verdict:
    """The verdict on a refusal: of a whole answer, or of one record's result inside it."""
    code = _text(pick(errors.code, body)) or str(status)
    words = _text(pick(errors.message, body)) or f"status {status}" + (f" with {page}" if page else "")
    rule = next((rule for rule in errors.table if _fits(rule, status, code, words, what)), None)
    return Verdict(
        next=rule.next if rule else _usual(status),
        code=code,
        message=words + _particulars(pick(errors.about, body)),
        cause=rule.cause if rule else None,
        remedy=rule.remedy if rule else None,
        wait_s=_asked_wait(headers or {}),
    )


def _fits(rule: Rule, status: int, code: str, words: str, what: What) -> bool:
    return (
        (not rule.status or status in rule.status)
        and (not rule.code or code in rule.code)
        and (rule.says is None or rule.says.lower() in words.lower())
        and (not rule.request or what in rule.request)
    )


def _usual(status: int) -> Next:
    if status >= 500:
        return "unknown"
    return BY_STATUS.get(status, "hold")


def _redirected(answer: Answer) -> Verdict:
    host = urlsplit(answer.headers.get("location", "")).hostname or "another place"
    return Verdict(
        next="stop",
        code="redirect",
        message=f"it wants to send the request on to {host}",
        remedy="Redirects are never followed; check the data centre and the host.",
    )


def _particulars(about: Any) -> str:
    """Details such as ` (api_name: Website, maximum_length: 255)`."""
    if not isinstance(about, Mapping):
        return ""
    known = [f"{key}: {value}" for key, value in about.items() if value not in (None, "", [])]
    return f" ({', '.join(known)})" if known else ""


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds of `Retry-After`; None when absent. A date counts from the answer's own `Date`, not from our clock."""
    asked = headers.get("retry-after", "").strip()
    if not asked:
        return None
    if asked.isdecimal():
        return float(asked)
    return _seconds_between(headers.get("date", ""), asked)


def _seconds_between(start: str, end: str) -> float | None:
    from email.utils import parsedate_to_datetime  # rarely needed

    try:
        return max(0.0, (parsedate_to_datetime(end) - parsedate_to_datetime(start)).total_seconds())
    except (ValueError, TypeError):
        return None  # not a date: as good as not said, and the usual patience applies
