"""Daily limit: the requests that a system allows in a day, counted over all processes of a person."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from engine.errors import TemporaryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.connectors.http.send.private_file import PrivateFile

#: Requests that a process takes from the day at once, so that the file is not written for each.
BLOCK = 20


class DailyCount:
    """Requests of a day of UTC. Safe to use from several threads and processes.

    What other programs send is not known here: the system's own refusal still counts.
    """

    def __init__(self, kept: PrivateFile, most: int, clock: Callable[[], float], name: str) -> None:
        self._kept = kept
        self._most = most
        self._clock = clock
        self._name = name
        self._lock = Lock()
        self._today = ""
        self._left = 0  # of the block that this process has taken

    def take(self) -> None:
        """Count one request.

        Raises:
            TemporaryError: the day is used up.
            UserError: the count cannot be kept on disk.
        """
        with self._lock:
            if self._left == 0 or self._today != self._date():
                self._today = self._date()
                self._left = self._reserved()
            self._left -= 1

    def give_back(self) -> None:
        """Return what was taken and not sent."""
        with self._lock:
            if self._left and self._today == self._date():
                with self._kept.changing() as kept:
                    kept["sent"] = max(0, self._sent(kept) - self._left)
            self._left = 0

    def _reserved(self) -> int:
        with self._kept.changing() as kept:
            sent = self._sent(kept)
            block = min(BLOCK, self._most - sent)
            if block > 0:
                kept.update(day=self._today, sent=sent + block)
        if block > 0:
            return block
        raise TemporaryError(
            f"The {self._most} requests that {self._name} may be sent in a day are used up.",
            remedy="Run again after midnight UTC, or raise the number in the settings if the plan allows more.",
        )

    def _sent(self, kept: dict[str, Any]) -> int:
        """Requests of this day that are counted already."""
        sent = kept.get("sent")
        return sent if kept.get("day") == self._today and isinstance(sent, int) else 0

    def _date(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).date().isoformat()
