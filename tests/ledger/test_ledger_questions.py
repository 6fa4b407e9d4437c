"""How a SQLite ledger answers questions about links: it looks no link of a large module up singly."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
import sqlalchemy as sa

from engine.ledger import Settlement, open_ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.ledger.store import Ledger

LINKS = 400
STATES = (
    "active",
    "missing-left",
    "missing-right",
    "gone-left",
    "gone-right",
    "suspended",
    "active",
    "active",
)
QUESTIONS: dict[str, Callable[[Ledger], object]] = {
    "count": lambda ledger: ledger.link_count("i", "large"),
    "all": lambda ledger: ledger.links_table("i", "large"),
    "some": lambda ledger: ledger.links_table("i", "large", pa.array([1, 2, 3])),
    "run": lambda ledger: ledger.run_links("i", "run"),
    "status": lambda ledger: ledger.status("i"),
    "run of a link": lambda ledger: ledger.run_of_link("i", "large", "l1"),
}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Two modules: one has nearly all links, the other three."""
    made = open_ledger(tmp_path / "ledger.sqlite")
    lease = made.take_lease("i", "a test", "2026-03-01T10:00:00Z", 600)
    for module, count in (("large", LINKS), ("small", 3)):
        numbers = range(count)
        columns = {
            "left_id": [f"l{n}" for n in numbers],
            "right_id": [f"r{n}" for n in numbers],
            "state": [STATES[n % len(STATES)] for n in numbers],
        }
        made.settle(lease, None, Settlement(run="run", module=module, links=pa.table(columns)))
    made.release(lease)
    return made


def plans_of(ledger: Ledger, ask: Callable[[Ledger], object]) -> list[str]:
    """The way that SQLite takes to the links, for each statement of a question."""
    asked: list[tuple[str, object]] = []
    engine = ledger._database._engine  # type: ignore[attr-defined]  # it is a SQLite file

    def hear(_c: object, _cursor: object, statement: str, values: object, *_more: object) -> None:
        asked.append((statement, values))

    sa.event.listen(engine, "before_cursor_execute", hear)
    ask(ledger)
    sa.event.remove(engine, "before_cursor_execute", hear)
    with ledger._database.reading() as connection:
        return [
            str(row[3])
            for statement, values in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type]  # as it was executed
            if " links" in row[3]
        ]


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_question_looks_each_link_of_a_large_module_up(ledger: Ledger, name: str) -> None:
    with closing(ledger):
        plans = plans_of(ledger, QUESTIONS[name])
    assert plans
    for plan in plans:
        walks = plan.endswith(("(integration=? AND module=?)", "(integration=?)"))
        assert not walks or "COVERING" in plan, plan


def test_links_are_counted_that_are_kept_in_step(ledger: Ledger) -> None:
    with closing(ledger):
        assert [ledger.link_count("i", name) for name in ("large", "small", "none")] == [LINKS * 5 // 8, 3, 0]


def test_links_of_a_small_module_come_through_its_index(ledger: Ledger) -> None:
    with closing(ledger):
        assert any(
            "USING INDEX links_" in plan
            for plan in plans_of(ledger, lambda one: one.links_table("i", "small"))
        )
        assert ledger.links_table("i", "small").num_rows == 3
