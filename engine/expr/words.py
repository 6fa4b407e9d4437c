"""Words: how text is read, and what of it counts when two texts are compared.

Text that is in its canonical form already, which nearly all is, is only looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from engine.expr.build import all_of, any_of, call, case, equal, text
from engine.expr.phone import phone

if TYPE_CHECKING:
    from engine.catalog import Field

SPACE = " \t\n\r\v\f\u00a0"
#: Blanks that look like any other, and marks that nobody sees. Joiners stay: scripts and emoji need them.
_BLANKS = "\u00a0\u202f\u2007"
_UNSEEN = "\u200b\u200e\u200f\u2060\ufeff\u00ad"
_WHITE = "\t\n\r\v\f"
_URL = r"[A-Za-z][A-Za-z0-9+.-]*://\S*"
_SITE = r"[a-z][a-z0-9+.-]*://[^/?#:@\sA-Z\[\]]+"
_USUAL_URL = rf"{_SITE}(?:/[^\s?#]\S*)?"
_BARE_URL = f"{_SITE}/"  #: the commonest other spelling
_HEAD = "^[^:]*://[^/?#]*"  #: up to the path
_USER = "^([^:]*://[^/?#]*@)"  #: up to the host, where somebody is named before it
_PORTS = {"http": "80", "https": "443", "ftp": "21", "ws": "80", "wss": "443"}
_OWN_PORT = "|".join([*(rf"^({name}://.*):{port}$" for name, port in _PORTS.items()), "^(.*[^:/]):$"])
_OWN_GROUPS = "".join(rf"\{group}" for group in range(1, len(_PORTS) + 2))  # one of them is not empty


def read_words(words: exp.Expression, field: Field, *, empty_is_null: bool) -> exp.Expression:
    """Text as a field of its type holds it."""
    cleaned = _clean(words, empty_is_null=empty_is_null)
    if field.type == "email":
        return _email(words, cleaned)
    if field.type == "url":
        slash = call("RTRIM", words, text("/"))
        usual = [(_full(words, _USUAL_URL), words), (_full(words, _BARE_URL), slash)]
        return case(*usual, (_full(cleaned, _URL), _url(cleaned)), default=cleaned)
    if field.type == "phone":
        return phone(words, cleaned, field.region)
    if field.caseless and field.choices:
        return _choice(cleaned, field.choices)
    return cleaned


def _clean(words: exp.Expression, *, empty_is_null: bool) -> exp.Expression:
    """NFC, line ends as LF, trimmed; NFC itself is cheap for ASCII."""
    lines = call("REPLACE", words, text("\r\n"), text("\n"))
    trimmed = call("NFC_NORMALIZE", call("TRIM", lines, text(SPACE)))
    default = call("NULLIF", trimmed, text("")) if empty_is_null else trimmed
    return case((_is_trimmed(words), call("NFC_NORMALIZE", words)), default=default)


def _is_trimmed(words: exp.Expression) -> exp.Expression:
    """Not empty, no blanks at the ends, nowhere a carriage return or a blank beyond ASCII."""
    last = call("ARRAY_EXTRACT", words, exp.Literal.number(-1))
    edges = [exp.GTE(this=one.copy(), expression=text("!")) for one in (words, last)]
    absent = [exp.Not(this=call("CONTAINS", words, text(one))) for one in ("\r", "\u00a0")]
    return all_of(*edges, *absent)


def _email(words: exp.Expression, cleaned: exp.Expression) -> exp.Expression:
    """What stands behind the last @ in lower case; who is meant before it is for the domain to say."""
    usual = all_of(_is_trimmed(words), equal(call("LOWER", words), words))
    domain = call("SPLIT_PART", cleaned, text("@"), exp.Literal.number(-1))
    length = exp.Sub(this=call("LENGTH", cleaned), expression=call("LENGTH", domain))
    before = call("LEFT", cleaned, length)
    lowered = call("NFC_NORMALIZE", call("CONCAT", before, call("LOWER", domain)))
    return case(
        (usual, call("NFC_NORMALIZE", words)),
        (call("CONTAINS", cleaned, text("@")), lowered),
        default=cleaned,
    )


def _url(words: exp.Expression) -> exp.Expression:
    """Scheme and host in lower case, without the scheme's own port, without the slash of an empty path."""
    head = call("REGEXP_EXTRACT", words, text(_HEAD))
    rest = call("SUBSTR", words, exp.Add(this=call("LENGTH", head), expression=exp.Literal.number(1)))
    user = call("REGEXP_EXTRACT", words, text(_USER), exp.Literal.number(1))
    host = call("SUBSTR", head, exp.Add(this=call("LENGTH", user), expression=exp.Literal.number(1)))
    scheme = call("LOWER", call("SPLIT_PART", user, text("//"), exp.Literal.number(1)))
    name = call("SPLIT_PART", user, text("//"), exp.Literal.number(2))
    named = all_of(
        *(call("CONTAINS", one, text("@")) for one in (words, head))
    )  # the first is the cheaper look
    lowered = case(
        (named, call("CONCAT", scheme, text("//"), name, call("LOWER", host))), default=call("LOWER", head)
    )
    ported = call("REGEXP_MATCHES", words, text(_HEAD + ":[0-9]*(?:[/?#]|$)"))
    portless = call("REGEXP_REPLACE", lowered, text(_OWN_PORT), text(_OWN_GROUPS))
    path = call("REGEXP_REPLACE", rest, text(r"^/($|[?#])"), text(r"\1"))
    return call("CONCAT", case((ported, portless), default=lowered), path)


def _choice(words: exp.Expression, choices: tuple[str, ...]) -> exp.Expression:
    """The catalog's spelling of a choice; any other word stays as written."""
    lowered = call("LOWER", words)
    turns = [(equal(lowered, text(one.lower())), text(one)) for one in choices]
    return case(*turns, default=words)


def seen(canonical: exp.Expression, *, caseless: bool = False) -> exp.Expression:
    """What a person sees of a text, for comparing only: one kind of blank, nothing unseen, one case if `caseless`."""
    marks = call("TRANSLATE", canonical, text(_BLANKS + _UNSEEN), text(" " * len(_BLANKS)))
    shown = case((plain(canonical), canonical), default=call("TRIM", marks))
    return call("NFC_NORMALIZE", call("LOWER", shown)) if caseless else shown


def like(words: exp.Expression) -> exp.Expression:
    """What of a text counts where it need only be alike: neither its case nor how many blanks stand in it."""
    ascii_only = equal(call("STRLEN", words), call("LENGTH", words))
    runs = [call("CONTAINS", words, text(run)) for run in ("  ", *_WHITE)]
    edges = [call(name, words, text(" ")) for name in ("STARTS_WITH", "ENDS_WITH")]
    usual = all_of(ascii_only, exp.Not(this=any_of(*runs, *edges)))
    lowered = call("NFC_NORMALIZE", call("LOWER", seen(words)))
    single = call("REGEXP_REPLACE", lowered, text(f"[ {''.join(_WHITE)}]+"), text(" "), text("g"))
    return case((usual, call("LOWER", words)), default=call("TRIM", single))


def plain(canonical: exp.Expression) -> exp.Expression:
    """Whether a person sees all of a text as it is: no strange blanks, nothing invisible."""
    ascii_only = equal(call("STRLEN", canonical), call("LENGTH", canonical))
    marked = call("REGEXP_MATCHES", canonical, text(f"[{_BLANKS}{_UNSEEN}]"))
    return any_of(ascii_only, exp.Not(this=marked))


def _full(words: exp.Expression, pattern: str) -> exp.Expression:
    return call("REGEXP_FULL_MATCH", words, text(pattern))
