"""Order: modules and triggers run after those whose links they go through, and after what makes records for them.

Otherwise as they are written. Of a ring of references one that a record can do without comes later: a run fills it
in once both modules have been worked off.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.compiler.draft.parts import Checked, CompiledLine
    from engine.spec.model import MappedField, Spec


#: Name of a module or trigger -> those that run before it.
Graph: TypeAlias = "dict[str, list[str]]"


def ordered(spec: Spec, standing: Mapping[str, Checked]) -> list[str]:
    """Names of the modules in the order they run. Raises UserError naming a circle."""
    graph = _opened(spec, standing)
    for name, checked in standing.items():
        wanted = [*_makers(checked, standing), *_judged_by(checked, standing)]
        for one in dict.fromkeys(wanted):
            graph[name] += [one] if name not in _before(one, graph) else []
    circle = _circle(graph)
    if circle:
        raise UserError(
            f"The modules of `{spec.name}` depend on each other in a circle: {' -> '.join(circle)}.",
            remedy="Remove one of the references (`under`, `refers` or `pairs`).",
        )
    depth = {name: _depth(name, graph) for name in graph}
    written = list(standing)
    return sorted(
        graph, key=lambda name: (depth[name], standing[name].trigger is not None, written.index(name))
    )


def closed_ring(spec: Spec, standing: Mapping[str, Checked]) -> list[str]:
    """Modules of which each waits for another one before any record of them can be made; empty = there are none."""
    return _circle(_opened(spec, standing))


def _opened(spec: Spec, standing: Mapping[str, Checked]) -> Graph:
    """What runs before each, without the references that would close a ring and that records can do without."""
    graph = {
        name: [one for one in _after(spec, checked) if one in standing] for name, checked in standing.items()
    }
    written = list(standing)
    spare = {name: _spare(spec, checked) for name, checked in standing.items()}
    while circle := _circle(graph):
        can_wait = [(one, before) for before, one in pairwise(circle) if before in spare[one]]
        if not can_wait:
            return graph
        one, before = min(can_wait, key=lambda edge: written.index(edge[0]))
        graph[one].remove(before)
    return graph


def _circle(graph: Graph) -> list[str]:
    """Names of which each runs before the next, the first one again at the end; empty = there is no circle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


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


def _judged_by(checked: Checked, standing: Mapping[str, Checked]) -> list[str]:
    """Modules of what its guards look at behind references: a parent is settled before its children."""
    looked_at = set()
    for guard in checked.guards:
        end = checked.ends[guard.side]
        for field in end.stream.fields.values():
            if field.refers and any(name.startswith(f"{field.name}.") for name in guard.reads):
                looked_at.add((end.ref.system, field.refers))
    return [
        name
        for name, one in standing.items()
        if one.trigger is None
        and any((end.ref.system, end.stream.name) in looked_at for end in one.ends.values())
    ]


def _before(name: str, graph: Graph) -> set[str]:
    """Everything that runs before it, and itself."""
    found, todo = {name}, [name]
    while todo:
        new = [one for one in graph[todo.pop()] if one not in found]
        found.update(new)
        todo += new
    return found


def _depth(name: str, graph: Graph) -> int:
    return 1 + max((_depth(before, graph) for before in graph[name]), default=0)


def _after(spec: Spec, checked: Checked) -> list[str]:
    """Modules and triggers whose links this one needs."""
    names = [*_needed(checked), *(line.refers.value for line in _lines(spec, checked) if line.refers)]
    return [name for name in dict.fromkeys(names) if name != checked.module.name]


def _spare(spec: Spec, checked: Checked) -> set[str]:
    """Modules that it only refers to in lines that may be filled in later."""
    if checked.trigger is not None:
        return set()
    later = {line.refers.value for line in _lines(spec, checked) if line.refers}
    at_once = {line.spec.refers.value for line in checked.lines if line.spec.refers and _is_needed(line)}
    return later - at_once - set(_needed(checked))


def _is_needed(line: CompiledLine) -> bool:
    """Whether a record cannot be made without what the line gives, or gets it at no other time."""
    wanted = line.spec.required or any(one.required for one in line.targets.values())
    return wanted or line.spec.on != "always"


def _lines(spec: Spec, checked: Checked) -> tuple[MappedField, ...]:
    mapping = spec.mappings.get(checked.module.mapping.value) if checked.module.mapping else None
    return (*(mapping.fields if mapping else ()), *checked.module.fields)


def _needed(checked: Checked) -> list[str]:
    """Those without whose links nothing of it can be made, or kept in step."""
    module = checked.module
    names = [under.module.value for under in module.under]
    names += [module.pairs.value] if module.pairs else []
    names += [one.module for several in checked.asked.values() for one in several if not one.integration]
    names += [one.module for line in checked.lines for one in line.asked if not one.integration]
    names += [checked.trigger.of] if checked.trigger and checked.trigger.of else []
    return names
