"""The undo of a run on screen: what gets its former values, what is skipped and why."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from engine.render.changes import lines_text
from engine.render.outcome import spared_text
from engine.render.text import count, duration, listed, printable

if TYPE_CHECKING:
    from engine.render.table import Screen
    from engine.run.session.report import Undone

#: What the run did to a record that is left alone.
_DONE = {"update": "changed", "create": "created", "delete": "deleted"}
_WORDS = {"update": "restored", "create": "created again", "delete": "deleted"}


def undone_text(undone: Undone, *, spec: str, screen: Screen) -> str:
    """What an undo does or has done; `spec` is how it was named on the command line, the run first."""
    del screen
    parts = [
        lines_text(module, list(lines)) for module, lines in groupby(undone.lines, lambda one: one.module)
    ]
    rest = undone.writes - len(undone.lines)
    parts += [f"… and {count(rest, 'more record')}; --limit shows more of them.\n"] if rest > 0 else []
    parts += [_spared(undone)] if undone.spared else []
    parts += [f"{printable(note)}\n" for note in undone.notes]
    parts.append(_sentence(undone, spec))
    return "\n".join(parts)


def _spared(undone: Undone) -> str:
    number = len(undone.spared)
    are = "is" if number == 1 else "are"
    return f"{count(number, 'record')} {are} skipped\n" + spared_text(undone.spared, number, _DONE)


def _sentence(undone: Undone, spec: str) -> str:
    took = duration(undone.seconds)
    done = listed([f"{number:,} {_WORDS[kind]}" for kind, number in undone.counts.items() if number])
    if undone.by is not None:
        return (
            f"Undid run {undone.run} in {took}: {done or 'nothing was written'}. "
            f"That is run {undone.by}, which can be undone, too.\n"
        )
    if not done:
        return f"There is nothing to undo; nothing was written (looked for {took}).\n"
    return (
        f"The undo would result in {done}; nothing was written (looked for {took}).\n"
        f"To do it: engine undo {spec} --apply\n"
    )
