"""What `engine init` says: what takes part, what the choices change, and where they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.record import SIDES
from engine.render.diff import difference_json, difference_text
from engine.render.table import Column, Screen, table
from engine.render.text import listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.plan import ModulePlan, Plan
    from engine.plan.difference import Difference


def init_text(plan: Plan, found: Sequence[Difference] | None, target: str | None, screen: Screen) -> str:
    """What changes; where nothing was chosen before, what takes part. `target`: where it has been written."""
    if found is None:
        shown = _modules(plan, screen)
    elif found:
        shown = f"What the choices change:\n{difference_text(found)}"
    else:
        shown = difference_text(found)
    return shown + (written_text(plan, target) if target else "")


def written_text(plan: Plan, target: str) -> str:
    """Where the choices are, and what comes next."""
    return (
        f"The choices for {plan.name} are in {target}. They take effect with the next run; before it,\n"
        f"`engine preview {plan.file}` shows record by record what that will do.\n"
    )


def init_json(
    target: str, chosen: Mapping[str, str], plan: Plan, found: Sequence[Difference] | None
) -> dict[str, Any]:
    """The same as values; `differences` is null where nothing was chosen before."""
    told = {"differences": None, "grave": 0} if found is None else difference_json(found)
    modules = [one.name for one in plan.modules]
    return {"profile": target, "options": dict(chosen), "modules": modules, **told}


def _modules(plan: Plan, screen: Screen) -> str:
    columns = [Column(title=title) for title in ("module", "streams", "may")]
    rows = [[one.name, f"{one.left.name} {one.arrow} {one.right.name}", _may(one)] for one in plan.modules]
    return table(columns, rows, screen)


def _may(module: ModulePlan) -> str:
    rights: list[tuple[str, list[str]]] = [(module.side(side).system, [*module.may(side)]) for side in SIDES]
    return "; ".join(f"{listed(verbs)} in {system}" for system, verbs in rights if verbs) or "write nothing"
