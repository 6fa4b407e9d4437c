"""Later: constructs of the language that are checked in full but cannot be run by this version yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.compiler.draft import Draft, place
from engine.plan import NotBuilt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.spec.diagnostic import Span


def note_rules(draft: Draft, active: Sequence[tuple[str, str, Span]]) -> None:
    """Name the rules that stand: (kind, name, place)."""
    for kind, name, span in active:
        draft.not_built.append(NotBuilt(what=f"{kind} `{name}`", place=place(span)))
