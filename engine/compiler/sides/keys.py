"""Keys: by which fields two unlinked records are recognised as the same thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.compiler.bind.choices import holds
from engine.compiler.draft.draft import Draft, place
from engine.compiler.draft.names import resolve
from engine.expr.lattice import join, said
from engine.plan import KeyPlan
from engine.record import SIDES, Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.compiler.draft.parts import End, Parent
    from engine.spec.model import Module


def compile_keys(
    draft: Draft, module: Module, ends: dict[Side, End], parents: Mapping[Side, Parent]
) -> tuple[tuple[KeyPlan, tuple[str, ...], tuple[str, ...]], ...]:
    """The keys that stand, each with the fields of left and right."""
    keys = []
    for key in module.match:
        stands = holds(draft, key.only_if)
        names: dict[Side, list[str]] = {"left": [], "right": []}
        sensitive = False
        for texts in key.pairs:
            found = [
                resolve(draft, draft.scope(ends[side].ref, ends[side].stream), text)
                for side, text in zip(SIDES, texts, strict=True)
            ]
            if found[0] is None or found[1] is None:
                continue
            if join(found[0].type, found[1].type) is None and "unknown" not in (found[0].type, found[1].type):
                message = f"{said(found[0].type).capitalize()} never equals {said(found[1].type)}."
                draft.findings.add("type-mismatch", message, texts[0].span)
            names["left"].append(found[0].name)
            names["right"].append(found[1].name)
            sensitive = sensitive or found[0].sensitive or found[1].sensitive
        if stands and names["left"]:
            pairs = zip(names["left"], names["right"], strict=True)
            line = " AND ".join([*_below(parents), *(f"{left} = {right}" for left, right in pairs)])
            plan = KeyPlan(line=line, place=place(key.span), sensitive=sensitive)
            keys.append((plan, tuple(names["left"]), tuple(names["right"])))
    return tuple(keys)


def _below(parents: Mapping[Side, Parent]) -> list[str]:
    """That records are recognised below the same parent only, in the words of a key."""
    if not parents:
        return []
    pairs = zip(parents["left"].lookups, parents["right"].lookups, strict=True)
    return [" OR ".join(f"{left.field} = {right.field}" for left, right in pairs)]
