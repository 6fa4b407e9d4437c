"""Cursors: how far a server's own time has come, compared and moved in the server's own notation."""

from __future__ import annotations

from datetime import datetime, timedelta

#: A listing may show a change later than its time says: read so much further back than the last time seen.
OVERLAP = timedelta(minutes=2)


def has_come(column: str, now: datetime) -> str:
    """SQL over a column of moments: whether such a time has come, so that it may be a server's present.

    A record may name any time, a typing error even a far one; a cursor that went there would pass by every edit until
    then. Whoever names a time to come is read by every run, for it lies behind the cursor. A counter has no time.
    """
    return f"COALESCE(TRY_CAST({column} AS TIMESTAMPTZ) <= TIMESTAMPTZ '{now.isoformat()}', true)"


def since(cursor: str | None) -> str | None:
    """Where to read from: the cursor less the overlap."""
    return earlier(cursor, OVERLAP)


def earlier(cursor: str | None, by: timedelta) -> str | None:
    """A moment before the cursor, in the cursor's own notation, with a zone or without. Not a time: the cursor."""
    if cursor is None:
        return None
    try:
        moment = datetime.fromisoformat(cursor)
    except ValueError:
        return cursor
    if len(cursor) < len("2026-01-01T00:00") or cursor[10] not in "T ":
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
    end = next((index for index in range(11, len(sample)) if sample[index] in "Z+-zb "), len(sample))
    body = sample[:end]
    return body, body.partition(".")[2]
