"""Redact: the one place that keeps credentials out of every text the connector lets go, by value."""

from __future__ import annotations

import logging
from base64 import b64encode
from threading import Lock
from urllib.parse import quote, quote_plus

MARK = "[hidden]"
#: Loggers of the HTTP client; it mentions requests, and so it might mention what they carry.
LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy")
#: Shorter values would turn every text into marks.
SHORTEST = 6


class Secrets:
    """Values that must never be seen. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._forms: tuple[str, ...] = ()

    def add(self, *values: str) -> None:
        """Hide these values from now on, as they are, URL-encoded and in base64."""
        forms = {form for value in values if len(value) >= SHORTEST for form in _forms(value)}
        with self._lock:
            # Longest first: a token that contains another one is hidden as a whole.
            self._forms = tuple(sorted({*self._forms, *forms}, key=len, reverse=True))

    def hide(self, text: str) -> str:
        """The text with every secret replaced by a mark."""
        for form in self._forms:
            text = text.replace(form, MARK)
        return text


def _forms(value: str) -> set[str]:
    raw = value.encode("utf-8", "surrogatepass")
    # Inside a longer text base64 shifts with what stands before it: the three cores cover every offset.
    shifted = {b64encode(raw[offset:][: (len(raw) - offset) // 3 * 3]).decode() for offset in range(3)}
    whole = b64encode(raw).decode()
    long_enough = {form for form in shifted if len(form) >= SHORTEST}
    return {value, quote(value, safe=""), quote_plus(value), whole, whole.rstrip("="), *long_enough}


class SecretFilter(logging.Filter):
    """Keeps secrets out of the log records of the HTTP client."""

    def __init__(self, secrets: Secrets) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrites the record; never drops it."""
        record.msg, record.args = self._secrets.hide(record.getMessage()), None
        return True


def watch_logs(secrets: Secrets) -> SecretFilter:
    """Put a filter on the HTTP client's loggers; give it to `unwatch_logs` at the end."""
    watcher = SecretFilter(secrets)
    for name in LOGGERS:
        logging.getLogger(name).addFilter(watcher)
    return watcher


def unwatch_logs(watcher: SecretFilter) -> None:
    """Take the filter away again."""
    for name in LOGGERS:
        logging.getLogger(name).removeFilter(watcher)
