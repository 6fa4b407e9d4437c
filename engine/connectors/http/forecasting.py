"""Forecasting: how many requests a read or a write will send, told before it is done. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.connectors.http.moments import moment_of, stretches
from engine.connectors.http.querying import can_ask
from engine.connectors.http.reading import needs_detail, pages_of
from engine.connectors.port import Forecast

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.catalog import Stream
    from engine.connectors.http.calls import Listing, StreamCalls
    from engine.connectors.http.learned import Learned
    from engine.connectors.port import ReadRequest
    from engine.record import Kind


def forecast_ids(ids: Sequence[str], request: ReadRequest, stream: Stream, calls: StreamCalls) -> Forecast:
    """Reading records by their ids."""
    several = calls.list.ids if calls.list and not needs_detail(request, stream, calls) else None
    size = several.at_most if several else 1
    return Forecast(calls=-(-len(ids) // size), method=f"by id, {size} a request")


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
) -> Forecast:
    """Reading a list, with what it needs besides: views, parents, probes, details; `first` = its oldest day."""
    listing = calls.deleted if request.deleted else calls.list
    if listing is None:
        raise ValueError(f"{stream.name} has no such list")
    count = 1 if request.view is not None else 0
    count += _probes(request, stream, listing, learned)
    method = f"list, {listing.paging.at_most} a page"
    if calls.parent is not None and "{parent}" in listing.path:
        lists = learned.lists.get(stream.name)
        count += lists or 1
        method = f"one list for each of the {calls.parent.stream}"
        method += "" if lists else ", whose number is not known yet"
    elif listing.windows is not None:
        whole = learned.lists.get(stream.name) if request.since is None else None
        since = moment_of(request.since, stream.name) if request.since else None
        parts = sum(1 for _ in stretches(listing.windows, first, since, now))
        count += whole or max(parts, pages_of(records, listing.paging))
        method = f"list, {listing.windows.days} days and {listing.paging.at_most} records a page"
    else:
        asked = listing.query if queries and can_ask(listing.query, stream, _named(request, stream)) else None
        over = (records or 0) - (asked.after if asked else 0)
        if asked and over > 0 and request.view is None:
            # The last record of the list comes again with the first query.
            count += pages_of(asked.after, listing.paging) + -(-(over + 1) // asked.at_most)
            method += (
                f"; after {asked.after} records by queries, {asked.at_most} records each: fewest credits"
            )
        else:
            count += pages_of(records, listing.paging)
    if needs_detail(request, stream, calls):
        return Forecast(
            calls=count + (records or 0), method=f"{method}, and one request a record for details"
        )
    return Forecast(calls=count, method=method)


def _named(request: ReadRequest, stream: Stream) -> tuple[str, ...]:
    return tuple(name for name in (stream.id, stream.modified, *request.fields) if name)


def _probes(request: ReadRequest, stream: Stream, listing: Listing, learned: Learned) -> int:
    """One request finds out, once an account, whether a list heeds a moment."""
    tries = request.since is not None and listing.since is not None and listing.since.probe
    return 1 if tries and learned.compares(stream.name) is None else 0


def forecast_writes(
    calls: StreamCalls, kind: Kind, records: int, batch: int, fields: Sequence[str]
) -> Forecast:
    """Writing records that all set these fields; a field that needs an action takes a request of its own."""
    acting = [name for name in fields if name in calls.actions and kind != "delete"]
    plain = kind != "update" or not fields or len(acting) < len(fields)
    count = (-(-records // batch) if plain else 0) + len(acting) * records
    method = f"{kind}, {batch} a request" if plain else "one request a record"
    return Forecast(calls=count, method=method + (f", and one for `{acting[0]}`" if acting and plain else ""))
