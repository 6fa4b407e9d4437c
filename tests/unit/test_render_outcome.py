"""The end of a run on screen: figures that add up, what happened, what to do next."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.record import Counts, Held, Side
from engine.render.outcome import add, counts_text, run_text
from engine.render.table import Screen
from engine.run.session.report import HeldRecord, RunOutcome, RunReport

SCREEN = Screen()
CUSTOMERS = Counts(
    read={"left": 1320, "right": 60},
    created={"left": 0, "right": 1274},
    updated={"left": 0, "right": 40},
    unchanged=3,
    skipped=2,
    held=1,
)
VENDORS = Counts(read={"left": 9, "right": 0}, created={"left": 0, "right": 9})
HELD = HeldRecord(module="customers", held=Held(side="left", id="7", code="refused", message="Too long."))
REPORT = RunReport(
    run="r1",
    integration="books-crm",
    outcome="done",
    seconds=3.21,
    modules={"customers": CUSTOMERS, "vendors": VENDORS},
    calls={"crm": 3, "books": 1375},
)


def test_a_run_ends_with_a_table_whose_total_is_the_sum_of_its_rows() -> None:
    assert run_text(REPORT, SCREEN, spec="x.yaml") == (
        "module     read l/r  created l/r  updated l/r  unchanged  skipped  held  conflicts\n"
        "──────────────────────────────────────────────────────────────────────────────────\n"
        "customers  1,320/60      0/1,274         0/40          3        2     1          0\n"
        "vendors         9/0          0/9          0/0          0        0     0          0\n"
        "──────────────────────────────────────────────────────────────────────────────────\n"
        "total      1,329/60      0/1,283         0/40          3        2     1          0\n"
        "\n"
        "Done in 3.2 s: 1,283 created and 40 updated (3 calls to crm and 1,375 calls to books).\n"
    )


def test_deletes_have_a_column_only_where_something_was_deleted() -> None:
    assert "deleted" not in counts_text({"customers": CUSTOMERS}, SCREEN)
    deleted = replace(CUSTOMERS, deleted={"left": 0, "right": 5})
    assert "0/5" in counts_text({"customers": deleted}, SCREEN)


def test_a_module_name_is_text_and_never_markup() -> None:
    assert "[red]x[/red]\\n" in counts_text({"[red]x[/red]\n": CUSTOMERS}, Screen(color=True))


def ended(outcome: RunOutcome, counts: Counts, *, held: int = 0) -> str:
    report = replace(REPORT, outcome=outcome, modules={"customers": counts}, held=(HELD,) * held, calls={})
    return run_text(report, SCREEN, spec="specs/x.yaml").split("\n\n", 1)[1]


@pytest.mark.parametrize(
    ("outcome", "counts", "held", "says"),
    [
        ("done", Counts(), 0, "Nothing to do: nothing changed since the last run."),
        (
            "done",
            Counts(read={"left": 9, "right": 9}, unchanged=9),
            0,
            "Nothing to do: both sides are in step.\n",
        ),
        (
            "done",
            Counts(read={"left": 9, "right": 9}, unchanged=7, skipped=2, missing={"left": 0, "right": 1}),
            0,
            "Nothing to do: all others are in step; 2 skipped and 1 missing on the right.\n",
        ),
        (
            "done",
            replace(VENDORS, not_comparable=3),
            0,
            "Done in 3.2 s: 9 created; 3 not comparable (a field is not shown).\n",
        ),
        ("held", CUSTOMERS, 2, "Finished in 3.2 s: 1,274 created and 40 updated."),
        (
            "held",
            CUSTOMERS,
            2,
            "2 records are held. See why, and what resolves each: engine errors specs/x.yaml",
        ),
        ("interrupted", VENDORS, 0, "the batch in flight was finished, 9 created; all of it is recorded."),
        ("interrupted", VENDORS, 0, "Run the same command again to continue where it stopped."),
        ("parked", VENDORS, 0, "A system allows no more calls for now: 9 created, and the rest waits."),
        ("parked", VENDORS, 0, "Run the same command again later; it continues where it stopped."),
    ],
)
def test_each_outcome_has_its_sentence_and_its_next_step(
    outcome: RunOutcome, counts: Counts, held: int, says: str
) -> None:
    assert says in ended(outcome, counts, held=held)


def test_a_run_that_wrote_nothing_but_holds_records_is_not_called_in_step() -> None:
    text = ended("held", Counts(read={"left": 3, "right": 0}, held=3), held=3)
    assert "Nothing to do" not in text
    assert "engine errors" in text


pair = st.fixed_dictionaries({"left": st.integers(0, 9999), "right": st.integers(0, 9999)})
one = st.integers(0, 9999)
counts = st.builds(
    Counts,
    read=pair, created=pair, updated=pair, deleted=pair, unchanged=one, skipped=one, held=one, conflicts=one,
    not_comparable=one, missing=pair,
)  # fmt: skip


@given(st.lists(counts, max_size=4))
def test_the_total_of_modules_is_their_sum_in_every_figure(modules: list[Counts]) -> None:
    total = add({str(place): module for place, module in enumerate(modules)})
    sides: tuple[Side, Side] = ("left", "right")
    for name in ("read", "created", "updated", "deleted"):
        for side in sides:
            assert getattr(total, name)[side] == sum(getattr(module, name)[side] for module in modules)
    for name in ("unchanged", "skipped", "held", "conflicts"):
        assert getattr(total, name) == sum(getattr(module, name) for module in modules)
