"""A deal becomes a project because a person says so, as the shipped spec has it; against the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sandbox_visitor import visit

from engine.compiler import compile_file
from engine.compiler.parts import Hand
from engine.errors import UserError
from engine.run.by_hand import act, foresee
from engine.run.execute import Call

if TYPE_CHECKING:
    from engine.plan import Plan

SPEC = Path(__file__).parent.parent / "specs" / "zoho-projects-crm.yaml"


def _plan(**answers: str) -> Plan:
    return compile_file(str(SPEC), hand=Hand(trigger="project", answers=answers))


def test_PC_01_a_project_is_made_on_demand_with_the_details_given_at_that_moment(  # noqa: N802
    tmp_path: Path,
) -> None:
    """What is not given comes from the deal; a second time it says what was made."""
    with visit(tmp_path) as visitor:
        deal = visitor.records("crm", "Deals")[0]
        plan = _plan(start_date="2026-12-01", is_strict_project="true")
        served = visitor.running.connect()
        settings = {one.name: served[one.connector] for one in plan.systems.values()}
        call = Call(folder=tmp_path, overrides=settings)
        (line,) = foresee(plan, call, deal["id"])
        foreseen = {one.field: one.after for one in line.fields}
        assert foreseen["name"] == deal["Deal_Name"]
        _, project = act(plan, call, deal["id"])
        made = visitor.projects("GET", f"/projects/{project}").json()
        assert (made["name"], made["start_date"][:10]) == (deal["Deal_Name"], "2026-12-01")
        assert made["is_strict_project"] is True
        with pytest.raises(UserError, match=rf"it has made projects\.projects:{project}"):
            foresee(_plan(name="Another"), call, deal["id"])
