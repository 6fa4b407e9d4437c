"""By hand: what of a spec a person may ask for alone: one trigger, or one module to enrol a record in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import Checked, Hand


def asked_for(draft: Draft, standing: Mapping[str, Checked], hand: Hand) -> dict[str, Checked]:
    """Only the trigger that a person asks for. Raises UserError if there is none that takes orders."""
    found = standing.get(hand.trigger)
    if hand.enrol:
        return {hand.trigger: _enrolling(draft, standing, hand.trigger)}
    if found is not None and found.trigger is not None and found.trigger.by_hand:
        return {hand.trigger: found}
    known = [name for name, one in standing.items() if one.trigger is not None and one.trigger.by_hand]
    why = "it does not say `by: hand`" if found is not None else "no such trigger takes part"
    raise UserError(
        f"`{draft.spec.name}` has nothing to do by hand that is called `{hand.trigger}`: {why}.",
        remedy=f"These can be started by hand: {', '.join(known) or 'none'}.",
    )


def _enrolling(draft: Draft, standing: Mapping[str, Checked], name: str) -> Checked:
    """The module to which a person adds a record. Raises UserError if its records take part by themselves."""
    found = standing.get(name)
    if found is not None and found.enrol is not None:
        return found
    known = [name for name, one in standing.items() if one.enrol is not None]
    raise UserError(
        f"`{draft.spec.name}` has no module `{name}` whose records are enrolled by hand.",
        remedy=f"These have records that are enrolled: {', '.join(known) or 'none'}.",
    )
