"""Scalars: what a plain word of YAML means, by the core schema of YAML 1.2 and no other.

`yes`, `no`, `on`, `off`, dates and `22:22` are text. So is a number that starts with a zero (`007`): it is an
article number or a postal code, and reading it as 7 would lose what was written.
"""

from __future__ import annotations

import math
import re

Scalar = str | int | float | bool | None

#: Digits of an integer; more is an identity, and an identity is text.
MOST_DIGITS = 18

#: Digits of a fraction that binary floating point gives back as written.
EXACT_DIGITS = 15

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


class ScalarError(ValueError):
    """The word looks like a number that cannot be kept exactly; its text says why."""


def plain(word: str) -> Scalar:
    """The value of an unquoted word.

    Raises:
        ScalarError: a number that is too long, infinite or not a number.
    """
    if word in _NULLS:
        return None
    if word in _BOOLEANS:
        return _BOOLEANS[word]
    if _INTEGER.fullmatch(word) or _BASED.fullmatch(word):
        return _integer(word)
    if _NOT_FINITE.fullmatch(word):
        raise ScalarError(f"`{word}` is not a number that a record can hold.")
    return _float(word) if _FLOAT.fullmatch(word) else word


def _integer(word: str) -> int:
    if len(word) > MOST_DIGITS + 2:
        raise ScalarError(f"This number has {len(word)} digits; at most {MOST_DIGITS} are kept.")
    number = int(word, 0)
    if abs(number) >= 10**MOST_DIGITS:
        raise ScalarError(f"This number has {len(str(abs(number)))} digits; at most {MOST_DIGITS} are kept.")
    return number


def _float(word: str) -> float:
    if sum(map(str.isdigit, word)) > EXACT_DIGITS:
        raise ScalarError(f"`{word[:40]}` has more than {EXACT_DIGITS} digits and would be rounded.")
    number = float(word)
    if math.isinf(number):
        raise ScalarError(f"`{word}` is larger than any number that is kept.")
    return number
