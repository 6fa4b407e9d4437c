"""Mapped fields for a person: of each module, which field becomes which, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.record import SIDES
from engine.render.table import Column, Screen, table
from engine.render.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.plan import FieldPlan, ModulePlan, Plan

#: Words of a value map that the table shows; JSON has all.
_WORDS = 4


def fields_text(modules: Sequence[ModulePlan], screen: Screen) -> str:
    """A table for each module."""
    return "\n".join(_module_text(one, screen) for one in modules)


def _module_text(module: ModulePlan, screen: Screen) -> str:
    title = f"{module.title} ({module.name})" if module.title != module.name else module.name
    head = f"{printable(title)}: {module.left.name} {module.arrow} {module.right.name}\n"
    known = f"  recognised by {'; then '.join(key.line for key in module.keys)}\n" if module.keys else ""
    if not module.fields:
        return f"{head}{known}  no field is written\n"
    titles = (module.left.system, "", module.right.system, "type", "how")
    rows = [[*ends(line), line.type, "; ".join(_notes(line, module))] for line in module.fields]
    return head + known + table([Column(title=one) for one in titles], rows, screen)


def ends(line: FieldPlan) -> tuple[str, str, str]:
    """(what stands on the left, the arrow, what stands on the right); a value that is made up stands at its side."""
    arrow = "<->" if len(line.writes) > 1 else "->" if "right" in line.writes else "<-"
    first, _, second = line.line.rpartition(f" {arrow} ")
    computed = arrow == "<-" and not line.converts and line.writes["left"].to == second
    return (second, arrow, first) if computed else (first, arrow, second)


def _notes(line: FieldPlan, module: ModulePlan) -> list[str]:
    notes = ["when created"] if line.on_create and module.trigger is None else []
    notes += [f"the id is looked up in `{line.refers}`"] if line.refers else []
    notes += [_words(line)] if line.words else []
    notes += [line.converts] if line.converts else []
    if line.quota:
        notes.append(f"for at most {line.quota.amount.text}, then {line.quota.otherwise}")
    if line.place in {one.place for side in SIDES for one in module.side(side).slow}:
        notes.append("computed record by record")
    notes += [f"part of the group `{line.group}`"] if line.group else []
    notes += [_winner(line, module)] if len(line.writes) > 1 else []
    return notes


def _words(line: FieldPlan) -> str:
    shown = ", ".join(f"{left} = {right}" for left, right in line.words[:_WORDS])
    return f"{shown}, …" if len(line.words) > _WORDS else shown


def _winner(line: FieldPlan, module: ModulePlan) -> str:
    """Who wins if both sides changed it."""
    if line.policy == "newest":
        return "the newest change wins"
    if line.policy == "hold":
        return "a person decides conflicts"
    return f"{module.side('left' if line.policy == 'left' else 'right').system} wins conflicts"


def fields_json(plan: Plan, modules: Sequence[ModulePlan]) -> dict[str, Any]:
    """The same as one object, whole."""
    return {"integration": plan.name, "modules": {one.name: _module_json(one) for one in modules}}


def _module_json(module: ModulePlan) -> dict[str, Any]:
    return {
        "title": module.title,
        "left": module.left.name,
        "arrow": module.arrow,
        "right": module.right.name,
        "match": [key.line for key in module.keys],
        "fields": [_field_json(line, module) for line in module.fields],
    }


def _field_json(line: FieldPlan, module: ModulePlan) -> dict[str, Any]:
    left, arrow, right = ends(line)
    return {
        "left": left,
        "arrow": arrow,
        "right": right,
        "type": line.type,
        "on_create": line.on_create,
        "refers": line.refers,
        "values": dict(line.words),
        "notes": _notes(line, module),
        "place": line.place,
    }
