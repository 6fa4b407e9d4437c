"""One run of a scenario, killed at each of its steps in turn: run again, it must end as if it had been left alone."""

from __future__ import annotations

import copy
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

from scenario_system import Accidents

from engine.ledger.model import LEDGER_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scenario_stage import Stage


def killed_at_every_step(stage: Stage) -> list[dict[str, Any]]:
    """What the systems hold after each death and a run more; then all is as it was before.

    A death before anything is sent leaves nothing to set right, so the first one is right before that.
    """
    with rehearsed(stage):
        unharmed = Accidents()
        stage.run(unharmed)
    ends = []
    for step in count(unharmed.began_sending):
        with rehearsed(stage):
            stage.run(Accidents(kill_at=frozenset([step])))
            if stage.ended.exit == 0:
                break
            stage.run(Accidents())
            ends.append(held_by(stage))
    assert len(ends) > 10, "hardly a step of it was tried"
    return ends


def held_by(stage: Stage) -> dict[str, Any]:
    """Every record of every stream, without the moments of its changes."""
    return {
        f"{name}.{stream}": {key: {**row, "modified": None} for key, row in rows.items()}
        for name, system in stage.systems.items()
        for stream, rows in system.streams.items()
    }


@contextmanager
def rehearsed(stage: Stage) -> Iterator[None]:
    """While it lasts, things happen that are then taken back."""
    now, ended, kept = stage.now, stage.ended, stage.ledger.read_bytes()
    systems = {name: copy.deepcopy(system.memory) for name, system in stage.systems.items()}
    yield
    stage.now, stage.ended = now, ended
    for beside in stage.folder.glob(f"{LEDGER_FILE}*"):
        beside.unlink()
    stage.ledger.write_bytes(kept)
    for name, system in stage.systems.items():
        system.memory = systems[name]
