"""Pull: read a stream page by page, stage each page, and remember how far the server's time has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from engine.connectors.port import Page
from engine.errors import TemporaryError
from engine.run.read.slow import add_slow
from engine.run.read.stage import stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from engine.connectors.port import Connector, ReadRequest
    from engine.plan import SidePlan
    from engine.run.session.columns import Compute

#: A listing may show a change later than its time says: read so much further back than the last time seen.
OVERLAP = timedelta(minutes=2)


@dataclass(slots=True, kw_only=True)
class Reading:
    """What one read has delivered so far."""

    records: int = 0
    complete: bool = False  #: the connector certifies that everything asked for was delivered


def pull(
    connector: Connector,
    side: SidePlan,
    request: ReadRequest,
    functions: dict[str, Compute],
    reading: Reading,
    arrived: Callable[[Page], None],
) -> Iterator[pa.Table]:
    """Staged pages of a stream, at least one, which may be empty; `arrived` is told of each, `reading` counts them.

    Raises TemporaryError if the read ends without the connector certifying that it was complete, because a
    cursor that moved past records nobody saw would lose them.
    """
    for page in connector.read(request):
        reading.records += len(page)
        reading.complete = page.complete
        arrived(page)
        if len(page):
            yield add_slow(stage(page, side, request.fields), page, functions)
    if not reading.records:
        nothing = Page(records=())
        yield add_slow(stage(nothing, side, request.fields), nothing, functions)
    demand_whole(side, complete=reading.complete)


def demand_whole(side: SidePlan, *, complete: bool) -> None:
    """Raises TemporaryError where a read was not certified to be complete."""
    if not complete:
        raise TemporaryError(
            f"Reading {side.name} ended before the system had delivered everything.",
            remedy="Run again; nothing was remembered of the incomplete read.",
        )


def since(cursor: str | None) -> str | None:
    """Where to read from: the cursor less the overlap."""
    return earlier(cursor, OVERLAP)


def earlier(cursor: str | None, by: timedelta) -> str | None:
    """A moment before the cursor, in the cursor's own notation. Not a time: the cursor."""
    if cursor is None:
        return None
    try:
        moment = datetime.fromisoformat(cursor)
    except ValueError:
        return cursor
    if moment.tzinfo is None or len(cursor) < len("2026-01-01T00:00"):
        return cursor
    return _in_notation_of(cursor, moment - by)


def later(first: str | None, second: str | None) -> str | None:
    """The later of two cursors of one server, in its own notation; a cursor never goes back."""
    if first is None or second is None:
        return first or second
    try:
        moments = datetime.fromisoformat(first), datetime.fromisoformat(second)
        return first if moments[0] >= moments[1] else second
    except (ValueError, TypeError):  # no moments: counters or texts, which the connector compares as they are
        return max(
            first, second, key=lambda cursor: (len(cursor), cursor) if cursor.isdigit() else (0, cursor)
        )


def moment_of(version: str | None) -> datetime | None:
    """The moment that a version names; None where it is a counter, or has no zone."""
    try:
        moment = datetime.fromisoformat(version or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _in_notation_of(sample: str, moment: datetime) -> str:
    """The moment written as the server writes its own, so that text comparison stays right."""
    separator = sample[10]
    body, fraction = _split_zone(sample)
    digits = len(fraction)
    text = moment.strftime(f"%Y-%m-%d{separator}%H:%M:%S")
    if digits:
        text += "." + f"{moment.microsecond:06d}"[:digits].ljust(digits, "0")
    return text + sample[len(body) :]


def _split_zone(sample: str) -> tuple[str, str]:
    """The text before the zone, and its fractional digits."""
    end = next(index for index in range(11, len(sample)) if sample[index] in "Z+-zb ")
    body = sample[:end]
    return body, body.partition(".")[2]
