"""Later: constructs of the language that are checked in full but cannot be run by this version yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.compiler.draft import Draft, place
from engine.plan import NotBuilt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.spec.diagnostic import Span
    from engine.spec.model import Module


def note_later(draft: Draft, module: Module) -> None:
    """Name everything of an active module that cannot be run yet."""
    for what, span in _of_module(module):
        draft.not_built.append(NotBuilt(what=f"module `{module.name}`: {what}", place=place(span)))


def _of_module(module: Module) -> Iterator[tuple[str, Span]]:
    if module.enrol or (module.creates and module.creates.value == "by hand"):
        yield "`enrol` and `creates: by hand`", module.span


def note_rules(draft: Draft, active: Sequence[tuple[str, str, Span]]) -> None:
    """Name the rules that stand: (kind, name, place)."""
    for kind, name, span in active:
        draft.not_built.append(NotBuilt(what=f"{kind} `{name}`", place=place(span)))
