"""Hints: what was probably meant by a word that YAML reads otherwise, or by a value that was cut."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.spec.diagnostic import Diagnostic


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
