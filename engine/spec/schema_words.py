"""Words: how findings name a value, its type and what it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.spec.compose import Pointer

#: Longer quotes of what an author wrote do not help to find it.
MOST_QUOTED = 60

#: JSON types in plain words.
KINDS = {
    "string": "text",
    "object": "a mapping (`key: value`)",
    "array": "a list",
    "boolean": "`true` or `false`",
    "integer": "a whole number",
    "number": "a number",
    "null": "empty",
}

#: What the entries of a top-level key are called.
_ENTRIES = {
    "systems": "system",
    "options": "option",
    "modules": "module",
    "triggers": "trigger",
    "guards": "guard",
    "associations": "association",
    "lifecycle": "stage",
}


def kind(value: Any) -> str:
    """The type of a value in plain words."""
    names = {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object", str: "string"}
    return KINDS[names.get(type(value), "null")]


def sentence(words: str) -> str:
    """The words with a capital at the start; a name in backticks stays as it is."""
    return words[:1].upper() + words[1:]


def quote(word: str) -> str:
    """A word of the author's, in backticks and not too long."""
    return f"`{word}`" if len(word) <= MOST_QUOTED else f"`{word[:MOST_QUOTED]}…`"


def names_of(words: Iterable[str], joined_by: str, *, bare: bool = False) -> str:
    """Several words as a phrase: `` `a`, `b` or `c` ``."""
    shown = [word if bare else f"`{word}`" for word in dict.fromkeys(words)]
    if len(shown) == 1:
        return shown[0]
    return f"{', '.join(shown[:-1])} {joined_by} {shown[-1]}"


def name_of(pointer: Pointer) -> str:
    """A value by its key, or by its number in a list."""
    if not pointer:
        return "the file"
    if isinstance(pointer[-1], str):
        return f"`{pointer[-1]}`"
    listed = next((part for part in reversed(pointer) if isinstance(part, str)), None)
    return f"item {pointer[-1] + 1} of `{listed}`"


def owner_of(which: str, pointer: Pointer) -> str:
    """What a key belongs to: ``module `customers` ``, ``item 2 of `requires` ``, `a spec`."""
    if not pointer:
        return f"a {which}"
    if len(pointer) == len(("modules", "customers")) and pointer[0] in _ENTRIES:
        return f"{_ENTRIES[str(pointer[0])]} `{pointer[1]}`"
    return name_of(pointer)
