"""Stories of two systems and the people who work in them; each is a file that says what must come of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scenario_check import assert_quiet, play
from scenario_read import read_scenario
from scenario_stage import Stage

CASES = Path(__file__).parent / "cases" / "scenarios"


def scenarios() -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in sorted(CASES.glob("*.yaml"))]


@pytest.mark.parametrize("path", scenarios())
def test_scenario(path: Path, tmp_path: Path) -> None:
    """Step by step; and whatever the story was, two runs more write nothing."""
    scenario = read_scenario(path)
    with Stage(scenario, tmp_path) as stage:
        for step in scenario.story:
            play(stage, step)
        if scenario.story[-1].kind != "validate":
            assert_quiet(stage, f"{path.stem}, after the story")
