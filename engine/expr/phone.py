"""Phone numbers: one form for all spellings of a number, built as SQL from the facts of a region.

The form is that of E.164 with the extension of RFC 3966: `+912055501000`, `+912055501000;ext=12`. Without a region a
national number has no country, so its digits are all that can be said of it. What is no number stays as written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp

from engine.expr.build import all_of, any_of, call, case, equal, text

_SEPARATORS = (" ", "-", "(", ")", ".")
#: Five digits at least: less is an extension or a short code. Seventeen at most: more is two numbers in one field.
_DIGITS = r"\(?\+?(?:[ ().-]*[0-9]){5,17}[ ).]*"
_PLAIN = f" *{_DIGITS}"
_DONE = r"\+[1-9][0-9]{4,14}"
_EXTENDED = rf"(?i)(?:tel:)?({_DIGITS})(?:[ ,;]*(?:ext(?:ension|n)?[.:= ]*|x[.: ]*|#)([0-9]{{1,8}}))?"
_SLASHED = r"(?:\+[0-9 ()-]{2,11}|\(?0[0-9 ()-]{1,6})/ ?[0-9][0-9 -]{2,12}"
#: Digits, dashes and blanks of other scripts as plain ones; marks that nobody sees are dropped.
_PLUS_AND_DIGITS = "".join(
    chr(first + digit) for first in (0xFF10, 0x660, 0x6F0, 0x966) for digit in range(10)
)
_FROM = _PLUS_AND_DIGITS + "\uff0b\u2010\u2011\u2012\u2013\u2014\u2212\u00a0\u202f\u2009\t"
_TO = "0123456789" * 4 + "+------    "
_UNSEEN = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad"
#: Where the 0 in `+39 (0)6 …` belongs to the number: Italy and San Marino.
_KEEP_ZERO = ("+39", "0039", "+378", "00378")


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """How people of a region write numbers."""

    country: str  #: calling code, such as 91
    trunk: str  #: what stands before a national number when dialled at home, such as 0; empty = nothing
    abroad: str  #: regular expression: what is dialled to call abroad, such as 00 or 011
    national: str  #: regular expression: a whole national number without the trunk prefix


@lru_cache(maxsize=32)
def region(name: str) -> Region | None:
    """The facts of a region by its two letters; None if there is no such region."""
    from phonenumbers import PhoneMetadata  # loaded only where a spec names a region

    if not re.fullmatch("[A-Z]{2}", name):
        return None
    known = PhoneMetadata.metadata_for_region(name, None)
    if known is None or known.general_desc is None:
        return None
    return Region(
        country=str(known.country_code),
        trunk=known.national_prefix or "",
        abroad=known.international_prefix or "00",
        national=known.general_desc.national_number_pattern or "[0-9]{4,14}",
    )


def phone(words: exp.Expression, cleaned: exp.Expression, home: str | None) -> exp.Expression:
    """The canonical form of a number; `cleaned`, the text as any other is read, for what is no number.

    The usual spellings are told apart by one expression each; only what is left is looked at closely.
    """
    facts = region(home) if home else None
    folded = call("TRIM", call("TRANSLATE", words, text(_FROM + _UNSEEN), text(_TO)))
    return case(
        (_full(words, _DONE), words),
        (_full(words, _PLAIN), _number(words, facts)),
        (_full(folded, _EXTENDED), _with_extension(folded, facts)),
        (_full(folded, _SLASHED), _number(call("REPLACE", folded, text("/"), text("")), facts)),
        default=cleaned,
    )


def _with_extension(words: exp.Expression, facts: Region | None) -> exp.Expression:
    number, extension = (
        call("REGEXP_EXTRACT", words, text(_EXTENDED), exp.Literal.number(group)) for group in (1, 2)
    )
    suffix = case((equal(extension, text("")), text("")), default=call("CONCAT", text(";ext="), extension))
    return call("CONCAT", _number(number, facts), suffix)


def _number(words: exp.Expression, facts: Region | None) -> exp.Expression:
    """The number of a text of digits and separators."""
    digits = _without_zero_in_brackets(words)
    for one in _SEPARATORS:
        digits = call("REPLACE", digits, text(one), text(""))
    if facts is None:
        return call("REGEXP_REPLACE", digits, text("^00([1-9])"), text(r"+\1"))
    abroad = rf"^(?:{facts.abroad}|00)([1-9][0-9]{{4,14}})$"
    turns = _at_home(facts)
    groups = "".join(rf"\{number}" for number in range(1, len(turns) + 1))  # one of them is not empty
    foreign = call("REGEXP_REPLACE", digits, text(abroad), text(r"+\1"))
    home = text(f"^(?:{'|'.join(turns)})$")
    return call("REGEXP_REPLACE", foreign, home, text(f"+{facts.country}{groups}"))


def _at_home(facts: Region) -> list[str]:
    """How a number without a country may be written, best evidence first; the group follows the country's code."""
    national, turns = f"({facts.national})", []
    if facts.trunk:
        turns.append(facts.trunk + national)
    turns.append(national)
    if facts.trunk.startswith("0"):  # a first 0 can be nothing else, even if the rest has an unknown shape
        turns.append(f"{facts.trunk}([1-9][0-9]{{3,13}})")
    return [*turns, facts.country + national]


def _without_zero_in_brackets(words: exp.Expression) -> exp.Expression:
    """`+44 (0)20 …` is dialled without the 0 from abroad."""
    foreign = any_of(*(call("STARTS_WITH", words, text(one)) for one in ("+", "00")))
    kept = [exp.Not(this=call("STARTS_WITH", words, text(one))) for one in _KEEP_ZERO]
    there = call("CONTAINS", words, text("(0)"))
    return case(
        (all_of(there, foreign, *kept), call("REPLACE", words, text("(0)"), text(""))), default=words.copy()
    )


def _full(words: exp.Expression, pattern: str) -> exp.Expression:
    return call("REGEXP_FULL_MATCH", words, text(pattern))
