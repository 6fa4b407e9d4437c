"""States: which stage of its life an integration may enter, and where it then stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import LockedError, UserError
from engine.plan.lifecycle import StagePlan, StepPlan
from engine.run.sync.standing import UNDER_WAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.ledger.standing import Standing, State
    from engine.plan import Plan
    from engine.plan.lifecycle import StageName

#: Where an integration stands while a stage is carried out, and when it is over.
BEGUN: Mapping[StageName, State] = {
    "connect": "connecting",
    "disable": "disabling",
    "enable": "enabling",
    "delete": "deleting",
    "migrate": "migrating",
}
DONE: Mapping[StageName, State] = {
    "connect": "active",
    "disable": "disabled",
    "enable": "active",
    "delete": "deleted",
    "migrate": "active",
}
#: Where it may stand before, and what a person does who finds it elsewhere.
_FROM: Mapping[StageName, tuple[State, ...]] = {
    "connect": ("active", "deleted"),
    "disable": ("active", "paused"),
    "enable": ("disabled",),
    "delete": ("active", "paused", "disabled"),
    "migrate": ("active",),
}
_REMEDIES: Mapping[State, str] = {
    "paused": "engine resume {file}",
    "disabled": "engine enable {file}",
    "deleted": "engine connect {file}",
}


def stage_of(plan: Plan, name: StageName) -> StagePlan:
    """What the spec says of a stage, or what holds where it says nothing. Raises UserError for a migration."""
    found = plan.lifecycle.get(name)
    if found is not None:
        return found
    if name == "migrate":
        raise UserError(
            f"`{plan.name}` does not say how an older integration is moved to it.",
            remedy=f"Write `lifecycle: {{ migrate: … }}` in {plan.file}.",
        )
    if name != "delete":
        return StagePlan(stage=name)
    forget = StepPlan(act="forget", key="delete: forget links", text="forget all links", place=plan.file)
    return StagePlan(stage=name, states=("disabled",), steps=(forget,))


def refuse_out_of_turn(plan: Plan, stage: StagePlan, standing: Standing, choice: str | None) -> None:
    """Raises UserError or LockedError where the integration cannot enter the stage from where it stands."""
    if standing.state == BEGUN[stage.stage]:
        _same_choice(plan, stage, standing, choice)
        return
    begun = UNDER_WAY.get(standing.state)
    if begun is not None:
        raise LockedError(
            f"`engine {begun}` of `{plan.name}` has begun and has not finished.",
            remedy=f"Finish it first: engine {begun} {plan.file}",
        )
    _demand_state(plan, stage, standing)
    if stage.stage == "migrate" and "migrated" in standing.agreed:
        raise UserError(
            f"The older integration was moved to `{plan.name}` on {standing.agreed['migrated']} already, "
            "and there is no way back.",
            remedy="Nothing to do: new records are synced automatically.",
        )


def _demand_state(plan: Plan, stage: StagePlan, standing: Standing) -> None:
    """As the stage itself asks, and as the spec does."""
    here = "new" if standing.since is None else standing.state
    if standing.state not in _FROM[stage.stage]:
        remedy = _REMEDIES.get(standing.state)
        raise UserError(
            f"`{plan.name}` is {here}, so it cannot be {_VERBS[stage.stage]}; nothing was done.",
            remedy=remedy.format(file=plan.file) if remedy else "Nothing to do.",
        )
    if stage.states and here not in stage.states:
        wanted = " or ".join(stage.states)
        order = "disable" if "disabled" in stage.states else "pause"
        raise UserError(
            f"`{plan.name}` is {here}; it can be {_VERBS[stage.stage]} only when it is {wanted} ({stage.place}). "
            "Nothing was done.",
            remedy=f"engine {order} {plan.file}",
        )


_VERBS: Mapping[StageName, str] = {
    "connect": "connected",
    "disable": "disabled",
    "enable": "enabled",
    "delete": "deleted",
    "migrate": "moved to",
}


def choice_of(plan: Plan, stage: StagePlan, standing: Standing, choice: str | None) -> str | None:
    """The choice that a person has taken, now or when the stage began. Raises UserError where one is missing."""
    known = stage.choices or {}
    taken = choice or (standing.agreed.get("choice") if standing.state == BEGUN[stage.stage] else None)
    if taken is None and not known:
        return None
    if taken not in known:
        listed = "\n".join(f"  --choice {name}: {_said(steps)}" for name, steps in known.items())
        wrong = f"there is no choice `{taken}`" if taken else "one of these must be chosen"
        raise UserError(
            f"To {stage.stage} `{plan.name}`, {wrong}.",
            remedy=f"Choose:\n{listed}" if known else "Omit --choice.",
        )
    return taken


def _said(steps: tuple[StepPlan, ...]) -> str:
    return "; ".join(step.text for step in steps)


def _same_choice(plan: Plan, stage: StagePlan, standing: Standing, choice: str | None) -> None:
    """What has begun is finished as it began."""
    before = standing.agreed.get("choice")
    if before is not None and choice != before:
        raise UserError(
            f"`engine {stage.stage}` of `{plan.name}` has begun with `{before}`.",
            remedy=f"Finish it: engine {stage.stage} {plan.file} --choice {before}",
        )
