"""Node: a part of a document, asked for by key; what is absent or of the wrong type simply is not there.

The schema has already said what is wrong; the builders take what is right: one mistake hides no other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.spec.compose import Pointer
    from engine.spec.diagnostic import Span, Text
    from engine.spec.document import Document


class IncompleteError(Exception):
    """Something that a part cannot do without is missing or wrong; a finding has been noted."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a document and the way to it."""

    document: Document
    pointer: Pointer = ()

    @property
    def value(self) -> Any:
        """The plain value."""
        found = self.document.value
        for part in self.pointer:
            found = found[part]
        return found

    @property
    def span(self) -> Span:
        """Where to point a person at."""
        return self.document.at(self.pointer)

    @property
    def name(self) -> str:
        """The key that leads here."""
        return str(self.pointer[-1])

    def has(self, key: str) -> bool:
        """Whether the key is written."""
        return isinstance(self.value, dict) and key in self.value

    def at(self, key: str | int) -> Node:
        """The part below a key or list position that exists."""
        return replace(self, pointer=(*self.pointer, key))

    def get(self, key: str) -> Node | None:
        """The part below a key; None = not written."""
        return self.at(key) if self.has(key) else None

    def own_text(self) -> Text | None:
        """This text; None = something else stands here."""
        return self.document.text(self.pointer) if isinstance(self.value, str) else None

    def own_scalar(self) -> Text | None:
        """This text, number or truth value as written; None = null or no scalar."""
        return None if self.value is None else self.document.text(self.pointer)

    def text(self, key: str) -> Text | None:
        """The text below a key; None = not written or no text."""
        found = self.get(key)
        return None if found is None else found.own_text()

    def scalar(self, key: str) -> Text | None:
        """The text, number or truth value below a key, as written; None = not written, null or no scalar."""
        found = self.get(key)
        return None if found is None else found.own_scalar()

    def need(self, key: str) -> Text:
        """The text below a key that the part cannot do without.

        Raises:
            IncompleteError: it is not there.
        """
        found = self.text(key)
        if found is None:
            raise IncompleteError
        return found

    def string(self, key: str) -> str | None:
        """The text below a key; None = not written or no text."""
        found = self.text(key)
        return None if found is None else found.value

    def word(self, key: str, choices: tuple[str, ...]) -> Any:
        """One of `choices` (the first is the default), typed by the caller's annotation."""
        found = self.string(key)
        return found if found in choices else choices[0]

    def flag(self, key: str) -> bool:
        """Whether `true` is written below a key."""
        return self.has(key) and self.value[key] is True

    def mapping(self, key: str) -> dict[str, Any]:
        """The plain entries below a key, without private notes; empty where none are."""
        return {node.name: node.value for node in self.entries(key)}

    def entries(self, key: str) -> Iterator[Node]:
        """The parts of a mapping below a key, without private notes."""
        return (node for node in self.all_entries(key) if not node.name.startswith("x-"))

    def all_entries(self, key: str) -> Iterator[Node]:
        """The parts of a mapping below a key whose names are values, such as `x-large: XL`."""
        found = self.get(key)
        if found is not None and isinstance(found.value, dict):
            yield from (found.at(name) for name in found.value)

    def items(self, key: str) -> Iterator[Node]:
        """The parts of a list below a key."""
        found = self.get(key)
        if found is not None and isinstance(found.value, list):
            yield from (found.at(number) for number in range(len(found.value)))

    def texts(self, key: str) -> tuple[Text, ...]:
        """The texts of a list below a key; a single text is a list of one."""
        single = self.text(key)
        if single is not None:
            return (single,)
        return tuple(text for item in self.items(key) if (text := item.own_text()) is not None)
