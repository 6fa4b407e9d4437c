"""Conflicts on screen: both values of a field, what they were, who would win, and what a person has decided."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias

from engine.record import SIDES
from engine.render.table import Column, Screen, number, table
from engine.render.text import count, moment, printable, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.ledger.model import Conflict
    from engine.plan import FieldPlan, ModulePlan, Policy
    from engine.record import Side

_CELL = 30  #: characters of a value in a table

#: (module, side, id) -> how a person recognises the record
Labels: TypeAlias = "Mapping[tuple[str, Side, str], str]"


def conflicts_text(conflicts: Sequence[Conflict], labels: Labels, screen: Screen, *, spec: str) -> str:
    """One line a field, and what to do next."""
    if not conflicts:
        return "No field is in conflict.\n"
    columns = [number("no."), *(Column(title=title) for title in ("module", "record", "field"))]
    columns += [Column(title=title) for title in ("left", "right", "since", "decided")]
    rows = [
        [
            str(one.number),
            one.module,
            _record(one, labels),
            one.line,
            shown(one.left, limit=_CELL),
            shown(one.right, limit=_CELL),
            moment(one.since),
            one.take or "-",
        ]
        for one in conflicts
    ]
    open_ = sum(one.take is None for one in conflicts)
    head = f"{count(len(conflicts), 'field')} in conflict, {open_:,} not decided\n"
    return f"{head}\n{table(columns, rows, screen)}\n{_next(spec)}"


def _next(spec: str) -> str:
    return (
        f"See one: engine conflicts show {spec} NUMBER\n"
        f"Decide:  engine conflicts resolve {spec} NUMBER... --take left|right|SYSTEM\n"
    )


def _record(one: Conflict, labels: Labels) -> str:
    """Its name where it is known, else the left id."""
    found = [labels.get((one.module, side, _id(one, side))) for side in SIDES]
    return next((label for label in found if label), one.left_id)


def _id(one: Conflict, side: Side) -> str:
    return one.left_id if side == "left" else one.right_id


def conflicts_json(conflicts: Sequence[Conflict]) -> dict[str, Any]:
    """The same as one object; values in full."""
    return {"conflicts": [asdict(one) for one in conflicts]}


def conflict_text(
    one: Conflict, module: ModulePlan | None, labels: Labels, screen: Screen, *, spec: str
) -> str:
    """One field of one pair with all that helps to decide; `module` None = only the ledger is known."""
    titles = ("", "record", "when last in sync", "now", "changed", "record changed")
    values = table(
        [Column(title=title) for title in titles], [_side_row(one, side, module) for side in SIDES], screen
    )
    facts = {"since": moment(one.since), "spec": _place(one, module), "policy": _policy_text(one, module)}
    facts["decided"] = _decision(one)
    lines = [f"{name:<8} {printable(fact)}\n" for name, fact in facts.items() if fact]
    head = f"Conflict {one.number} of {one.module}: {one.line}\n{_record(one, labels)}"
    head = "".join(f"{printable(line)}\n" for line in head.split("\n"))
    takes = "|".join(_name(side, module) for side in SIDES)
    decide = f"Decide: engine conflicts resolve {spec} {one.number} --take {takes}\n"
    return "\n".join([head, values, "".join(lines), decide])


def _side_row(one: Conflict, side: Side, module: ModulePlan | None) -> list[str]:
    was, now, version = (
        (one.base_left, one.left, one.left_version)
        if side == "left"
        else (one.base_right, one.right, one.right_version)
    )
    stream = f"{module.side(side).name} " if module else ""
    changed = "-" if one.contact else "yes" if was != now else "no"
    return [
        side,
        f"{stream}{_id(one, side)}",
        "never" if one.contact else shown(was),
        shown(now),
        changed,
        version or "-",
    ]


def _name(side: Side, module: ModulePlan | None) -> str:
    """How to name a side on the command line: by its system where that is clear."""
    if module is None or module.left.system == module.right.system:
        return side
    return module.side(side).system


def _line(one: Conflict, module: ModulePlan | None) -> FieldPlan | None:
    return next((line for line in module.fields if line.key == one.key), None) if module else None


def _place(one: Conflict, module: ModulePlan | None) -> str | None:
    line = _line(one, module)
    return line.place if line else None


def _policy(one: Conflict, line: FieldPlan, module: ModulePlan) -> Policy:
    """Who would win this field as the spec is now; `newest` is for fields that were in step."""
    both_ways = len(module.sources) > 1
    if one.contact and module.duplicates == "overwrite":
        return module.sources[0]
    if one.contact and not both_ways:
        return "hold"
    policy = module.policy(line)
    return line.fallback if one.contact and policy == "newest" else policy


def _policy_text(one: Conflict, module: ModulePlan | None) -> str | None:
    line = _line(one, module)
    if module is None or line is None:
        return None
    policy = _policy(one, line, module)
    if policy == "hold":
        return "hold: a person decides"
    if policy == "newest":
        return f"newest: it is not known which side changed last, so {line.fallback} counts"
    return f"{_name(policy, module)} wins: the next run that reads this pair applies it"


def _decision(one: Conflict) -> str:
    if one.take is None:
        return "not yet"
    return f"{one.take} stays; the next run applies it"


def conflict_json(one: Conflict, module: ModulePlan | None) -> dict[str, Any]:
    """The same as one object; `proposes` is the side that wins by the spec as it is now, or null."""
    line = _line(one, module)
    policy = _policy(one, line, module) if module and line else None
    more = {"place": _place(one, module), "policy": policy, "proposes": policy if policy in SIDES else None}
    return {"conflict": {**asdict(one), **more}}


def decided_text(decided: Sequence[Conflict], *, spec: str) -> str:
    """What was decided, and what comes of it."""
    if not decided:
        return "No conflict waits for a decision.\n"
    lines = [
        f"{one.number}: {printable(one.module)} {printable(one.line)}: {_change(one)}\n" for one in decided
    ]
    head = f"Decided {count(len(decided), 'conflict')}; nothing is written yet.\n"
    after = (
        "`engine run " + spec + "` applies it, to exactly these values. If one has changed by then, it is a "
        "new conflict with another number.\n"
    )
    return f"{head}{''.join(lines)}{after}"


def _change(one: Conflict) -> str:
    winner, loser = (one.left, one.right) if one.take == "left" else (one.right, one.left)
    return f"{shown(winner)} of the {one.take} replaces {shown(loser)}"


def decided_json(decided: Sequence[Conflict]) -> dict[str, Any]:
    """The same as one object."""
    return {"decided": [asdict(one) for one in decided]}
