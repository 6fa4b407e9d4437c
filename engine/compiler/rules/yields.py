"""Yields: the links of other modules that tell whose values win over this module's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.compiler.bind.keeper import keeper_of, side_of
from engine.plan import YieldPlan
from engine.record import SIDES

if TYPE_CHECKING:
    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import End
    from engine.record import Side
    from engine.spec.diagnostic import Text
    from engine.spec.model import Module


def compile_yields(draft: Draft, module: Module, ends: dict[Side, End]) -> tuple[YieldPlan, ...]:
    """For each module that is yielded to, which of our sides it links, and where its links stand."""
    return tuple(one for text in module.precedence for one in _plans(draft, module, text, ends))


def _plans(draft: Draft, module: Module, text: Text, ends: dict[Side, End]) -> list[YieldPlan]:
    keeper = keeper_of(draft, text.value, text)
    if keeper is None:
        return []
    there = {side: side_of(keeper, draft, end.ref, end.stream.name) for side, end in ends.items()}
    found = [
        YieldPlan(
            to=keeper.name,
            integration=keeper.integration,
            module=keeper.rule.name,
            side=side,
            there=at,
            table=f"links of {keeper.name}",
        )
        for side in SIDES
        if (at := there[side]) is not None
    ]
    if not found:
        named = " nor ".join(f"`{end.ref.system}.{end.ref.stream}`" for end in ends.values())
        message = f"`{keeper.name}` links neither {named}, so there is nothing to yield."
        hint = f"Name a module that has a stream in common with `{module.name}`."
        draft.findings.add("reference-does-not-fit", message, text.span, hint=hint)
    return found
