"""Each of the shipped integrations is killed where it stores or sends anything, and run again: the same end."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from places import ROOT
from shipped_scenes import SCENES, Scene
from shipped_world import Company

from engine.compiler import compile_file

if TYPE_CHECKING:
    from pathlib import Path

    from shipped_world import Copy

SPECS = ROOT / "specs"
#: How many points a quick test dies at; the long one dies at all of them.
POINTS = 5


@pytest.mark.timeout(1800)  # all points of a long one
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.spec)
def test_an_integration_that_is_killed_and_run_again_ends_as_if_nothing_had_happened(
    scene: Scene, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    plan = compile_file(str(SPECS / f"{scene.spec}.yaml"), profile=dict(scene.choices))
    company = Company(plan=plan, folder=tmp_path, streams=scene.streams)
    with company.open(tmp_path / "nothing yet") as copy:
        scene.first(copy.visitor)
        copy.run()
        scene.ordered(copy)
        scene.then(copy.visitor)
        kept = company.keep(copy)
        steps = copy.doomed()
        expected = copy.shown()
        assert_over(copy)
    assert all(expected.values()), "every stream that is compared has records"
    for step in _points(steps, long=bool(request.config.getoption("--long"))):
        with company.open(kept) as copy:
            copy.doomed(step)
            copy.run()
            assert copy.shown() == expected, f"killed at {step} of {steps}"
            assert_over(copy)


def _points(steps: int, *, long: bool) -> list[int]:
    """Where to die; the quick ones are spread over the whole run."""
    if long:
        return list(range(1, steps + 1))
    chance, width = random.Random(20261102), steps / POINTS
    return [round(place * width + chance.uniform(1, width)) for place in range(POINTS)]


def assert_over(copy: Copy) -> None:
    """Another run finds nothing to write."""
    assert copy.run().wrote == 0
