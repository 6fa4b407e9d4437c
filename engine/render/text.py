"""Single words and sentences: what came from outside made safe to print, numbers and times made readable."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from unicodedata import category

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Explicit bidirectional controls: they reorder a terminal's line, so that it reads as something else.
_BIDI = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ESCAPED = frozenset(("Cc", "Cs", "Zl", "Zp"))


def printable(text: str) -> str:
    r"""The text on one line, with control characters shown as escapes such as `\n` or `\x1b`.

    Names come from other people's systems; as they are, they could forge a line or drive the terminal.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(char) if _is_control(char) else char for char in text)


def _is_control(char: str) -> bool:
    return category(char) in _ESCAPED or char in _BIDI


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def one_line(text: str) -> str:
    """The text on one line, each run of white space as one blank."""
    return " ".join(text.split())


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters of a text, with an ellipsis where it was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shown(value: Any, *, limit: int = 60) -> str:
    """A canonical value for a person: text in quotes, nothing as `empty`, cut to `limit` characters."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, str):
        return f'"{shorten(printable(value), limit)}"'
    return shorten(printable(json.dumps(value, ensure_ascii=False, default=str)), limit)


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 record`, `1,204 records`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def times(number: int) -> str:
    """How often something is so, with a sign before the number."""
    return f"\N{MULTIPLICATION SIGN}{number:,}"


def listed(words: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 10:  # noqa: PLR2004 - below ten seconds a tenth matters, above it does not
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def moment(iso: str | None) -> str:
    """`2026-11-21 14:05:09 UTC` from an ISO instant; `never` for None."""
    if iso is None:
        return "never"
    plain = iso.replace("T", " ").split(".")[0].removesuffix("Z").removesuffix("+00:00")
    return f"{printable(plain)} UTC"


def as_json(value: Mapping[str, Any] | list[Any]) -> str:
    """One JSON document, readable, in the order given; exact decimals as numbers in text form."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n"
