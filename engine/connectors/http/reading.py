"""Reading: the pages of a stream: lists, saved views, what changed since, single records, details."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from engine.connectors.http.body import UnreadableError, flatten, pick, pick_rows
from engine.connectors.http.description import CustomFields, Getting, Listing, Paging, StreamCalls, View
from engine.connectors.http.paging import Walk
from engine.connectors.http.paths import fill_params, fill_path, is_identity
from engine.connectors.http.wire import Call, Reply, Wire
from engine.connectors.port import Page, ReadRequest
from engine.errors import TemporaryError, UserError

if TYPE_CHECKING:
    from engine.catalog import Stream

Row = Mapping[str, Any]


def chunks(items: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """Parts of at most so many."""
    rest = iter(items)
    while part := tuple(islice(rest, size)):
        yield part


def needs_detail(request: ReadRequest, stream: Stream, calls: StreamCalls) -> bool:
    """Whether a wanted field is missing from list answers, so that every record costs one more request."""
    if calls.get is None:
        return False
    return any(
        stream.open if name not in stream.fields else stream.fields[name].detail_only
        for name in request.fields
    )


class Reading:
    """One read request of one stream."""

    def __init__(
        self,
        wire: Wire,
        stream: Stream,
        calls: StreamCalls,
        request: ReadRequest,
        *,
        custom: CustomFields | None,
        words: Mapping[str, str],
    ) -> None:
        self._wire = wire
        self._stream = stream
        self._calls = calls
        self._request = request
        self._custom = custom
        self._words = {**words, "stream": stream.name}
        always = [name for name in (stream.id, stream.modified) if name]
        self._fields = dict.fromkeys((*always, *request.fields))
        self._keys = dict.fromkeys(name.split(".")[0] for name in self._fields)

    def pages(self) -> Iterator[Page]:
        """The pages; the last one is marked complete. Raises UserError and TemporaryError."""
        if self._request.ids is not None:
            yield from self._by_ids([id_ for id_ in self._request.ids if is_identity(id_)])
        elif self._calls.list is not None:
            yield from self._listed(self._calls.list)
        else:
            raise UserError(f"{self._wire.name} cannot list `{self._stream.name}`.")

    def _by_ids(self, ids: Sequence[str]) -> Iterator[Page]:
        listing, getting = self._calls.list, self._calls.get
        if listing is not None and listing.ids is not None:
            for part in chunks(ids, listing.ids.at_most):
                params = {**self._list_params(listing), listing.ids.param: ",".join(part)}
                for rows, _ in self._walk(listing, params, {}):
                    yield Page(records=[self._record(row) for row in rows])
        elif getting is not None:
            for id_ in ids:
                row = self._got(getting, id_)
                yield Page(records=[] if row is None else [row])
        else:
            raise UserError(f"{self._wire.name} cannot read single records of `{self._stream.name}`.")
        yield Page(records=[], complete=True)

    def _listed(self, listing: Listing) -> Iterator[Page]:
        params = self._list_params(listing)
        detailed = needs_detail(self._request, self._stream, self._calls)
        since = self._request.since
        while True:
            headers, limits = self._since(listing, since)
            last: Row | None = None
            for rows, walk in self._walk(listing, {**params, **limits}, headers):
                fresh, done = self._newer(listing, [self._record(row) for row in rows], since)
                done = done or walk is None
                yield Page(records=self._detailed(fresh) if detailed else fresh, complete=done)
                if done:
                    return
                last = rows[-1]
            since = self._further(listing, last, since)

    def _walk(
        self, listing: Listing, params: dict[str, str], headers: Mapping[str, str], what: str = "list"
    ) -> Iterator[tuple[list[Row], Walk | None]]:
        """Pages of rows; None beside the last one. Ends early when the list reaches no further."""
        about = f"{what} {self._stream.name}"
        walk = Walk(listing.paging, f"{self._wire.name}: {about}")
        path = fill_path(listing.path, self._words)
        place: dict[str, str] | None = walk.first()
        while place is not None:
            reply = self._wire.ask(
                Call(
                    what="read",
                    about=about,
                    method="GET",
                    path=path,
                    params={**params, **place},
                    headers=headers,
                )
            )
            rows = self._rows(reply, listing.rows, about)
            place = walk.after(reply.body, rows)
            yield rows, None if place is None else walk
            if walk.is_full:
                return

    def _rows(self, reply: Reply, path: str, about: str) -> list[Row]:
        if reply.verdict is not None:
            raise UserError(
                f"{self._wire.name} could not {about}: {reply.verdict.message} ({reply.verdict.code}).",
                remedy=reply.verdict.advice,
            )
        try:
            return pick_rows(path, reply.body)
        except UnreadableError as error:
            raise TemporaryError(
                f"{self._wire.name} could not {about}: it answered with {error}.",
                remedy="Run again; if it stays, the system does not answer as its connector file says.",
            ) from None

    def _list_params(self, listing: Listing) -> dict[str, str]:
        params = fill_params(listing.params, self._words)
        if listing.fields is not None:
            params[listing.fields.param] = self._named_fields(listing.fields.at_most)
        view = self._request.view if self._request.ids is None else None
        if view is not None:
            if listing.view is None:
                raise UserError(f"{self._wire.name} has no saved views of `{self._stream.name}`.")
            params = {key: value for key, value in params.items() if key not in listing.view.without}
            params[listing.view.param] = self._view_id(listing.view, view)
        return params

    def _named_fields(self, most: int) -> str:
        if len(self._keys) > most:
            raise UserError(
                f"{self._wire.name} reads at most {most} fields of `{self._stream.name}`, not {len(self._keys)}.",
                remedy="Map fewer fields, or split the mapping.",
            )
        return ",".join(self._keys)

    def _since(self, listing: Listing, since: str | None) -> tuple[dict[str, str], dict[str, str]]:
        """Headers and parameters that limit a list to what changed."""
        rule = listing.since
        if rule is None or since is None:
            return {}, {}
        if rule.style == "sorted" or rule.header is None:
            return {}, dict(rule.params)
        moment = self._moment(since) - timedelta(seconds=1 if rule.exclusive else 0)
        return {rule.header: moment.isoformat(timespec="seconds")}, dict(rule.params)

    def _newer(self, listing: Listing, rows: list[Row], since: str | None) -> tuple[list[Row], bool]:
        """The rows that are new enough, and whether an older one was met in a list sorted newest first."""
        sorted_ = listing.since is not None and listing.since.style == "sorted"
        if since is None or not sorted_ or self._stream.modified is None:
            return rows, False
        start, name = self._moment(since), self._stream.modified
        fresh = [row for row in rows if not row.get(name) or self._moment(row[name]) >= start]
        return fresh, len(fresh) < len(rows)

    def _further(self, listing: Listing, last: Row | None, since: str | None) -> str:
        """Where a list goes on that reaches no further: at the time of its last record, which comes again."""
        moment = last.get(self._stream.modified) if last and self._stream.modified else None
        if listing.since is None or listing.since.style != "header" or not isinstance(moment, str):
            raise UserError(
                f"`{self._stream.name}` has more records than one list of {self._wire.name} reaches."
            )
        if moment == since:
            raise UserError(
                f"{listing.paging.ceiling} records of `{self._stream.name}` have the modified time {moment}; "
                f"{self._wire.name} cannot list past them."
            )
        return moment

    def _moment(self, text: str) -> datetime:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise UserError(f"{self._wire.name}: `{text[:40]}` is not a time with a zone.")
        return moment

    def _view_id(self, view: View, name: str) -> str:
        """The id of a saved view, by any of its names. Raises UserError with the names that exist."""
        lookup = Listing(path=view.path, rows=view.rows, params=view.params, paging=view.paging)
        found: dict[str, str] = {}
        for rows, _ in self._walk(lookup, fill_params(view.params, self._words), {}, "list the views of"):
            for row in rows:
                found.update(
                    {str(row[key]): str(row[view.id]) for key in reversed(view.names) if row.get(key)}
                )
        if name not in found:
            raise UserError(
                f"{self._wire.name} has no view `{name}` of `{self._stream.name}`.",
                remedy=f"There are: {', '.join(sorted(found)[:20])}.",
            )
        return found[name]

    def _detailed(self, rows: list[Row]) -> list[Row]:
        getting = self._calls.get
        if getting is None:
            return rows
        full = (self._got(getting, str(row[self._stream.id])) for row in rows)
        return [row for row in full if row is not None]  # None: deleted since it was listed

    def _got(self, getting: Getting, id_: str) -> Row | None:
        about = f"read one record of {self._stream.name}"
        words = {**self._words, "id": id_}
        path, params = fill_path(getting.path, words), fill_params(getting.params, words)
        reply = self._wire.ask(Call(what="read", about=about, method="GET", path=path, params=params))
        row = None if reply.verdict is not None else pick(getting.row, reply.body)
        return self._record(row) if isinstance(row, Mapping) else None

    def _record(self, row: Row) -> Row:
        """A record as the engine reads it: what was asked for and an id, which is text."""
        id_ = row.get(self._stream.id)
        if id_ in (None, ""):
            raise TemporaryError(
                f"{self._wire.name} delivered a record of `{self._stream.name}` without `{self._stream.id}`.",
                remedy="Run again; if it stays, the system does not answer as its connector file says.",
            )
        whole = flatten(row, self._custom)
        kept = {key: whole[key] for key in (*self._keys, *self._fields) if key in whole}
        return {**kept, self._stream.id: str(id_)}


def pages_of(records: int | None, paging: Paging) -> int:
    """List requests that so many records take; at least one."""
    if records is None or paging.style == "none":
        return 1
    return max(1, -(-records // paging.at_most))
