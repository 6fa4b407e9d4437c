"""A compiled plan for a person: what is read, how records are recognised, what may be written."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from engine.record import SIDES
from engine.render.text import count, listed, printable, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.plan import AssociationPlan, FieldPlan, Limit, ModulePlan, Plan, SidePlan, TriggerPlan

FIRST_CONTACT = {
    "link": "link the two, fill blanks, and leave differing fields as conflicts",
    "overwrite": "link the two, and the side that pushes first wins",
    "skip": "leave both as they are, permanently",
    "clone": "create a second record",
}


def plan_text(plan: Plan, *, sql: bool = False) -> str:
    """The whole plan; with `sql` also the statements that turn what was read into comparable columns."""
    parts = [f"{plan.title} ({plan.name}), plan {plan.fingerprint}\nfrom {plan.file}\n"]
    parts.append(_section("systems", [f"{one.name}: {one.connector}" for one in plan.systems.values()]))
    parts.append(_section("options", [f"{name} = {shown(value)}" for name, value in plan.options.items()]))
    parts.append(_section("checked before anything is written", [f"{one.text}" for one in plan.requirements]))
    parts += [_module_text(module, sql=sql) for module in plan.modules]
    parts += [_association_text(one) for one in plan.associations if not one.by_trigger]
    parts.append(_section("lifecycle", _lifecycle(plan)))
    parts.append(_section("switched off by the options", plan.switched_off))
    parts.append(
        _section("not built yet, so it cannot run", [f"{one.what} ({one.place})" for one in plan.not_built])
    )
    return "\n".join(part for part in parts if part)


def _lifecycle(plan: Plan) -> Iterator[str]:
    """What each stage does, in its order."""
    for name, stage in plan.lifecycle.items():
        yield from (f"{name}: {step.text}" for step in stage.steps)
        for choice, steps in (stage.choices or {}).items():
            yield from (f"{name} --choice {choice}: {step.text}" for step in steps)


def _section(title: str, lines: Iterable[str]) -> str:
    body = "".join(f"  {printable(line)}\n" for line in lines)
    return f"{title}\n{body}" if body else ""


def _module_text(module: ModulePlan, *, sql: bool) -> str:
    kind = "module" if module.trigger is None else "trigger"
    head = f"{kind} {module.name}: {module.left.name} {module.arrow} {module.right.name}  ({module.place})"
    rows = _module_rows(module) if module.trigger is None else _trigger_rows(module, module.trigger)
    lines = [f"  {name:<14} {text}" for name, text in rows]
    lines += ["  fields"] + [f"    {_field_text(line, module)}" for line in module.fields]
    if sql:
        lines += [f"  lens of the {side}\n    {module.side(side).lens}" for side in SIDES]
    return "\n".join([head, *lines]) + "\n"


def _association_text(one: AssociationPlan) -> str:
    """Which records people may associate, and what shows it."""
    rows = [("add with", f"engine associations add … {one.name}")]
    rows += [("if", one.when)] if one.when else []
    rows += [("offers", f"records of {one.left.name} with {one.offer}")] if one.offer else []
    shown_in = [f"{to.right.name}.{to.shows}" for to in one.to if to.shows]
    rows += [("shown in", listed(shown_in))] if shown_in else []
    to = listed([to.right.name for to in one.to])
    lines = [f"  {name:<14} {printable(text)}" for name, text in rows]
    return "\n".join([f"association {one.name}: {one.left.name} with {to}  ({one.place})", *lines]) + "\n"


def _trigger_rows(module: ModulePlan, trigger: TriggerPlan) -> list[tuple[str, str]]:
    """When a trigger acts, and on what."""
    often = "each time" if trigger.again else "once per record"
    when = f"`{trigger.becomes}` becomes true, {often}" if trigger.becomes else "started by hand"
    only = f", only if `{trigger.only}`" if trigger.only else ""
    does = (
        f"creates a record of {module.right.name}"
        if trigger.of is None
        else f"{trigger.act}s what `{trigger.of}` created"
    )
    asks = ", ".join(one.field for one in trigger.asks)
    by_hand = f"engine do … {module.name} --record {module.left.name}:ID" + (
        f"; asks for {asks}" if asks else ""
    )
    return [
        ("watches", _read(module.left)),
        ("acts when", when),
        ("does", f"{does}{only}"),
        *([("by hand", by_hand)] if trigger.by_hand else []),
        *_shown(trigger),
        *_looked_up(module),
    ]


def _shown(trigger: TriggerPlan) -> list[tuple[str, str]]:
    """Whether what it makes is shown on the watched record."""
    words = {"yes": "people may remove it", "locked": "people cannot remove it"}
    return [("associates", words[trigger.associate])] if trigger.associate != "no" else []


def _module_rows(module: ModulePlan) -> list[tuple[str, str]]:
    return [
        *((f"read {side}", _read(module.side(side))) for side in SIDES),
        (
            "recognise by",
            "; then ".join(key.line for key in module.keys) or "nothing: records are never matched",
        ),
        ("first contact", FIRST_CONTACT[module.duplicates]),
        *_both_ways(module),
        *_enrolled(module),
        *_found_by(module),
        ("may write", _may_write(module)),
        *_stops(module),
        *_looked_up(module),
    ]


def _found_by(module: ModulePlan) -> list[tuple[str, str]]:
    """Where people look for its records."""
    if module.search is None:
        return []
    where = f"{listed(list(module.search.fields))} of {module.side(module.search.side).name}"
    return [("found by", f"engine search … {module.name} TEXT, in {where}")]


def _enrolled(module: ModulePlan) -> list[tuple[str, str]]:
    """How records come to take part, where they do not by themselves."""
    enrol = module.enrol
    if enrol is None:
        return []
    sides = " or ".join(module.side(side).name for side in enrol.sides)
    words = [f"engine do … {module.name}.enrol --record {sides}:ID"]
    words += [f"chooses {listed([one.to for one in enrol.places])}"] if enrol.places else []
    words += [f"marked by {enrol.mark}"] if enrol.mark else []
    words += [f"{enrol.at_most:,} at most"] if enrol.at_most is not None else []
    return [("enrolled by", "; ".join(words))]


def _read(side: SidePlan) -> str:
    how = (
        "changes since the last run, by " + side.version_field
        if side.version_field and not side.computed
        else "everything, every time"
    )
    view = f", view {shown(side.saved_view)}" if side.saved_view else ""
    return f"{side.name}: {count(len(side.reads), 'field')}{view}; {how}"


def _both_ways(module: ModulePlan) -> list[tuple[str, str]]:
    """Who wins where both sides changed a field; said only where that can happen."""
    lines = [line for line in module.fields if len(line.writes) > 1]
    rules = Counter(_wins(line, module) for line in lines)
    return [("conflicts", rules.most_common(1)[0][0])] if rules else []


def _wins(line: FieldPlan, module: ModulePlan) -> str:
    def name(policy: str) -> str:
        if policy == "hold":
            return "a person decides"
        return f"{module.side('left' if policy == 'left' else 'right').system} wins ({policy})"

    if line.policy != "newest":
        return name(line.policy)
    return f"the newest change wins; where that is not known, {name(line.fallback)}"


def _stops(module: ModulePlan) -> list[tuple[str, str]]:
    """What makes a run stop before it writes; nothing where nothing is written."""
    if not module.fields and not module.creates and module.deletes == "keep":
        return []
    limits = [
        f"{kind} {_limit(limit, 'and' if kind == 'creates' else 'or')}"
        for kind in ("creates", "updates", "deletes", "conflicts")
        if (limit := getattr(module.limits, kind)) is not None and _happens(kind, module)
    ]
    return [("stops beyond", ", ".join(limits) or "no limit")]


def _happens(kind: str, module: ModulePlan) -> bool:
    if kind == "conflicts":
        return len(module.sources) > 1
    return bool(module.creates) if kind == "creates" else kind == "updates" or module.deletes == "propagate"


def _limit(limit: Limit, word: str) -> str:
    share = None if limit.share is None else f"{limit.share:.0%} of the links"
    return f" {word} ".join(str(one) for one in (limit.count, share) if one is not None)


def _looked_up(module: ModulePlan) -> list[tuple[str, str]]:
    """Links, streams and modules that decide about its records besides what they show themselves."""
    ends = [module.side(side) for side in SIDES]
    links = [one.table for end in ends for one in end.references]
    walks = [f"{one.name} by {one.by}" for end in ends for one in end.walks]
    referrers = [f"{one.name} ({one.module})" for end in ends for one in end.referrers or ()]
    fetchers = [f"{one.name} ({one.module})" for end in ends for one in end.fetched_by]
    said = (
        ("looks ids up in", "the links of ", [table.removeprefix("links of ") for table in links]),
        ("reads behind", "", walks),
        ("takes only", "records that are linked already, or referenced by ", referrers),
        ("fetches", "what lives below it brings along: ", fetchers),
        ("yields to", "", [one.to for one in module.yields]),
    )
    return [(name, f"{start}{listed(list(dict.fromkeys(words)))}") for name, start, words in said if words]


def _may_write(module: ModulePlan) -> str:
    rights = [f"{listed(list(module.may(side)))} on the {side}" for side in SIDES if module.may(side)]
    if not rights:
        return "nothing"
    checked = "each record is read again right before an update"
    trusted = "without reading a record again before an update"
    return f"{listed(rights)}; {checked if module.before_write == 'check' else trusted}"


def _field_text(line: FieldPlan, module: ModulePlan) -> str:
    notes = [line.type] + (["when created"] if line.on_create else [])
    slow = {one.place for side in SIDES for one in module.side(side).slow}
    notes += ["slow: one record at a time"] if line.place in slow else []
    notes += [f"group {line.group}"] if line.group else []
    if line.quota:
        notes.append(f"for at most {line.quota.amount.text}, then {line.quota.otherwise}")
    common = dict(_both_ways(module)).get("conflicts")
    if len(line.writes) > 1 and _wins(line, module) != common:
        notes.append(_wins(line, module))
    return f"{printable(line.line)}  ({', '.join(notes)})"
