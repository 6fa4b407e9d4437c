"""What a stage of an integration's life would do, and what it has done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.render.text import count, moment, printable, shorten, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.ledger.standing import Pin, Standing
    from engine.plan import Plan
    from engine.run.operations.lifecycle import Carried, Foreseen
    from engine.run.operations.stage_progress import StepDone, StepSeen
    from engine.run.read.chosen import One

_MARKS = {"delete": "-", "set": "~", "import": "="}
_SHOWN = 10  #: records named per step; the rest is counted
_WORDS = {
    "deleted": "is deleted, with its links",
    "disabled": "is disabled: nothing runs until `engine enable`",
    "active": "is active",
}


def foreseen_text(plan: Plan, foreseen: Foreseen) -> str:
    """What a person confirms: what the spec says of it, and each step with its records."""
    stage = foreseen.order.stage
    lines = [f"engine {stage.stage}: {plan.title} ({plan.name}), {state_words(foreseen.standing)}"]
    lines += list(_connecting(plan, foreseen.accounts)) if stage.stage == "connect" else []
    lines += [stage.says] if stage.says else []
    lines += list(_moved(foreseen))
    for one in foreseen.steps:
        lines += list(_step(one))
    return "".join(f"{printable(line)}\n" for line in lines)


def _connecting(plan: Plan, accounts: Mapping[str, Pin]) -> Iterator[str]:
    """Whose accounts are connected, with which choices, and what each gets to know of the other."""
    for system in plan.systems.values():
        known = [pin for name, pin in accounts.items() if name.partition(".")[0] == system.name]
        named = next((pin for pin in known if pin.name), known[0] if known else None)
        yield f"  {system.name}: {system.connector}" + (f", {account(named)}" if named else "")
    yield from (f"  {name} = {shown(value)}" for name, value in plan.options.items())
    for sentence in plan.discloses:
        to, _, what = sentence.partition(": ")
        yield f"Connecting shows to {to}: {what}"


def account(pin: Pin) -> str:
    """An account as people know it."""
    return f"{pin.name} ({pin.value})" if pin.name else pin.value


def _moved(foreseen: Foreseen) -> Iterator[str]:
    if foreseen.moved:
        yield from foreseen.moved
        links = count(foreseen.links, "link")
        yield f"  remove {links} of the former account; all records stay, and the next run starts with first contact"


def _step(one: StepSeen) -> Iterator[str]:
    mark = _MARKS.get(one.step.act)
    if mark is None:
        yield f"  {one.step.text}: {count(one.links, 'link')}"
        return
    yield f"  {one.step.text}: {count(len(one.records), 'record')}"
    yield from _records(mark, one.records)
    if one.left:
        yield f"  left behind: {count(len(one.left), 'record')}"
        yield from _records(" ", one.left)
    if one.lost:
        yield f"  without a counterpart: {count(len(one.lost), 'record')}"
        yield from _records("?", one.lost)


def _records(mark: str, several: Sequence[One]) -> Iterator[str]:
    yield from (f"    {mark} {shorten(one.label, 80)} ({one.id})" for one in several[:_SHOWN])
    if len(several) > _SHOWN:
        yield f"    … and {len(several) - _SHOWN:,} more"


def carried_text(plan: Plan, carried: Carried) -> str:
    """What was done, step by step, and where the integration stands now."""
    lines = [_done(one) for one in carried.steps]
    lines += [f"  {record} stays: {why}" for one in carried.steps for record, why in one.refused]
    state = carried.standing.state
    lines.append(f"{plan.title} ({plan.name}) {_WORDS.get(state, state)}.")
    return "".join(f"{printable(line)}\n" for line in lines)


def _done(one: StepDone) -> str:
    from engine.run.operations.completion import done_words  # the same words stand in the notice

    return f"  {done_words(one)}"


def foreseen_json(foreseen: Foreseen) -> dict[str, Any]:
    """What would be done, as one object."""
    return {
        "stage": foreseen.order.stage.stage,
        "accounts": _pins_json(foreseen.accounts),
        "moved": list(foreseen.moved),
        "steps": [_step_json(one) for one in foreseen.steps],
    }


def _step_json(one: StepSeen) -> dict[str, Any]:
    return {
        "step": one.step.text,
        "records": [{"id": record.id, "label": record.label} for record in one.records],
        "links": one.links,
        "left": [record.id for record in one.left],
        "lost": [record.id for record in one.lost],
    }


def carried_json(foreseen: Foreseen, carried: Carried) -> dict[str, Any]:
    """What was done, as one object."""
    done = [
        {"step": one.step.text, "records": one.records, "refused": [list(two) for two in one.refused]}
        for one in carried.steps
    ]
    return {
        **standing_json(carried.standing),
        "run": carried.run,
        "stage": carried.order.stage.stage,
        "choice": carried.order.choice,
        "foreseen": foreseen_json(foreseen),
        "done": done,
    }


def state_words(standing: Standing) -> str:
    """The state and since when."""
    return f"{standing.state} since {moment(standing.since)}" if standing.since else "new"


def standing_text(standing: Standing) -> str:
    """The state, with the accounts, as lines of `engine status`."""
    lines = [f"  {state_words(standing)}" + (f", by {standing.by}" if standing.by else "")]
    lines += [f"  {name}: {account(pin)}" for name, pin in standing.pins.items()]
    return "".join(f"{printable(line)}\n" for line in lines)


def _pins_json(pins: Mapping[str, Pin]) -> dict[str, Any]:
    return {name: {"value": pin.value, "name": pin.name} for name, pin in pins.items()}


def standing_json(standing: Standing) -> dict[str, Any]:
    """The same as one object."""
    return {
        "integration": standing.integration,
        "state": standing.state,
        "since": standing.since,
        "pins": _pins_json(standing.pins),
        "options": dict(standing.options) if standing.options is not None else None,
        "by": standing.by,
    }
