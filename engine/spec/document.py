"""Document: a file's plain values, and the place of every key, value and text in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.spec.bounds import decode
from engine.spec.compose import Places, Pointer, Stretch, compose
from engine.spec.diagnostic import Diagnostic, Span, Text
from engine.spec.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a file says and where."""

    file: str  #: its name in findings
    lines: tuple[str, ...]
    value: Any  #: dicts with text keys, lists, and scalars
    places: Places

    def key_at(self, pointer: Pointer) -> Span | None:
        """The place of the key that leads to a value; None = a list item or the root."""
        stretch = self.places.keys.get(pointer)
        return None if stretch is None else self._span(stretch)

    def value_at(self, pointer: Pointer) -> Span:
        """The place of a value; of a block, its first line."""
        return self._span(self.places.values[pointer])

    def at(self, pointer: Pointer) -> Span:
        """Where to point a person at: the key where there is one, else the value."""
        return self.key_at(pointer) or self.value_at(pointer)

    def text(self, pointer: Pointer) -> Text | None:
        """A scalar of any type as it is written; None = no scalar stands there."""
        scalar = self.places.scalars.get(pointer)
        if scalar is None:
            return None
        word, style = scalar
        return self._text(word, self.places.values[pointer], style)

    def key_texts(self, pointer: Pointer) -> tuple[Text, ...]:
        """The words of the key that leads to a value: several where it is written as a list."""
        members = self.places.key_lists.get(pointer) or [(str(pointer[-1]), self.places.keys[pointer])]
        return tuple(self._text(word, stretch, "") for word, stretch in members)

    def is_empty(self, pointer: Pointer) -> bool:
        """Whether nothing at all is written as the value, as after `key:`."""
        return self.places.scalars.get(pointer) == ("", "")

    def _span(self, stretch: Stretch) -> Span:
        return Report(file=self.file).span(stretch)

    def _text(self, word: str, stretch: Stretch, style: str) -> Text:
        line, column, end = stretch
        span = self._span(stretch)
        if style == "|":
            return self._block(word, line, span)
        quote = 1 if style in ("'", '"') else 0
        if self.lines[line][column + quote : end - quote] == word:
            return Text(value=word, span=span, start=(line + 1, column + quote + 1))
        return Text(value=word, span=span)  # folded over lines, or with escapes: offsets are unknown

    def _block(self, word: str, line: int, span: Span) -> Text:
        header = self.lines[line][span.column - 1 :].split("#")[0]
        if any(map(str.isdigit, header)):  # an indentation that is relative to a parent unknown here
            return Text(value=word, span=span)
        body = next((text for text in self.lines[line + 1 :] if text.strip()), "")
        indent = len(body) - len(body.lstrip(" "))
        return Text(value=word, span=span, start=(line + 2, indent + 1), indent=indent)


def read_document(file: str, raw: bytes) -> tuple[Document | None, list[Diagnostic]]:
    """Parse one file; `file` is its name in findings. None = the findings say why nothing could be read."""
    text, report = decode(file, raw)
    composed = None if text is None else compose(text, report)
    if composed is None:
        return None, report.findings
    value, places = composed
    return Document(file=file, lines=report.lines, value=value, places=places), report.findings
