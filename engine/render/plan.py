"""A compiled plan for a person: what is read, how records are recognised, what may be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.record import SIDES, Side
from engine.render.text import count, listed, printable, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.plan import FieldPlan, ModulePlan, Plan, SidePlan

_FIRST_CONTACT = {
    "link": "link the two, fill blanks, and leave differing fields as conflicts",
    "overwrite": "link the two, and the side that pushes first wins",
    "skip": "leave both as they are, for good",
    "clone": "make a second record beside it",
}


def plan_text(plan: Plan, *, sql: bool = False) -> str:
    """The whole plan; with `sql` also the statements that turn what was read into comparable columns."""
    parts = [f"{plan.title} ({plan.name}), plan {plan.fingerprint}\nfrom {plan.file}\n"]
    parts.append(_section("systems", [f"{one.name}: {one.connector}" for one in plan.systems.values()]))
    parts.append(_section("options", [f"{name} = {shown(value)}" for name, value in plan.options.items()]))
    parts.append(_section("checked before anything is written", [f"{one.text}" for one in plan.requirements]))
    parts += [_module_text(module, sql=sql) for module in plan.modules]
    parts.append(_section("switched off by the options", plan.switched_off))
    parts.append(
        _section("not built yet, so it cannot run", [f"{one.what} ({one.place})" for one in plan.not_built])
    )
    return "\n".join(part for part in parts if part)


def _section(title: str, lines: Iterable[str]) -> str:
    body = "".join(f"  {printable(line)}\n" for line in lines)
    return f"{title}\n{body}" if body else ""


def _module_text(module: ModulePlan, *, sql: bool) -> str:
    head = f"module {module.name}: {module.left.name} {module.arrow} {module.right.name}  ({module.place})"
    rows = [
        *((f"read {side}", _read(module.side(side))) for side in SIDES),
        (
            "recognise by",
            "; then ".join(key.line for key in module.keys) or "nothing: records are never paired",
        ),
        ("first contact", _FIRST_CONTACT[module.duplicates]),
        ("may write", _may_write(module)),
    ]
    lines = [f"  {name:<14} {text}" for name, text in rows]
    lines += ["  fields"] + [f"    {_field_text(line, module)}" for line in module.fields]
    if sql:
        lines += [f"  lens of the {side}\n    {module.side(side).lens}" for side in SIDES]
    return "\n".join([head, *lines]) + "\n"


def _read(side: SidePlan) -> str:
    how = (
        "changes since the last run, by " + side.version_field
        if side.version_field
        else "everything, every time"
    )
    view = f", view {shown(side.saved_view)}" if side.saved_view else ""
    return f"{side.name}: {count(len(side.reads), 'field')}{view}; {how}"


def _may_write(module: ModulePlan) -> str:
    def verbs(side: Side) -> list[str]:
        create = ["create"] if side in module.creates else []
        return create + (["update"] if any(line.toward(side) for line in module.fields) else [])

    rights = [f"{listed(verbs(side))} on the {side}" for side in SIDES if verbs(side)]
    if not rights:
        return "nothing"
    checked = "each record is read again right before an update"
    trusted = "without reading a record again before an update"
    return f"{listed(rights)}; {checked if module.before_write == 'check' else trusted}"


def _field_text(line: FieldPlan, module: ModulePlan) -> str:
    notes = [line.type] + (["when created"] if line.on_create else [])
    slow = {one.place for side in SIDES for one in module.side(side).slow}
    notes += ["slow: record by record"] if line.place in slow else []
    return f"{printable(line.line)}  ({', '.join(notes)})"
