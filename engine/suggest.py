"""Suggest: the known name that was probably meant by one that does not exist."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_CLOSE, _SURE = 0.6, 0.85  #: how alike two words are; beside a sure one no other is named
_LONGEST = 60  #: characters; a longer word is no slip of a name, and comparing it would take long
_FEW = 8  #: names that are listed without being asked for
_MOST = 30  #: more names in one sentence would hide what is wrong


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known name that `word` is probably a slip of; None = nothing is close."""
    return next(iter(_close(word, known)), None)


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str | None = None) -> str | None:
    """A sentence that names what was probably meant, else all there is.

    `otherwise`: how the list of all begins; None = it is given only if it is short. None where nothing is known.
    """
    names = sorted(set(known))
    if near := _close(word, names):
        return f"Did you mean {' or '.join(f'`{name}`' for name in near)}?"
    if not names or (otherwise is None and len(names) > _FEW):
        return None
    listed = ", ".join(f"`{name}`" for name in names[:_MOST])
    return f"{otherwise or 'Known here'}: {listed}{', …' if len(names) > _MOST else ''}."


def suggest(name: str, names: Iterable[str]) -> str:
    """What was probably meant by a name that does not exist, else the names that do."""
    return did_you_mean(name, names, otherwise="There are") or "There are none."


def _close(word: str, known: Iterable[str]) -> list[str]:
    if len(word) > _LONGEST:
        return []
    by_plain = {_plain(name): name for name in known}
    near = difflib.get_close_matches(_plain(word), by_plain, n=1, cutoff=_SURE)
    near = near or difflib.get_close_matches(_plain(word), by_plain, n=3, cutoff=_CLOSE)
    return [by_plain[name] for name in near]


def _plain(word: str) -> str:
    return word.lower().replace("_", "-")
