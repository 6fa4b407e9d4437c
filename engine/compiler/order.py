"""Order: modules and triggers run after those whose links they go through, and after what makes records for them.

Otherwise as they are written.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.compiler.draft.parts import Checked
    from engine.spec.model import Spec


def ordered(spec: Spec, standing: Mapping[str, Checked]) -> list[str]:
    """Names of the modules in the order they run. Raises UserError naming a circle."""
    graph: dict[str, list[str]] = {
        name: [one for one in _after(spec, checked) if one in standing] for name, checked in standing.items()
    }
    for name, checked in standing.items():
        graph[name] += [one for one in _makers(checked, standing) if name not in _before(one, graph)]
    try:
        levels = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise UserError(
            f"The modules of `{spec.name}` depend on each other in a circle: {circle}.",
            remedy="Remove one of the references (`under`, `refers` or `pairs`).",
        ) from error
    depth = {name: _depth(name, graph) for name in levels}
    written = list(standing)
    return sorted(
        levels, key=lambda name: (depth[name], standing[name].trigger is not None, written.index(name))
    )


def _makers(checked: Checked, standing: Mapping[str, Checked]) -> list[str]:
    """Triggers whose new records a module keeps in step: it sees them in the same run."""
    if checked.trigger is not None:
        return []
    mine = {(end.ref.system, end.stream.name) for end in checked.ends.values()}
    return [
        name
        for name, one in standing.items()
        if one.trigger is not None and (one.ends["right"].ref.system, one.ends["right"].stream.name) in mine
    ]


def _before(name: str, graph: Mapping[str, list[str]]) -> set[str]:
    """Everything that runs before it, and itself."""
    found, todo = {name}, [name]
    while todo:
        new = [one for one in graph[todo.pop()] if one not in found]
        found.update(new)
        todo += new
    return found


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
