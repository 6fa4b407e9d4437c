"""Standing: whether an integration may run as people have left it, and whether its accounts are still the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import LockedError, UserError
from engine.ledger.standing import Pin, Standing, State
from engine.plan import digest
from engine.run.session.systems import settings_print

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from engine.plan import Plan
    from engine.run.read.one_record_streams import StreamField
    from engine.run.session.ledger_writer import LedgerWriter
    from engine.run.session.systems import World

#: What to order again so that what has begun is finished.
UNDER_WAY: Mapping[State, str] = {
    "connecting": "connect",
    "disabling": "disable",
    "enabling": "enable",
    "deleting": "delete",
    "migrating": "migrate",
}
_REFUSED: Mapping[State, tuple[str, str]] = {
    "paused": ("has been paused since", "resume"),
    "disabled": ("has been disabled since", "enable"),
    "deleted": ("was deleted at", "connect"),
}


def refuse_at_rest(plan: Plan, standing: Standing) -> None:
    """Raises LockedError where people have left the integration so that nothing of it may run."""
    order = UNDER_WAY.get(standing.state)
    if order is not None:
        raise LockedError(
            f"`engine {order}` of `{plan.name}` has begun and has not finished; nothing was read or written.",
            remedy=f"Finish it: engine {order} {plan.file}",
        )
    if standing.state in _REFUSED:
        how, order = _REFUSED[standing.state]
        raise LockedError(
            f"`{plan.name}` {how} {standing.since}; nothing was read or written.",
            remedy=f"To go on: engine {order} {plan.file}",
        )


def pin_reads(plan: Plan, known: Collection[str] = ()) -> list[StreamField]:
    """What tells whose accounts the systems are, and what else the spec pins; `known`: systems not to ask."""
    reads = [(one.system, one.stream, field) for one in plan.accounts for field in (one.field, one.name)]
    reads += [_read(pin) for stage in plan.lifecycle.values() for pin in stage.pins]
    return [one for one in reads if one[0] not in known]


def settings_prints(plan: Plan, world: World) -> dict[str, str]:
    """By system that has pins: a fingerprint of its settings."""
    base = Path(plan.file).parent
    return {name: settings_print(plan.systems[name], base, world) for name, _, _ in pin_reads(plan)}


def known_systems(plan: Plan, standing: Standing, prints: Mapping[str, str]) -> set[str]:
    """Systems that still have the settings with which their accounts were seen: it is the same account, then."""
    asked = {
        pin.partition(".")[0]
        for pin in _pins(plan)
        if pin not in standing.pins or standing.pins[pin].settings != prints[pin.partition(".")[0]]
    }
    return set(prints) - asked


def _pins(plan: Plan) -> set[str]:
    return {one.pin for one in plan.accounts} | {pin for one in plan.lifecycle.values() for pin in one.pins}


def _read(pin: str) -> StreamField:
    system, stream, field = pin.split(".", 2)
    return system, stream, field


def pins_of(plan: Plan, told: Mapping[StreamField, str | None]) -> dict[str, Pin]:
    """The accounts as the systems have told them, and what else the spec pins; of those that were asked."""
    names = {one.pin: (one.system, one.stream, one.name) for one in plan.accounts}
    return {
        pin: Pin(value=told[_read(pin)] or "", name=told.get(names[pin]) if pin in names else None)
        for pin in sorted(_pins(plan))
        if _read(pin) in told
    }


def moved(standing: Standing, now: Mapping[str, Pin]) -> list[str]:
    """The pins that are not what they were when the integration was connected."""
    return [
        name for name, pin in now.items() if name in standing.pins and standing.pins[name].value != pin.value
    ]


def both(name: str, standing: Standing, now: Mapping[str, Pin]) -> str:
    """A sentence about an account that is another one now."""
    system = name.partition(".")[0]
    return f"`{system}` is {called(now[name])} now, but it was connected to {called(standing.pins[name])}."


def called(pin: Pin) -> str:
    """An account as people know it."""
    return f"{pin.name} ({pin.value})" if pin.name else pin.value


def heed_accounts(plan: Plan, standing: Standing, now: Mapping[str, Pin]) -> None:
    """Raises UserError where an account is not the one that the integration was connected to."""
    wrong = moved(standing, now)
    if not wrong:
        return
    sentences = " ".join(both(name, standing, now) for name in wrong)
    raise UserError(
        f"{sentences} Nothing was read or written, for its links are of the other account.",
        remedy=f"Name the former account again, or change it: engine disable {plan.file}, "
        f"then engine enable {plan.file} with the new one.",
    )


def disclosed(plan: Plan) -> str:
    """A fingerprint of what connecting discloses."""
    return digest(list(plan.discloses))


def chosen_otherwise(plan: Plan, standing: Standing) -> str | None:
    """What is chosen otherwise than when the integration last ran, as a sentence; None = nothing."""
    last = standing.options or {}
    changed = [
        f"{name}: {_chosen(value)} instead of {_chosen(last[name])}"
        for name, value in plan.options.items()
        if name in last and last[name] != value
    ]
    return f"Options changed since the last run: {'; '.join(changed)}." if changed else None


def _chosen(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "nothing" if value in (None, "") else str(value)


def connecting(plan: Plan) -> str | None:
    """A fingerprint of what connecting does with the choices made; None = nothing."""
    stage = plan.lifecycle.get("connect")
    return digest([[one.key, one.to] for one in stage.steps]) if stage and stage.steps else None


def undone(plan: Plan, standing: Standing) -> list[str]:
    """What connecting would do and nobody has ordered yet, as sentences."""
    stage, wanted = plan.lifecycle.get("connect"), connecting(plan)
    if stage is None or wanted is None or standing.agreed.get("connected") == wanted:
        return []
    steps = "; ".join(one.text for one in stage.steps)
    return [f"Not done yet: {steps}. `engine connect {plan.file}` does it after confirmation."]


def remember_standing(
    plan: Plan, writer: LedgerWriter, standing: Standing, now: Mapping[str, Pin], prints: Mapping[str, str]
) -> None:
    """Keep what a run has seen: its accounts, the choices made, and that it has told what connecting discloses."""
    seen = {name: replace(pin, settings=prints.get(name.partition(".")[0])) for name, pin in now.items()}
    known = replace(
        standing,
        since=standing.since or writer.clock.text(),
        pins={**standing.pins, **seen},
        options=plan.options,
        agreed={**standing.agreed, "discloses": disclosed(plan)},
    )
    if known != standing:
        writer.ledger.stand(writer.renew(), known)
