"""Changed since: how a list is told from when on changes are wanted, and which of its records are recent. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.catalog import Stream
    from engine.connectors.http.description.calls import ListCalls, Since, Windows
    from engine.connectors.http.read.learned import Row


def moment_of(text: str, who: str) -> datetime:
    """A time with its zone. Raises UserError when the text is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UserError(f"{who}: `{text[:40]}` is not a time with a zone.")
    return moment


def limits(rule: Since, since: datetime) -> tuple[dict[str, str], dict[str, str]]:
    """Headers and parameters that limit a list to what changed at or after a moment."""
    moment = since - timedelta(seconds=1 if rule.exclusive else 0)
    text = moment.isoformat(timespec="seconds")
    if rule.style == "header" and rule.header is not None:
        return {rule.header: text}, dict(rule.params)
    if rule.style == "filter" and rule.param is not None:
        written = moment.strftime("%Y-%m-%dT%H:%M:%S%z") if rule.basic else text
        return {}, {**rule.params, rule.param: written}
    return {}, dict(rule.params)


def new_enough(
    rule: Since | None, rows: list[Row], modified: str | None, since: datetime | None, who: str
) -> tuple[list[Row], bool]:
    """The rows that are new enough, and whether an older one was met in a list sorted newest first."""
    if rule is None or rule.style != "sorted" or since is None or modified is None:
        return rows, False
    fresh = recent(rows, modified, since, who)
    return fresh, len(fresh) < len(rows)


def recent(rows: Sequence[Row], name: str, since: datetime, who: str) -> list[Row]:
    """The rows that changed at or after a moment; one that does not say when is taken for recent."""
    return [row for row in rows if not row.get(name) or moment_of(str(row[name]), who) >= since]


def goes_on_at(
    listing: ListCalls, stream: Stream, last: Row | None, since: datetime | None, who: str
) -> datetime:
    """Where a list goes on that reaches no further: at the time of its last record, which comes again."""
    text = last.get(stream.modified) if last and stream.modified else None
    if listing.since is None or listing.since.style != "header" or not isinstance(text, str):
        raise UserError(f"`{stream.name}` has more records than one list of {who} reaches.")
    moment = moment_of(text, who)
    if moment == since:
        raise UserError(
            f"{listing.paging.ceiling} records of `{stream.name}` have the modified time {text}; "
            f"{who} cannot list past them."
        )
    return moment


def stretches(
    windows: Windows, first: str, since: datetime | None, now: datetime
) -> Iterator[dict[str, str]]:
    """Parameters of every stretch of days of a complete read, or of the days of changes since a moment.

    `first` = the day before which there is nothing, `YYYY-MM-DD`. Raises UserError when it is none.
    """
    try:
        # A day of margin on both sides: the system counts days in a zone that is not known here.
        start = date.fromisoformat(first) if since is None else since.date() - timedelta(days=1)
    except ValueError:
        raise UserError(f"`{first}` is not a day such as 2020-01-31.") from None
    last = now.date() + timedelta(days=windows.ahead_days if since is None else 1)
    more = windows.changed if since is not None else {}
    kinds = [{windows.each: kind} for kind in windows.kinds] if windows.each else [{}]
    while start <= last:
        end = min(last, start + timedelta(days=windows.days - 1))
        for kind in kinds:
            yield {**more, **kind, windows.start: start.isoformat(), windows.end: end.isoformat()}
        start = end + timedelta(days=1)
