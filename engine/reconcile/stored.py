"""What a side's base must be once it has answered a write: what was sent, or what the system made of it."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.reconcile.model import Missing, Seen

if TYPE_CHECKING:
    from engine.record import Value

#: A plain number. No exponent: a short text could then stand for a number of a million digits.
NUMBER = re.compile(r"[+-]?[0-9]{1,60}(\.[0-9]{1,60})?", re.ASCII)


def settled(sent: Seen, shown: Seen, same_version: bool | None) -> Value:  # noqa: FBT001 - three answers
    """The base of the written side: `shown` where the system made it of `sent`, else `sent`.

    `shown` is the field as the system shows it after the write. `same_version` tells whether that is the very
    version that the write made; None = the system has no versions, so the two values must tell. What is not
    recognised was edited in between: with `sent` as the base it counts as a change.
    """
    if isinstance(sent, Missing):
        raise ValueError("a write sends a value, but there is none to settle")  # noqa: TRY004 - not its type
    if isinstance(shown, Missing) or same_version is False:
        return sent
    return shown if same_version or _stored_form(sent, shown) else sent


def _stored_form(sent: Value, shown: Value) -> bool:
    """Whether a system may have stored `sent` as `shown`: trimmed, re-cased, cut or rounded.

    An edit that looks just like that is taken for it. That is the smaller evil: it stays where it was made, whereas
    a cut text that is taken for an edit would cut its source.
    """
    numbers = _number(sent), _number(shown)
    if numbers[0] is not None and numbers[1] is not None:
        return _rounded(numbers[0], numbers[1])
    one, two = _plain(sent), _plain(shown)
    return one is not None and two is not None and (one == two or (two != "" and one.startswith(two)))


def _number(value: Value) -> Decimal | None:
    text = str(value)
    return Decimal(text) if NUMBER.fullmatch(text) else None


def _rounded(sent: Decimal, shown: Decimal) -> bool:
    """Whether `shown` is what is left of `sent` in its decimal places, by whatever rounding."""
    unit = Decimal(1).scaleb(int(shown.as_tuple().exponent))
    return abs(sent - shown) < unit


def _plain(value: Value) -> str | None:
    """A text without what systems change when they store it; a cleared field is an empty text. None = no text."""
    if value is None:
        return ""
    # Decomposed, so that a text cut between a letter and its accent still begins the whole.
    return unicodedata.normalize("NFD", value.casefold()).strip() if isinstance(value, str) else None
