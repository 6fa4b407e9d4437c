"""Each of the shipped integrations once: a first day, the day after it, and then nothing more to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from places import ROOT
from shipped_scenes import SCENES, Scene
from shipped_world import Company

from engine.compiler import compile_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.spec)
def test_what_people_do_comes_over_and_the_next_run_writes_nothing(scene: Scene, tmp_path: Path) -> None:
    plan = compile_file(str(ROOT / "specs" / f"{scene.spec}.yaml"), profile=dict(scene.choices))
    company = Company(plan=plan, folder=tmp_path, streams=scene.streams)
    with company.open(tmp_path / "nothing yet") as copy:
        scene.first(copy.visitor)
        assert copy.run().wrote > 0
        scene.ordered(copy)
        scene.then(copy.visitor)
        assert copy.run().wrote > 0
        assert all(copy.shown().values()), "every stream has records"
        assert copy.run().wrote == 0
