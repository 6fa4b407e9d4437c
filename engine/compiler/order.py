"""Order: modules and triggers run after those whose links they go through; otherwise as they are written."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.compiler.parts import Checked
    from engine.spec.model import Spec


def ordered(spec: Spec, standing: Mapping[str, Checked]) -> list[str]:
    """Names of the modules in the order they run. Raises UserError naming a circle."""
    graph: dict[str, list[str]] = {
        name: [one for one in _after(spec, checked) if one in standing] for name, checked in standing.items()
    }
    try:
        levels = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise UserError(
            f"The modules of `{spec.name}` wait for each other: {circle}.",
            remedy="Remove one of the references (`under`, `refers` or `pairs`).",
        ) from error
    depth = {name: _depth(name, graph) for name in levels}
    written = list(standing)
    return sorted(
        levels, key=lambda name: (standing[name].trigger is not None, depth[name], written.index(name))
    )


def _depth(name: str, graph: Mapping[str, list[str]]) -> int:
    return 1 + max((_depth(before, graph) for before in graph[name]), default=0)


def _after(spec: Spec, checked: Checked) -> list[str]:
    """Modules and triggers whose links this one needs."""
    module = checked.module
    mapping = spec.mappings.get(module.mapping.value) if module.mapping else None
    lines = (*(mapping.fields if mapping else ()), *module.fields)
    names = [under.module.value for under in module.under]
    names += [line.refers.value for line in lines if line.refers]
    names += [module.pairs.value] if module.pairs else []
    names += [one.module for several in checked.asked.values() for one in several if not one.integration]
    names += [one.module for line in checked.lines for one in line.asked if not one.integration]
    names += [checked.trigger.of] if checked.trigger and checked.trigger.of else []
    return [name for name in dict.fromkeys(names) if name != module.name]
