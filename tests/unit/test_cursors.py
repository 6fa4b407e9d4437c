"""A cursor that is a time goes back by the overlap in its own notation, with a zone or without; others stay."""

from __future__ import annotations

import pytest

from engine.run.session.cursors import since

MOVED = {
    "2026-01-31T10:00:00Z": "2026-01-31T09:58:00Z",
    "2026-01-31T10:00:00+00:00": "2026-01-31T09:58:00+00:00",
    "2026-01-31T10:00:00-03:00": "2026-01-31T09:58:00-03:00",
    "2026-01-31T10:00:00.25Z": "2026-01-31T09:58:00.25Z",
    "2026-01-31 00:01:00": "2026-01-30 23:59:00",
    "2026-01-31T10:00:00": "2026-01-31T09:58:00",
    "2026-01-31 10:00:00.123456": "2026-01-31 09:58:00.123456",
    "2026-01-31 10:00:00.5": "2026-01-31 09:58:00.5",
}


@pytest.mark.parametrize(("cursor", "start"), MOVED.items())
def test_a_time_goes_back_in_its_own_notation(cursor: str, start: str) -> None:
    assert since(cursor) == start


@pytest.mark.parametrize("cursor", ["17", "1767225600", "2026-01-31", "20260131T100000", "abc", ""])
def test_what_is_no_time_of_day_stays(cursor: str) -> None:
    assert since(cursor) == cursor
