"""Forecasting: the requests, and the credits, of a read or a write, told before it is done. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.connectors.http.read.bulk_export import bulk_calls, is_cheaper, query_credits
from engine.connectors.http.read.changed_since import moment_of, stretches
from engine.connectors.http.read.paging import pages_of
from engine.connectors.http.read.query_language import can_ask, needs_detail
from engine.connectors.http.read.read_list import page_credits
from engine.connectors.port import Forecast

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.catalog import Stream
    from engine.connectors.http.description.calls import ListCalls, QueryCalls, StreamCalls, WriteCalls
    from engine.connectors.http.read.learned import Learned
    from engine.connectors.port import ReadRequest
    from engine.record import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Requests and what they cost."""

    calls: int
    credits: int
    method: str

    def told(self, *, counted: bool) -> Forecast:
        """As the port has it; `counted` = the system counts credits."""
        return Forecast(calls=self.calls, method=self.method, credits=self.credits if counted else None)


def forecast_ids(ids: Sequence[str], request: ReadRequest, stream: Stream, calls: StreamCalls) -> Cost:
    """Reading records by their ids."""
    listing = calls.list
    several = listing.ids if listing and not needs_detail(request, stream, calls) else None
    size = several.at_most if several else 1
    count = -(-len(ids) // size)
    price = listing.credits if listing and several else 1
    return Cost(calls=count, credits=count * price, method=f"by id, {size} a request")


def forecast_list(
    request: ReadRequest,
    stream: Stream,
    calls: StreamCalls,
    records: int | None,
    *,
    learned: Learned,
    now: datetime,
    first: str,
    queries: bool,
) -> Cost:
    """Reading a list, with what it needs besides: views, parents, probes, details; `first` = its oldest day."""
    listing = calls.deleted if request.deleted else calls.list
    if listing is None:
        raise ValueError(f"{stream.name} has no such list")
    extra = (1 if request.view is not None else 0) + _probes(request, stream, listing, learned)
    asked = listing.query if queries and can_ask(listing.query, stream, _named(request, stream)) else None
    if (calls.parent is not None and "{parent}" in listing.path) or listing.windows is not None:
        cost = _pieces(request, stream, calls, listing, records, learned=learned, now=now, first=first)
    elif asked and request.view is None and (records or 0) > asked.after:
        cost = _long(request, listing, asked, records or 0)
    else:
        pages = pages_of(records, listing.paging)
        price = page_credits(listing, viewed=request.view is not None)
        cost = Cost(calls=pages, credits=pages * price, method=f"list, {listing.paging.at_most} a page")
    details = (records or 0) if needs_detail(request, stream, calls) else None
    return Cost(
        calls=cost.calls + extra + (details or 0),
        credits=cost.credits + extra + (details or 0),
        method=cost.method + ("" if details is None else ", and one request a record for details"),
    )


def _pieces(
    request: ReadRequest,
    stream: Stream,
    calls: StreamCalls,
    listing: ListCalls,
    records: int | None,
    *,
    learned: Learned,
    now: datetime,
    first: str,
) -> Cost:
    """A list that is read below every parent, or stretch of days by stretch of days."""
    if calls.parent is not None and "{parent}" in listing.path:
        lists = learned.lists.get(stream.name)
        method = f"one list for each of the {calls.parent.stream}"
        method += "" if lists else ", whose number is not known yet"
        return Cost(calls=lists or 1, credits=lists or 1, method=method)
    windows = listing.windows
    if windows is None:
        raise ValueError(f"{stream.name} is read in one piece")
    whole = learned.lists.get(stream.name) if request.since is None else None
    since = moment_of(request.since, stream.name) if request.since else None
    parts = sum(1 for _ in stretches(windows, first, since, now))
    count = whole or max(parts, pages_of(records, listing.paging))
    method = f"list, {windows.days} days and {listing.paging.at_most} records a page"
    return Cost(calls=count, credits=count, method=method)


def _long(request: ReadRequest, listing: ListCalls, query: QueryCalls, records: int) -> Cost:
    """A list that goes on by queries; and from the second one on, by whatever costs the fewest credits."""
    pages = pages_of(query.after, listing.paging)
    method = f"list, {listing.paging.at_most} a page; after {query.after} records by "
    bulk = listing.bulk if request.since is None else None
    # The last record of the list comes again with the first query.
    left = records - query.after + 1
    counted = 1 if bulk and left > query.at_most else 0
    if bulk and counted and is_cheaper(bulk, query, records, query.after + query.at_most):
        calls, price = bulk_calls(bulk, records)
        return Cost(
            calls=pages + 1 + counted + calls,
            credits=pages * listing.credits + query.credits + counted + price,
            method=f"{method}a query, a count and in bulk, {bulk.at_most:,} a file: fewest credits, unless the "
            "system takes long: each further look at a job costs one",
        )
    queries = -(-left // query.at_most)
    return Cost(
        calls=pages + counted + queries,
        credits=pages * listing.credits + counted + query_credits(query, left),
        method=f"{method}queries, {query.at_most} records each: fewest credits",
    )


def _named(request: ReadRequest, stream: Stream) -> tuple[str, ...]:
    return tuple(name for name in (stream.id, stream.modified, *request.fields) if name)


def _probes(request: ReadRequest, stream: Stream, listing: ListCalls, learned: Learned) -> int:
    """One request finds out, once an account, whether a list heeds a moment."""
    tries = request.since is not None and listing.since is not None and listing.since.probe
    return 1 if tries and learned.compares(stream.name) is None else 0


def forecast_writes(
    calls: StreamCalls, kind: Kind, records: int, writing: WriteCalls, fields: Sequence[str]
) -> Cost:
    """Writing records that all set these fields; a field that needs an action takes a request of its own."""
    acting = [name for name in fields if name in calls.actions and kind != "delete"]
    plain = kind != "update" or not fields or len(acting) < len(fields)
    actions = sum(1 + bool(calls.actions[name].through) for name in acting) * records
    requests = -(-records // writing.batch) if plain else 0
    method = f"{kind}, {writing.batch} a request" if plain else "one request a record"
    return Cost(
        calls=requests + actions,
        credits=(_batch_credits(writing, records) if plain else 0) + actions,
        method=method + (f", and one for `{acting[0]}`" if acting and plain else ""),
    )


def _batch_credits(writing: WriteCalls, records: int) -> int:
    """Every request pays for its own records."""
    whole, rest = divmod(records, writing.batch)
    if writing.per_credit is None:
        return whole + (1 if rest else 0)
    return whole * -(-writing.batch // writing.per_credit) + -(-rest // writing.per_credit)
