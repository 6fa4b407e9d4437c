"""Paging: from page to page of one list, never in circles. Pure: it sees bodies and gives parameters."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from engine.connectors.http.content.json_body import pick
from engine.connectors.http.read.page_overlap import Seam, stretches_of
from engine.errors import TemporaryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.connectors.http.description.calls import Paging

LINK = re.compile(r"<([^<>]*)>\s*;[^,]*\brel=\"?next\b")
#: Pages of one list; more is an answer that never ends.
MOST_PAGES = 10_000


class PageCursor:
    """Where one list stands. `who` names it in messages, such as `shop: list orders`."""

    def __init__(self, paging: Paging, who: str) -> None:
        self._paging = paging
        self._who = who
        self._page = 1
        self._records = 0
        self._seen: set[str] = set()
        self._last_rows: Any = None
        self._seam = Seam(paging.overlap, paging.at_most) if paging.overlap else None
        self._torn = False

    @property
    def is_full(self) -> bool:
        """True when this list reaches no further and must start again behind the last record."""
        ceiling = self._paging.ceiling
        return ceiling is not None and self._records + self._paging.at_most > ceiling

    def first(self) -> dict[str, str]:
        """Parameters of the first page."""
        style = self._paging.style
        if style == "none":
            return {}
        size = {self._paging.size: str(self._paging.at_most)}
        return size if style == "link" else {**size, self._paging.page: "0" if style == "offset" else "1"}

    def taken(self, rows: list[Any]) -> list[Any]:
        """The rows of a page that are to be used; to be asked once a page, before `after`."""
        if self._seam is None:
            return rows
        news = self._seam.take(rows)
        self._torn = news is None
        return news or []

    def after(
        self, body: Any, rows: list[Any], headers: Mapping[str, str] | None = None
    ) -> dict[str, str] | None:
        """Parameters of the page after this one; None = this was the last.

        Raises:
            TemporaryError: the system repeats itself, or says there is more and not how to get it.
        """
        link = _next_link((headers or {}).get("link", "")) if self._paging.style == "link" else None
        if self._torn:
            return self._step_back()
        if self._paging.style == "none" or not self._goes_on(body, rows, link):
            return None
        self._records += len(rows)
        if self._seam is not None and self._page == 1 and len(rows) != self._paging.at_most:
            self._seam = None  # the system has a page size of its own: only its numbers are left
        self._page += 1
        if not rows or rows == self._last_rows or self._page > MOST_PAGES:
            raise self._circle("says that there is more, and delivers nothing new")
        self._last_rows = rows
        if link is not None:
            return link
        if self._paging.style == "offset":
            return {self._paging.size: str(self._paging.at_most), self._paging.page: str(self._records)}
        token = pick(self._paging.next, body)
        if self._paging.token is None or token is None:
            return self._by_number()
        if str(token) in self._seen:
            raise self._circle("gave the same page token twice")
        self._seen.add(str(token))
        return {self._paging.size: str(self._paging.at_most), self._paging.token: str(token)}

    def _goes_on(self, body: Any, rows: list[Any], link: dict[str, str] | None) -> bool:
        if self._paging.style == "link":
            return link is not None
        if not self._paging.more:
            return len(rows) >= (self._seam.stretch.size if self._seam else self._paging.at_most)
        return pick(self._paging.more, body) in (True, "true")

    def _step_back(self) -> dict[str, str]:
        self._last_rows = None
        if self._seam is not None and self._seam.is_ignored:  # only the numbers are left, from the front
            self._seam, self._torn, self._page, self._records = None, False, 1, 0
            return self.first()
        if self._seam is not None and self._seam.is_lost:
            raise self._circle("shows other records on its pages each time")
        return self._by_number()

    def _by_number(self) -> dict[str, str]:
        if self._seam is not None:
            stretch = self._seam.move()
            return {self._paging.size: str(stretch.size), self._paging.page: str(stretch.page)}
        reach = self._paging.reach
        if reach is not None and self._records + self._paging.at_most > reach:
            raise self._circle(f"has more than {reach} records, and gave no token to reach them")
        return {self._paging.size: str(self._paging.at_most), self._paging.page: str(self._page)}

    def _circle(self, what: str) -> TemporaryError:
        return TemporaryError(
            f"{self._who}: the system {what}. Nothing further is read.",
            remedy="Run again; if it stays, the system does not page as its connector file says.",
        )


def _next_link(header: str) -> dict[str, str] | None:
    """The parameters of the next page that a Link header names; None = there is none."""
    found = LINK.search(header)
    return dict(parse_qsl(urlsplit(found[1]).query, keep_blank_values=True)) if found else None


def pages_of(records: int | None, paging: Paging) -> int:
    """List requests that so many records take; at least one."""
    if records is None or paging.style == "none":
        return 1
    if paging.overlap:
        return stretches_of(records, paging.at_most, told=bool(paging.more))
    if not paging.more and paging.style in ("page", "offset"):
        return records // paging.at_most + 1  # only a page that is not full says that it is the last
    return max(1, -(-records // paging.at_most))


def chunks(items: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """Parts of at most so many."""
    rest = iter(items)
    while part := tuple(islice(rest, size)):
        yield part
