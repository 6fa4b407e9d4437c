"""A compiled condition is shown as it would be written in a spec."""

from __future__ import annotations

import pytest

from engine.plan.difference import Difference
from engine.render.condition import written_condition
from engine.render.diff import says


@pytest.mark.parametrize(
    ("compiled", "written"),
    [
        ("kind IS NOT DISTINCT FROM 'y'", "kind = 'y'"),
        ("(\"billing.city\" IS DISTINCT FROM 'x')", "billing.city <> 'x'"),
        ("((NOT COALESCE(ok, FALSE)) AND (LOWER(a) = 'x'))", "NOT ok AND lower(a) = 'x'"),
        (
            "((NOT (COALESCE(ok, FALSE) AND (a <> 'z'))) AND (COALESCE(n > CAST(3 AS BIGINT), FALSE) OR (b = 'q')))",
            "NOT (ok AND a <> 'z') AND (n > 3 OR b = 'q')",
        ),
        ("(COALESCE(a, 0) + b) * 2 > 7", "(COALESCE(a, 0) + b) * 2 > 7"),
    ],
)
def test_only_what_the_engine_needs_is_left_out(compiled: str, written: str) -> None:
    assert written_condition(compiled).lower() == written.lower()


def test_a_saved_view_is_shown_by_its_name() -> None:
    """It is no condition: anything may be its name."""
    one = Difference(
        module="m", aspect="saved-view", about="a.people", before=None, after="Ann's (old) AND", grave=False
    )
    told = "records of `a.people` to sync, by the saved view: `Ann's (old) AND` instead of all records"
    assert says(one).startswith(told)
