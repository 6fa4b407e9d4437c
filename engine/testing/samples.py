"""Values that have broken connectors before: texts that look like something else, and ids that no system has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Three records that most promises start from.
PEOPLE: tuple[Mapping[str, str | None], ...] = (
    {"name": "Ada", "city": "London"},
    {"name": "Bo", "city": None},
    {"name": "Cy", "city": "Rome"},
)

#: Texts that every system takes and gives back as they are.
ODD_TEXTS = (
    "007",
    " leading and trailing ",
    'says "hello", twice ""',
    "it's; 'quoted'",
    "two\nlines",
    "carriage\r\nreturn",
    "a\tb",
    "Ünï✓ 日本語 🎉 e\u0301",
    "\u202eright to left",
    "\ufeffmark",
    "=1+1",
    "=cmd|'/c calc'!A1",
    "+1-555-0100",
    "-2+3",
    "@SUM(A1)",
    "NULL",
    "null",
    "None",
    "true",
    "1e5",
    "1e400",
    "NaN",
    "0x10",
    "{{ 7*7 }}",
    "${env:HOME} ${jndi:ldap://x}",
    "%s %(name)s {0}",
    "'; DROP TABLE people; --",
    "x' or id != null or Name = 'y",
    "a,b;c|d",
    "\\N \\' \\",
    "<img src=x onerror=alert(1)>",
    "../people?x=",
    "Acme\nERROR lease stolen",
    "a\r\nX-Evil: 1",
    "#hash",
    "x" * 5_000,
)

#: Decimals that a detour through binary floating point would change, or show in another way.
AMOUNTS = ("0.10", "19.99", "-0.01", "1000000.00", "12345678901234.56")

#: Texts that a system may refuse, in words; it must not change them.
DOUBTFUL_TEXTS = ("nul\0inside", "bell\x07", "escape\x1b[31m", "delete\x7f", "no\ufffecharacter")

#: Ids that nobody has ever given a record. Half a character cannot be in a batch, only in a question.
HOSTILE_IDS = (
    "",
    " ",
    "no-such",
    "..",
    "../people?x=",
    "a/b",
    "%2e%2e",
    "?page=2",
    "a\r\nX-Evil: 1",
    "' OR 1=1 --",
    "1; DROP TABLE people",
    "nul\0",
    "Ünï🎉",
    "*",
    "9" * 5_000,
)
HALF_A_CHARACTER = "\ud800"
