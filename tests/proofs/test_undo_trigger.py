"""What triggers have done can be explained, saved as a changeset, and taken back like everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trigger_world import Deals

from engine.run.operations.apply import apply
from engine.run.operations.explain import explain, parse_name
from engine.run.operations.preview import save
from engine.run.operations.undo import put_back
from engine.run.session.changes import open_changes

if TYPE_CHECKING:
    from pathlib import Path


def next_of(world: Deals, deal: str) -> str:
    plan = world.plan()
    (placed,) = explain(plan, world.call(), parse_name(f"shop.deals:{deal}", plan)).modules
    assert placed.now is not None
    return placed.now.next


def test_a_trigger_is_explained_saved_done_and_taken_back_and_does_not_act_again(tmp_path: Path) -> None:
    with Deals(tmp_path) as world:
        deal = world.active()
        assert next_of(world, deal) == "The trigger acts on it once this becomes true: stage = 'won'"
        world.shop.edit("deals", deal, stage="won")
        assert next_of(world, deal).startswith("The trigger acts on it with the next run")
        world.wait(seconds=10)
        file = tmp_path / "changes.jsonl"
        save(world.plan(), world.call(), file)
        report = apply(world.plan(), world.call(), open_changes(file))
        assert report.applied is not None
        assert (report.applied.done, report.applied.refused) == (1, 0)
        assert world.invoices() == [("Deal open", "draft")]
        assert next_of(world, deal) == "The trigger has acted on it; the two are not compared again."
        world.settled()
        world.wait(seconds=10)
        undone = put_back(world.plan(), world.call(), report.run)
        assert (undone.counts["delete"], undone.spared) == (1, ())
        assert world.invoices() == []
        world.settled()
