"""Read stream: the pages of a stream: lists, saved views, changes, long reads, children, single records, details."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from engine.connectors.http.content.fill_templates import is_identity
from engine.connectors.http.content.json_body import flatten, pick
from engine.connectors.http.read.bulk_export import ExportReader, is_cheaper
from engine.connectors.http.read.changed_since import goes_on_at, limits, moment_of, new_enough, stretches
from engine.connectors.http.read.learned import Learned, Row, dig, put
from engine.connectors.http.read.paging import chunks
from engine.connectors.http.read.parents import own_part, row_id
from engine.connectors.http.read.query_language import QueryReader, can_ask, needs_detail, sought
from engine.connectors.port import Page, ReadRequest
from engine.errors import TemporaryError, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from engine.catalog import Stream
    from engine.connectors.http.description.api import CustomFields
    from engine.connectors.http.description.calls import (
        GetCalls,
        ListCalls,
        ParentCalls,
        QueryCalls,
        Since,
        StreamCalls,
        Windows,
    )
    from engine.connectors.http.read.parents import Parents
    from engine.connectors.http.read.query_language import RecordQuery
    from engine.connectors.http.read.read_list import ListReader

#: A moment so far ahead that nothing can have changed after it.
FUTURE = timedelta(days=3650)


class StreamReader:
    """One read request of one stream."""

    def __init__(
        self,
        walker: ListReader,
        stream: Stream,
        calls: StreamCalls,
        request: ReadRequest,
        *,
        custom: CustomFields | None,
        families: Parents,
        learned: Learned,
        now: Callable[[], datetime],
        build: Callable[[RecordQuery], str] | None = None,
    ) -> None:
        self._walker = walker
        self._who = walker.wire.name
        self._stream = stream
        self._calls = calls
        self._request = request
        self._custom = custom
        self._families = families
        self._learned = learned
        self._now = now
        self._build = build
        self._fields = dict.fromkeys((*filter(None, (stream.id, stream.modified)), *request.fields))
        self._keys = dict.fromkeys(name.split(".")[0] for name in self._fields)

    def pages(self) -> Iterator[Page]:
        """The pages; the last one is marked complete. Raises UserError and TemporaryError."""
        if self._request.deleted:
            if self._calls.deleted is None:
                raise UserError(f"{self._who} does not tell what was deleted from `{self._stream.name}`.")
            yield from self._listed(self._calls.deleted)
        elif self._request.ids is not None:
            yield from self._by_ids([id_ for id_ in self._request.ids if is_identity(id_)])
        elif self._calls.list is None:
            raise UserError(f"{self._who} cannot list `{self._stream.name}`.")
        elif self._calls.parent is not None and "{parent}" in self._calls.list.path:
            yield from self._below_parents(self._calls.list, self._calls.parent)
        else:
            yield from self._sought(self._calls.list) or self._listed(self._calls.list)

    def _by_ids(self, ids: Sequence[str]) -> Iterator[Page]:
        listing, getting = self._calls.list, self._calls.get
        self._learned.fresh[self._stream.name] = {}
        one_by_one = getting is not None and needs_detail(self._request, self._stream, self._calls)
        if listing is not None and listing.ids is not None and not one_by_one:
            for part in chunks(ids, listing.ids.at_most):
                params = {**self._list_params(listing), listing.ids.param: ",".join(part)}
                for rows, _ in self._walker.walk(listing, params, {}):
                    yield Page(records=[self._record(row) for row in rows])
        elif getting is not None:
            for id_ in ids:
                row = self._got(getting, id_)
                yield Page(records=[] if row is None else [row])
        else:
            raise UserError(f"{self._who} cannot read single records of `{self._stream.name}`.")
        yield Page(records=[], complete=True)

    def _by_windows(self, listing: ListCalls, windows: Windows) -> Iterator[Page]:
        """Stretch of days by stretch of days; a record may come twice."""
        params, pages = self._list_params(listing), 0
        detailed = needs_detail(self._request, self._stream, self._calls)
        text = self._request.since if windows.changed else None  # else no changes can be asked for
        since = moment_of(text, self._who) if text else None
        for part in stretches(windows, self._walker.filled(windows.first), since, self._now()):
            for rows, _ in self._walker.walk(listing, {**params, **part}, {}):
                pages += 1
                found = [self._record(row) for row in rows]
                yield Page(records=self._detailed(found) if detailed else found)
        if since is None:
            self._learned.lists[self._stream.name] = pages
        yield Page(records=[], complete=True)

    def _listed(self, listing: ListCalls) -> Iterator[Page]:
        if listing.windows is not None:
            yield from self._by_windows(listing, listing.windows)
            return
        params = self._list_params(listing)
        detailed = needs_detail(self._request, self._stream, self._calls)
        since = self._since(listing, params)
        asking, listed = self._asking(listing), 0
        while True:
            headers, more = limits(listing.since, since) if listing.since and since else ({}, {})
            last: Row | None = None
            for rows, walk in self._walker.walk(listing, {**params, **more}, headers):
                found = [self._record(row) for row in rows]
                fresh, done = new_enough(listing.since, found, self._stream.modified, since, self._who)
                done = done or walk is None
                yield Page(records=self._detailed(fresh) if detailed else fresh, complete=done)
                if done:
                    return
                last = rows[-1] if rows else last
                listed += len(rows)
                if asking and last and listed >= asking[0].after and last.get(self._stream.modified or ""):
                    querying = QueryReader(self._walker.wire, asking[0], self._stream, asking[1])
                    yield from self._queried(listing, querying, str(last[self._stream.modified or ""]))
                    if not querying.refused:
                        return
                    asking = None  # this account may not query: the list goes on
            since = goes_on_at(listing, self._stream, last, since, self._who)

    def _sought(self, listing: ListCalls) -> list[Page]:
        """What a query finds by its words; nothing where none can be asked, or it finds nobody: then all is listed."""
        asking, wanted = self._asking(listing), self._request.contains
        if asking is None or wanted is None:
            return []
        pages = sought(
            QueryReader(self._walker.wire, asking[0], self._stream, asking[1], wanted), tuple(self._keys)
        )
        return [Page(records=[self._record(row) for row in rows], complete=last) for rows, last in pages]

    def _asking(self, listing: ListCalls) -> tuple[QueryCalls, Callable[[RecordQuery], str]] | None:
        """How a long list goes on by queries; None = it does not."""
        query = listing.query
        if query is None or self._build is None or self._request.view is not None:
            return None
        return (query, self._build) if can_ask(query, self._stream, tuple(self._fields)) else None

    def _queried(self, listing: ListCalls, querying: QueryReader, since: str) -> Iterator[Page]:
        """The rest by queries; or, once there is more than one query shows, by whatever costs the fewest credits."""
        for turn, (rows, last) in enumerate(querying.pages(tuple(self._keys), since)):
            yield Page(records=[self._record(row) for row in rows], complete=last)
            bulking = self._bulking(listing) if turn == 0 and not last else None
            if bulking is None:
                continue
            yield from bulking.pages()
            if not bulking.refused:
                yield from self._caught_up(listing, bulking.since)
                return

    def _bulking(self, listing: ListCalls) -> ExportReader | None:
        """A read in bulk, where it costs less than the queries that would follow the first one."""
        bulk, query = listing.bulk, listing.query
        if bulk is None or query is None or self._request.since is not None:
            return None
        bulking = ExportReader(self._walker.wire, bulk, self._stream, tuple(self._fields))
        total = bulking.total()
        cheaper = total is not None and is_cheaper(bulk, query, total, query.after + query.at_most)
        return bulking if cheaper else None

    def _caught_up(self, listing: ListCalls, since: datetime | None) -> Iterator[Page]:
        """What changed since the file was asked for."""
        headers, more = limits(listing.since, since) if listing.since and since else ({}, {})
        for rows, walk in self._walker.walk(listing, {**self._list_params(listing), **more}, headers):
            yield Page(records=[self._record(row) for row in rows], complete=walk is None)

    def _below_parents(self, listing: ListCalls, parent: ParentCalls) -> Iterator[Page]:
        """The list of every parent, one after the other; the parents are listed first."""
        params = self._list_params(listing)
        detailed = needs_detail(self._request, self._stream, self._calls)
        before, pages = self._families.pages, 0
        parents = list(self._families.ids(parent))
        spent = self._families.pages - before
        for id_ in parents:
            above = self._families.above(parent, id_, of=listing.path)
            for rows, _ in self._walker.walk(listing, params, {}, above=above):
                pages += 1
                found = [self._record(put(row, parent.field, id_)) for row in rows]
                yield Page(records=self._detailed(found) if detailed else found)
        self._learned.lists[self._stream.name] = spent + pages
        yield Page(records=[], complete=True)

    def _list_params(self, listing: ListCalls) -> dict[str, str]:
        params = self._walker.params(listing)
        if listing.fields is not None:
            params[listing.fields.param] = self._named_fields(listing.fields.at_most)
        view = self._request.view if self._request.ids is None else None
        if view is not None:
            if listing.view is None:
                raise UserError(f"{self._who} has no saved views of `{self._stream.name}`.")
            params = {key: value for key, value in params.items() if key not in listing.view.without}
            params[listing.view.param] = self._walker.view_id(listing.view, view)
        return params

    def _named_fields(self, most: int) -> str:
        if len(self._keys) > most:
            raise UserError(
                f"{self._who} reads at most {most} fields of `{self._stream.name}`, not {len(self._keys)}.",
                remedy="Map fewer fields, or split the mapping.",
            )
        return ",".join(self._keys)

    def _since(self, listing: ListCalls, params: Mapping[str, str]) -> datetime | None:
        """From when on changes are wanted; None = everything, also where the account ignores the filter."""
        if listing.since is None or self._request.since is None:
            return None
        since = moment_of(self._request.since, self._who)
        if not listing.since.probe:
            return since
        heeds = self._learned.compares(self._stream.name)
        if heeds is None:
            heeds = self._probe(listing, listing.since, params)
            self._learned.keep_compares(self._stream.name, heeds=heeds)
        return since if heeds else None

    def _probe(self, listing: ListCalls, rule: Since, params: Mapping[str, str]) -> bool:
        """Ask for changes of the far future: an account that heeds the filter has none.

        An empty stream looks as if it did; that is harmless, since a filter that is ignored delivers too much.
        """
        headers, more = limits(rule, self._now() + FUTURE)
        wire = self._walker.wire
        call = self._walker.call(listing, {**params, **more}, headers, what="try the time filter of")
        reply = wire.send(call)
        if reply.failure is None:
            return pick(listing.rows, reply.body) in (None, [])
        if reply.failure.next == "hold":
            return False
        raise wire.error(reply.failure, call.about)

    def _detailed(self, rows: list[Row]) -> list[Row]:
        getting = self._calls.get
        if getting is None:
            return rows
        full = (self._got(getting, str(row[self._stream.id])) for row in rows)
        return [row for row in full if row is not None]  # None: deleted since it was listed

    def _got(self, getting: GetCalls, id_: str) -> Row | None:
        parent, below = self._calls.parent, ""
        above: dict[str, str] | None = None
        if parent is not None and "{parent}" in getting.path:
            known = self._families.parent_of(self._stream.name, id_)
            if known is None or not is_identity(known):
                return None
            below, above = known, self._families.above(parent, known, of=getting.path)
        row = self._walker.one(getting, own_part(parent, id_), above=above)
        if row is None:
            return None
        if self._request.ids is not None:
            self._learned.fresh[self._stream.name][id_] = row
        filled = put(row, parent.field, below) if parent and below and not dig(row, parent.field) else row
        return self._record(filled)

    def _record(self, row: Row) -> Row:
        """A record as the engine reads it: what was asked for and an id, which is text."""
        id_ = row_id(row, self._stream.id, self._calls.parent)
        if id_ is None:
            raise TemporaryError(
                f"{self._who} delivered a record of `{self._stream.name}` without `{self._stream.id}`.",
                remedy="Run again; if it stays, the system does not answer as its connector file says.",
            )
        if self._calls.parent is not None and dig(row, self._calls.parent.field):
            of_stream = self._learned.parents.setdefault(self._stream.name, {})
            of_stream[id_] = str(dig(row, self._calls.parent.field))
        whole = flatten(row, self._custom)
        kept = {key: whole[key] for key in (*self._keys, *self._fields) if key in whole}
        return {**kept, self._stream.id: id_}
