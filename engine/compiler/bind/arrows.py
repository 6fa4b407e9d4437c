"""Arrows: which way a module goes for the choices made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.compiler.bind.choices import holds, settle

if TYPE_CHECKING:
    from engine.compiler.draft.draft import Draft
    from engine.plan import Arrow
    from engine.spec.model import Module


def arrow_of(draft: Draft, module: Module) -> Arrow:
    """The arrow of `sync`, narrowed by `direction`."""
    narrowing = module.narrowing
    if narrowing is None or not holds(draft, narrowing.only_if):
        return module.arrow
    allowed = {"<->": ("->", "<-", "<->", "=="), "==": ("==",)}.get(module.arrow, (module.arrow, "=="))
    word = settle(draft, narrowing.to, allowed, module.arrow, f"arrow that narrows `{module.arrow}`")
    arrows: dict[str, Arrow] = {"->": "->", "<-": "<-", "<->": "<->", "==": "=="}
    return arrows[word]
