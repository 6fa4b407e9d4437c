"""Progress: the events of a run summed up in one line that tells rate, done and total."""

from __future__ import annotations

import pytest

from engine.event import (
    BatchSettled,
    Event,
    ModuleStarted,
    Noted,
    PageRead,
    PushPlanned,
    RecordHeld,
    RunStarted,
    Waiting,
)
from engine.record import Held
from engine.render.progress import Progress, news_line, progress_line

STARTED = ModuleStarted(module="customers")
PAGE = PageRead(module="customers", side="left", records=200)
PLANNED = PushPlanned(module="customers", writes=274)
SETTLED = BatchSettled(module="customers", side="right", writes=50, held=2)


def line(*events: tuple[float, Event], now: float) -> str:
    progress = Progress()
    for moment, event in events:
        progress.hear(event, moment)
    assert progress.current is not None
    return progress_line(progress.current, now)


@pytest.mark.parametrize(
    ("events", "now", "says"),
    [
        ([(0, STARTED)], 5, "customers: 0 read"),
        ([(0, STARTED), (1, PAGE), (2, PAGE)], 2, "customers: 400 read (200/s)"),
        ([(0, STARTED), (1, PAGE), (2, PLANNED)], 2, "customers: 0 of 274 written"),
        (
            [(0, STARTED), (1, PAGE), (2, PLANNED), (4, SETTLED)],
            4,
            "customers: 50 of 274 written (25/s, 8.5 s left), 2 held",
        ),
    ],
)
def test_a_module_under_way_is_one_line(events: list[tuple[float, Event]], now: float, says: str) -> None:
    assert line(*events, now=now) == says


def test_the_line_is_about_the_module_that_started_last() -> None:
    assert line((0, STARTED), (1, PAGE), (2, ModuleStarted(module="vendors")), now=3) == "vendors: 0 read"


def test_a_wait_lasts_until_the_next_event() -> None:
    progress = Progress()
    progress.hear(STARTED, 0)
    wait = Waiting(system="books", seconds=30, why="rate limit")
    progress.hear(wait, 1)
    assert progress.waiting == wait
    progress.hear(PAGE, 31)
    assert progress.waiting is None


@pytest.mark.parametrize(
    ("event", "news"),
    [
        (RunStarted(run="r1", integration="x", modules=("a", "b")), "run r1 of x: 2 modules"),
        (Waiting(system="books", seconds=30, why="rate limit"), "waiting 30 s for books: rate limit"),
        (Waiting(system="books", seconds=0.3, why="rate limit"), None),
        (Noted(message="No index\non name.", module="a"), "a: No index\\non name."),
        (PAGE, None),
        (RecordHeld(module="a", held=Held(side="left", id="1", code="x", message="y")), None),
    ],
)
def test_only_news_gets_a_line_in_a_log(event: Event, news: str | None) -> None:
    assert news_line(event) == news
