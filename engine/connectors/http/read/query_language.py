"""Query language: a long list goes on in a query language that delivers more records a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.connectors.http.content.json_body import UnreadableError, dump, pick, pick_rows
from engine.connectors.http.send.request import ApiRequest
from engine.errors import TemporaryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engine.catalog import Stream
    from engine.connectors.http.description.calls import QueryCalls, StreamCalls
    from engine.connectors.http.read.learned import Row
    from engine.connectors.http.send.client import ApiClient
    from engine.connectors.port import Contains, ReadRequest

#: Queries of one read; more is an answer that never ends.
MOST_QUERIES = 10_000
#: Before anything was ever changed.
DAWN = "1970-01-01T00:00:00+00:00"
#: Types of fields that a query shows otherwise than a list does, or not at all.
ODD = frozenset({"list", "object", "unknown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordQuery:
    """What a query asks for: records from a moment on, oldest change first, ties by id."""

    stream: str
    columns: tuple[str, ...]
    modified: str  #: name of the field that tells the last change
    id: str  #: name of the field that identifies
    since: str  #: as the modified field shows it, inclusive
    after_id: str | None  #: of the records of exactly that moment only those behind this id; None = all
    limit: int
    #: Only records that hold all these words, each in one of these fields; None = all
    contains: tuple[tuple[str, ...], tuple[str, ...]] | None = None


def sought(querying: QueryReader, columns: Sequence[str]) -> list[tuple[list[Row], bool]]:
    """All pages of a query for words; nothing where it is refused or finds nobody.

    A query may tell letters apart that people do not, so finding nobody is no answer.
    """
    pages = list(querying.pages(columns, DAWN)) if querying.able else []
    return pages if any(rows for rows, _ in pages) else []


def needs_detail(request: ReadRequest, stream: Stream, calls: StreamCalls) -> bool:
    """Whether a wanted field is missing from list answers, so that every record costs one more request."""
    if calls.get is None or request.deleted:
        return False
    return any(
        stream.open if name not in stream.fields else stream.fields[name].detail_only
        for name in request.fields
    )


def can_ask(query: QueryCalls | None, stream: Stream, fields: Sequence[str]) -> bool:
    """Whether a query shows these fields just as a list does."""
    if query is None or stream.modified is None or not stream.name.replace("_", "").isalnum():
        return False
    known = [(name, stream.fields.get(name)) for name in fields]
    columns = {name.split(".")[0] for name in fields}
    return len(columns) <= query.columns and all(
        field is not None
        and field.type not in ODD
        and not field.detail_only
        and ("." not in name or name.endswith(".id"))
        and name.replace("_", "").replace(".", "").isalnum()
        for name, field in known
    )


class QueryReader:
    """The rest of one list, by queries."""

    def __init__(
        self,
        wire: ApiClient,
        query: QueryCalls,
        stream: Stream,
        build: Callable[[RecordQuery], str],
        contains: Contains | None = None,
    ) -> None:
        self._wire = wire
        self._query = query
        self._stream = stream
        self._build = build
        words = tuple(contains.text.split()) if contains is not None else ()
        self._contains = (contains.fields, words) if contains is not None and words else None
        #: False = a word would mean something else in a pattern
        self.able = bool(words) and not any(mark in word for word in words for mark in "%_\\")
        self.refused = False  #: True = the system does not take such queries from this account

    def pages(self, columns: Sequence[str], since: str) -> Iterator[tuple[list[Row], bool]]:
        """Pages of rows, and whether each is the last. Nothing at all if the first query is refused.

        Raises:
            UserError: a later query is refused.
            TemporaryError: the system does not work now, or repeats itself.
        """
        time, id_, about = since, None, f"query {self._stream.name}"
        for turn in range(MOST_QUERIES):
            reply = self._wire.send(self._call(columns, time, id_, about))
            if reply.failure is not None and turn == 0 and reply.failure.next in ("hold", "stop"):
                self.refused = True
                return
            if reply.failure is not None:
                raise self._wire.error(reply.failure, about)
            try:
                rows = pick_rows(self._query.rows, reply.body)
            except UnreadableError as error:
                raise self._odd(f"answered with {error}") from None
            last = pick(self._query.more, reply.body) is not True
            yield rows, last
            if last or not rows:
                return
            before: tuple[str, str | None] = (time, id_)
            time, id_ = str(rows[-1].get(self._stream.modified or "")), str(rows[-1].get(self._stream.id))
            if (time, id_) == before:
                raise self._odd("says that there is more, and delivers nothing new")
        raise self._odd("never comes to an end")

    def _call(self, columns: Sequence[str], time: str, id_: str | None, about: str) -> ApiRequest:
        question = RecordQuery(
            stream=self._stream.name,
            columns=tuple(columns),
            modified=self._stream.modified or "",
            id=self._stream.id,
            since=time,
            after_id=id_,
            limit=self._query.at_most,
            contains=self._contains,
        )
        return ApiRequest(
            what="read",
            about=about,
            method="POST",
            path=self._query.path,
            content=dump({self._query.key: self._build(question)}),
            credits=self._query.credits,
        )

    def _odd(self, what: str) -> TemporaryError:
        return TemporaryError(
            f"{self._wire.name}: query {self._stream.name}: the system {what}. Nothing further is read.",
            remedy="Run again; if it stays, the system does not answer as its connector file says.",
        )
