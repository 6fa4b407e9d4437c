"""Bracketed: `map: [A, B] <-> c` is one text, although YAML takes a bracket for a list and would refuse the rest."""

from __future__ import annotations

import re

#: What a bracket and a comma are called while YAML looks: signs of one character that no file has.
_HIDDEN = str.maketrans("[],", "\ue000\ue001\ue002")
_SHOWN = str.maketrans("\ue000\ue001\ue002", "[],")
# Strangers write what this searches, so nothing in it may be of any length.
_SIDE = r"(?:\[[^\[\]{}\"'\n#]{1,600}+\]|[^\s\[\]{},\"'#][^\[\]{},\"'\n#]{0,120}?)"
_MAP = re.compile(
    rf"(?<![\w-])map:[ ]{{1,9}}+{_SIDE}[ ]{{1,9}}(?:<->|->|<-)[ ]{{1,9}}+{_SIDE}(?=[ ]{{0,9}}(?:[,}}\n#]|$))"
)


def hide(text: str) -> str:
    """The text with the brackets of such lines out of YAML's sight; every character stays at its place."""
    if "[" not in text or any(sign in text for sign in "\ue000\ue001\ue002"):
        return text
    return _MAP.sub(lambda found: found.group().translate(_HIDDEN), text)


def show(word: str) -> str:
    """A scalar as it is written."""
    return word.translate(_SHOWN)
