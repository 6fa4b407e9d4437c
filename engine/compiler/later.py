"""Later: constructs of the language that are checked in full but cannot be run by this version yet."""

from __future__ import annotations

from collections.abc import Sequence

from engine.compiler.draft import Draft, place
from engine.compiler.line import Line
from engine.plan import NotBuilt
from engine.spec.diagnostic import Span
from engine.spec.model import Module


def note_later(draft: Draft, module: Module, arrow: str, lines: Sequence[Line]) -> None:
    """Name everything of an active module that cannot be run yet."""

    def note(what: str, span: Span) -> None:
        draft.not_built.append(NotBuilt(what=f"module `{module.name}`: {what}", place=place(span)))

    if arrow in ("<->", "=="):
        note({"<->": "syncing both ways (`<->`)", "==": "pairing only (`==`)"}[arrow], module.arrow_at)
    for under in module.under:
        note("`under`", under.field.span)
    if module.enrol or (module.creates and module.creates.value == "by hand"):
        note("`enrol` and `creates: by hand`", module.span)
    if module.pairs:
        note("`pairs`", module.pairs.span)
    if module.only_referenced_by:
        note("`only: referenced by`", module.only_referenced_by.span)
    if module.deletes and module.deletes.value == "propagate":
        note("`deletes: propagate`", module.deletes.span)
    for one in module.precedence:
        note("`yields-to`", one.span)
    if module.limits:
        note("`limits`", module.span)
    if module.before_write == "trust":
        note("`before-write: trust`", module.span)
    for line in lines:
        if line.spec.refers:
            note("`refers` in a mapping", line.spec.refers.span)
        if line.spec.at_most:
            note("`at-most` in a mapping", line.spec.at_most.span)


def note_rules(draft: Draft, active: Sequence[tuple[str, str, Span]]) -> None:
    """Name the rules that stand: (kind, name, place)."""
    for kind, name, span in active:
        draft.not_built.append(NotBuilt(what=f"{kind} `{name}`", place=place(span)))
