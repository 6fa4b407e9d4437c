"""Answer meaning: what an answer means and what to do next: the connector file's table first, then HTTP's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from engine.connectors.http.content.json_body import pick

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.connectors.http.description.api import ErrorRule, Errors, Next, What
    from engine.connectors.http.send.transport import HttpAnswer

    #: Takes secrets out of a text.
    Hide = Callable[[str], str]

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
#: What a person can do where neither the connector file nor the system's words say it: of a write, and of a read.
WRITE_REMEDIES: Mapping[Next, str] = {
    "hold": "Change the record, or what the mapping sends of it; it is tried again once either has changed.",
    "stop": "Check what the user of the credentials may do, and the settings of the system in the spec.",
    "refresh": "Check the credentials and what they are good for.",
}
READ_REMEDIES: Mapping[Next, str] = {
    **WRITE_REMEDIES,
    "hold": "Check the stream, the fields that are mapped and the settings of the system in the spec.",
}
NOT_MODIFIED = 304
#: Statuses of answers without a body.
EMPTY = frozenset({204, 205, NOT_MODIFIED})
#: Hundreds of a status.
FINE, ELSEWHERE, BROKEN = 2, 3, 5
#: Characters of a system's own words that are passed on.
LONGEST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
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


def failure_of(errors: Errors, answer: HttpAnswer, what: What, hide: Hide) -> Failure | None:
    """What an answer means; None = success. `hide` takes secrets out of what the system says."""
    hundreds = answer.status // 100
    good = hundreds == FINE or answer.status == NOT_MODIFIED
    if good and answer.unreadable:
        return Failure(next="unknown", code="unreadable", message=f"it answered with {answer.unreadable}")
    if good and answer.body is None:
        # An empty answer would read as "there are no records": only a status that says so may be empty.
        empty = answer.status in EMPTY or what == "delete"
        return None if empty else Failure(next="unknown", code="empty", message="it answered with nothing")
    if good and (errors.ok is None or pick(errors.ok, answer.body) is True):
        return None
    if hundreds == ELSEWHERE:
        return _redirected(answer, hide)
    return refusal_of(errors, answer, answer.body, what, hide)


def refusal_of(errors: Errors, answer: HttpAnswer, result: Any, what: What, hide: Hide) -> Failure:
    """The verdict on a refusal: of a whole answer, or of one record's `result` inside it."""
    code = _text(pick(errors.code, result)) or str(answer.status)
    page = f" with {answer.unreadable}" if answer.unreadable else ""
    words = _text(pick(errors.message, result)) or f"status {answer.status}{page}"
    rule = next((rule for rule in errors.table if _fits(rule, answer.status, code, words, what)), None)
    return Failure(
        next=rule.next if rule else _usual(answer.status),
        code=hide(code)[:LONGEST],
        message=hide(words + _particulars(pick(errors.about, result)))[:LONGEST],
        cause=rule.cause if rule else None,
        remedy=_remedy(rule, rule.next if rule else _usual(answer.status), what),
        wait_s=_asked_wait(answer.headers) or (rule.wait_s if rule else None),
    )


def _fits(rule: ErrorRule, status: int, code: str, words: str, what: What) -> bool:
    # What a server says while it breaks down proves nothing, unless the file speaks of just that status.
    return (
        (status in rule.status if rule.status else status // 100 < BROKEN)
        and (not rule.code or code in rule.code)
        and (rule.says is None or rule.says.lower() in words.lower())
        and (not rule.request or what in rule.request)
    )


def _remedy(rule: ErrorRule | None, next_: Next, what: What) -> str | None:
    if rule is not None and rule.remedy is not None:
        return rule.remedy
    return (READ_REMEDIES if what == "read" else WRITE_REMEDIES).get(next_)


def _usual(status: int) -> Next:
    return "unknown" if status // 100 >= BROKEN else BY_STATUS.get(status, "hold")


def _redirected(answer: HttpAnswer, hide: Hide) -> Failure:
    host = hide(urlsplit(answer.headers.get("location", "")).hostname or "another place")
    return Failure(
        next="stop",
        code="redirect",
        message=f"it wants to send the request on to {host}",
        remedy="Redirects are never followed; check the data centre and the host.",
    )


def _particulars(about: Any) -> str:
    """Details such as ` (field: Website, at_most: 255)`."""
    known = (
        [_text(f"{key}: {value}") for key, value in about.items() if value] if isinstance(about, dict) else []
    )
    return f" ({', '.join(known)})" if known else ""


def _text(value: Any) -> str:
    """A value as text that can be stored and shown: half a character is spelled out."""
    text = "" if value is None or isinstance(value, dict | list) else str(value)
    return text.encode("utf-8", "backslashreplace").decode()


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds of `Retry-After`; None = not said. A date counts from the answer's own, not from our clock."""
    asked = headers.get("retry-after", "").strip()
    if asked.isdecimal():
        return float(asked)
    return _seconds_between(headers.get("date", ""), asked) if asked else None


def _seconds_between(start: str, end: str) -> float | None:
    from email.utils import parsedate_to_datetime  # rarely needed

    try:
        return max(0.0, (parsedate_to_datetime(end) - parsedate_to_datetime(start)).total_seconds())
    except (ValueError, TypeError):
        return None  # not a date: as good as not said, and the usual patience applies
