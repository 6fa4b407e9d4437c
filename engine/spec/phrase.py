"""Phrases: the small sentences inside values (arrows, streams, match keys), taken apart with their places."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from engine.spec.diagnostic import Text
from engine.spec.model import MatchPair, StreamRef
from engine.spec.node import IncompleteError, Node
from engine.spec.schema_words import quote
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from engine.spec.report import Report

# Strangers write what these search, so none of them can take more than linear time.
_WORDS = re.compile(r"\S+")
_LOOKS_LIKE_ARROW = re.compile("[-\N{EN DASH}\N{EM DASH}=~<>→←↔⇒⇐⇔]+")
#: A name in double quotes, in which anything may stand, a word, or a sign between names.
_PIECES = re.compile(r'"(?:[^"]|"")*"|[=~<>!]|[^\s=~<>!"][^\s=~<>!]*|"')
_SIGNS = ("=", "~", "<", ">", "!")
_LISTED = re.compile(r"[^,]+")
_REFERENCED_BY = "referenced by "


def part(text: Text, start: int, end: int) -> Text:
    """A stretch of a text as a text of its own, at its own place."""
    span = text.at(start, end - start)
    known = None if text.start is None else (span.line, span.column)
    return Text(value=text.value[start:end], span=span, start=known, indent=text.indent)


def split_arrow(text: Text, allowed: tuple[str, ...], report: Report) -> tuple[Text, Any, Text]:
    """LEFT, the arrow as a Text, RIGHT.

    Raises:
        IncompleteError: no such arrow is written; a finding has been noted.
    """
    words = list(_WORDS.finditer(text.value))
    arrows = [number for number, word in enumerate(words) if word.group() in allowed]
    if len(arrows) == 1 and 0 < arrows[0] < len(words) - 1:
        before, arrow, after = (words[arrows[0] + step] for step in (-1, 0, 1))
        left, right = (words[0].start(), before.end()), (after.start(), words[-1].end())
        return part(text, *left), part(text, *arrow.span()), part(text, *right)
    shown = ", ".join(f"`{arrow}`" for arrow in allowed[:-1]) + f" or `{allowed[-1]}`"
    wrong = _wrong_arrow(text)
    if wrong is None:
        report.add("bad-arrow", f"An arrow is missing: two names are joined by {shown}.", text.span)
    elif wrong.value in allowed:
        report.add("bad-arrow", f"`{wrong}` needs a name and a space on both sides, once.", wrong.span)
    else:
        meant = _meant(wrong.value, allowed)
        message = f"{quote(wrong.value)} is not an arrow here; two names are joined by {shown}."
        report.add("bad-arrow", message, wrong.span, hint=f"did you mean `{meant}`?")
    raise IncompleteError


def field_list(text: Text | None, report: Report) -> tuple[Text, ...]:
    """The one field of a side, or those of `[First_Name, Last_Name]`.

    Raises:
        IncompleteError: a bracket is left open, or nothing stands between two commas; a finding has been noted.
    """
    if text is None:
        return ()
    if not text.value.startswith("["):
        return (text,)
    inner = part(text, 1, len(text.value) - 1)
    names = [name for match in _LISTED.finditer(inner.value) if (name := _trimmed(inner, match)) is not None]
    if not text.value.endswith("]") or len(names) != inner.value.count(",") + 1:
        message = f"{quote(text.value)} is no list of fields."
        report.add("bad-arrow", message, text.span, hint="write `[FIELD, FIELD] <-> FIELD`")
        raise IncompleteError
    return tuple(names)


def _trimmed(text: Text, match: re.Match[str]) -> Text | None:
    """A stretch without the blanks around it; None = nothing else is there."""
    found = match.group()
    start = match.start() + len(found) - len(found.lstrip())
    return part(text, start, start + len(found.strip())) if found.strip() else None


def stream_ref(text: Text, report: Report, systems: tuple[str, ...] | None = None) -> StreamRef:
    """`crm.Accounts` taken apart; that the system exists is checked where `systems` are given.

    Raises:
        IncompleteError: it is not of that form; a finding has been noted.
    """
    system, dot, stream = text.value.partition(".")
    if not dot or not system or not stream or " " in text.value:
        form = "SYSTEM.STREAM" if systems is not None else "CONNECTOR.STREAM"
        report.add("bad-stream", f"{quote(text.value)} is not a stream: write `{form}`.", text.span)
        raise IncompleteError
    if systems is not None and system not in systems:
        message = f"There is no system `{system}` in this spec."
        report.add(
            "unknown-system",
            message,
            text.at(0, len(system)),
            hint=did_you_mean(system, systems, otherwise="Systems"),
        )
    return StreamRef(system=system, stream=stream, text=text)


def match_pairs(text: Text, report: Report) -> tuple[MatchPair, ...]:
    """`A = b AND C ~ d` as pairs of left and right fields; a name may hold blanks, and anything in double quotes.

    Raises:
        IncompleteError: it is not of that form; a finding has been noted.
    """
    pieces = list(_PIECES.finditer(text.value))
    ands = [place for place, piece in enumerate(pieces) if piece.group().upper() == "AND"]
    pairs = []
    for start, end in pairwise([-1, *ands, len(pieces)]):
        pair = pieces[start + 1 : end]
        signs = [place for place, piece in enumerate(pair) if piece.group() in _SIGNS]
        found = [pair[place].group() for place in signs]
        if found not in (["="], ["~"]) or signs[0] in (0, len(pair) - 1):
            wrong = pair or pieces
            first, last = (wrong[0].start(), wrong[-1].end()) if wrong else (0, len(text.value))
            message = f"{quote(text.value[first:last])} is not a match key."
            hint = "write `LEFT_FIELD = RIGHT_FIELD`, or `~` for alike; several are joined by `AND`"
            report.add("bad-match", message, text.at(first, last - first), hint=hint)
            raise IncompleteError
        left, right = _name(text, pair[: signs[0]]), _name(text, pair[signs[0] + 1 :])
        pairs.append(MatchPair(left=left, right=right, alike=found == ["~"]))
    return tuple(pairs)


def _name(text: Text, pieces: list[re.Match[str]]) -> Text:
    """A name of several words, or one in double quotes, without them."""
    start, end = pieces[0].start(), pieces[-1].end()
    if len(pieces) > 1 or pieces[0].group()[0] != '"' or end - start < len('""'):
        return part(text, start, end)
    inner = part(text, start + 1, end - 1)
    return replace(inner, value=inner.value.replace('""', '"'))


def referenced_by(node: Node) -> Text | None:
    """The modules in `only: referenced by MODULE, MODULE` as one text; None = not written so."""
    text = node.text("only")
    if text is None or not text.value.startswith(_REFERENCED_BY):
        return None
    return part(text, len(_REFERENCED_BY), len(text.value))


def split_names(text: Text) -> tuple[Text, ...]:
    """The names of a text that are joined by commas."""
    return tuple(part(text, *match.span()) for match in re.finditer(r"[^\s,]+", text.value))


def _wrong_arrow(text: Text) -> Text | None:
    """The piece that was probably meant as the arrow: one between spaces first, else any."""
    found = list(_LOOKS_LIKE_ARROW.finditer(text.value))
    alone = [
        m for m in found if text.value[: m.start()].endswith(" ") or text.value[m.end() :].startswith(" ")
    ]
    joined = [m for m in found if m.group() != "-"]  # a single `-` inside a word is part of a name
    match = next(iter(alone or joined), None)
    return None if match is None else part(text, *match.span())


def _meant(wrong: str, allowed: tuple[str, ...]) -> str:
    left, right = set(wrong) & set("<←⇐↔⇔"), set(wrong) & set(">→⇒↔⇔")
    if left and right:
        meant = "<->"
    elif left or right:
        meant = "<-" if left else "->"
    else:
        meant = "==" if "=" in wrong else "->"
    return meant if meant in allowed else allowed[0]
