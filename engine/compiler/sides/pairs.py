"""Pairs: a module that takes its pairs from another one's links recognises records by them, as if by a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.compiler.bind.keeper import keeper_of, side_of
from engine.compiler.draft.draft import place
from engine.compiler.draft.parts import CompiledKey, Parent
from engine.compiler.fields.linked import end_lookup
from engine.plan import KeyPlan, Trouble
from engine.record import SIDES

if TYPE_CHECKING:
    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import End
    from engine.record import Side
    from engine.spec.diagnostic import Text
    from engine.spec.model import Module


def compile_pairs(
    draft: Draft, module: Module, ends: dict[Side, End]
) -> tuple[dict[Side, Parent], CompiledKey] | None:
    """What each side is looked up by, and the key that says so; None without `pairs`, and after a finding.

    The key of a record is its counterpart in the right side's ids, just as that of a record below a parent begins
    with the parent; here it is all of the key.
    """
    text = module.pairs
    keeper = keeper_of(draft, text.value, text) if text is not None else None
    if keeper is None or text is None:
        return None
    there = {side: side_of(keeper, draft, end.ref, end.stream.name) for side, end in ends.items()}
    if None in there.values() or there["left"] == there["right"]:
        _do_not_fit(draft, text, ends)
        return None
    parents = {
        side: Parent(
            lookups=(end_lookup(ends[side], keeper.rule.name, at),),
            skips=False,
            rules=False,
            blocked=_unlinked(module, text),
        )
        for side in SIDES
        if (at := there[side]) is not None
    }
    return parents, CompiledKey(plan=KeyPlan(line=f"the links of {keeper.name}", place=place(text.span)))


def _do_not_fit(draft: Draft, text: Text, ends: dict[Side, End]) -> None:
    named = " and ".join(f"`{end.ref.system}.{end.ref.stream}`" for end in ends.values())
    message = f"`{text}` keeps no links of {named}, so there are no pairs to use."
    hint = "Name a module or trigger between the same two streams, or write `match`."
    draft.findings.add("reference-does-not-fit", message, text.span, hint=hint)


def _unlinked(module: Module, text: Text) -> Trouble:
    return Trouble(
        code="blocked",
        message=f"`{text}` has not linked it yet.",
        remedy=f"It takes part in `{module.name}` once that has.",
        place=place(text.span),
    )
