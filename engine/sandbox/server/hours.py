"""Hours as the products write them: `12:26`."""

from __future__ import annotations

import re

_CLOCK = re.compile(r"([0-9]{1,2}):([0-5][0-9])")
_DAY_HOURS = 24


def clock_minutes(text: str) -> int | None:
    """Minutes of `HH:mm`, a day at most; None = it is no such text."""
    found = _CLOCK.fullmatch(text)
    return int(found[1]) * 60 + int(found[2]) if found and int(found[1]) <= _DAY_HOURS else None


def hours_text(minutes: int) -> str:
    """Minutes as `12:26`."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
