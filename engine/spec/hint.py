"""Hints: what was probably meant. Pure functions over words and lines."""

from __future__ import annotations

import difflib
import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.spec.compose import Pointer
    from engine.spec.diagnostic import Diagnostic
    from engine.spec.document import Document


#: Longer words are no slips of a name, and comparing them would take long.
LONGEST_NAME = 60

#: More names in one hint would hide the finding.
MOST_NAMES = 30


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` is probably a slip of; None = nothing is close."""
    if len(word) > LONGEST_NAME:
        return None
    by_plain = {_plain(name): name for name in known}
    found = difflib.get_close_matches(_plain(word), by_plain, n=1, cutoff=0.6)
    return by_plain[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str = "known here") -> str | None:
    """A hint that names the closest known word, else all of them; None where nothing is known."""
    names = sorted(known)
    if meant := closest(word, names):
        return f"did you mean `{meant}`?"
    shown = ", ".join(f"`{name}`" for name in names[:MOST_NAMES])
    more = ", …" if len(names) > MOST_NAMES else ""
    return f"{otherwise}: {shown}{more}" if names else None


def cut_by_comma(document: Document, pointer: Pointer) -> str | None:
    """The hint for a key that is really the rest of the value before it, cut by a comma inside `{ … }`."""
    key = document.places.keys.get(pointer)
    before = _key_before(document, pointer)
    if key is None or before is None or document.places.scalars.get(before, ("", "'"))[1]:
        return None
    line, _, end = document.places.values[before]
    if document.lines[key[0]][key[1]] in "\"'":
        return None  # a quoted key was meant as one
    if key[0] != line or not re.fullmatch(r",\s*", document.lines[line][end : key[1]]):
        return None
    return f'a comma ended the value of `{before[-1]}`: quote it, `{before[-1]}: "… , …"`'


def truth(word: str) -> str | None:
    """The hint for a word that other dialects of YAML take for true or false."""
    meant = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
    found = meant.get(word.lower(), word.lower() if word.lower() in ("true", "false") else None)
    return None if found is None else f"write `{found}`"


def cut_by_hash(found: Diagnostic) -> Diagnostic:
    """The finding with a hint, where it has none and ` #` ends the plain value at whose end it points.

    Comments that are set apart by more than one space are taken for what they are.
    """
    if found.hint is not None or found.excerpt is None:
        return found
    if not re.match(r" #", found.excerpt[found.span.end_column - 1 :]):
        return found
    return replace(found, hint="` #` ended this value; if the rest belongs to it, quote the value")


def _key_before(document: Document, pointer: Pointer) -> Pointer | None:
    container = document.value
    for part in pointer[:-1]:
        container = container[part]
    if not isinstance(container, dict):
        return None
    names = list(container)
    place = names.index(str(pointer[-1]))
    return (*pointer[:-1], names[place - 1]) if place else None


def _plain(word: str) -> str:
    return word.lower().replace("_", "-")
