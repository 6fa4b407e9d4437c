"""Syntax: where the YAML parser gives up, what is wrong there in words that tell an author what to type.

Only the place comes from the parser; its words and limits differ by version.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from yaml.scanner import ScannerError

if TYPE_CHECKING:
    import yaml

    from engine.spec.report import Report

Words = tuple[str, str | None]

_BRACKETS = {"{": "}", "[": "]"}
_LIST_AS_KEY = re.compile(r"\[[^\[\]]*\]\s*:")

#: What cannot stand where the parser gives up, inside of nothing -> our sentence and hint.
_NOT_HERE: dict[str, Words] = {
    ":": (
        "This line has a second `: `.",
        "quote a value that contains `: `, and check that the line above is indented alike",
    ),
    "-": ("A list cannot start in the line of its key.", "start it in the next line"),
}
_DIRECTIVE: Words = ("A line that starts with `%` is a directive; a spec has none.", "remove it")
_UNKNOWN: Words = ("This is not YAML.", None)
_START: Words = ("A value cannot start with this character.", "quote the value")
_ESCAPE: Words = (
    "`\\` starts an escape that YAML does not know.",
    "use single quotes, or write `\\\\`",
)
#: What the parser was reading when it gave up, by the character it starts with.
_BEGUN: dict[str, Words] = {
    **dict.fromkeys("@`%*&!", _START),
    **dict.fromkeys("'\"", ("A quoted text is not closed.", "close the quote")),
    **dict.fromkeys("|>", ("A text of several lines starts in the next line.", "break the line here")),
}
_NO_COLON: Words = ("There is a key without its `:`.", "write `key: value`")
_VALUE: Words = ("A value was expected here.", "quote the value")
_ITEM: Words = (
    "A list item was expected here.",
    "start the line with `- ` at the indentation of the items above",
)
_KEY: Words = (
    "A key was expected here.",
    "check the indentation; a value that starts with a quote must be quoted as a whole",
)


def explain(wrong: yaml.YAMLError, report: Report) -> None:
    """Note a parser's error as one finding."""
    met = _place(getattr(wrong, "problem_mark", None), report) or (0, 0)
    begun = _place(getattr(wrong, "context_mark", None), report)
    rest = "" if begun is None else report.lines[begun[0]][begun[1] :]
    scanner = isinstance(wrong, ScannerError)
    bracket = not scanner and begun != met and rest[:1] in _BRACKETS and not _LIST_AS_KEY.match(rest)
    if bracket and begun is not None and begun[0] < met[0]:
        _tell_open(begun, met, report)
        return
    line, column = met
    around = report.lines[line][max(column - 1, 0) :]
    if around.startswith("${"):
        words: Words = ("Inside `{ … }`, a reference must be quoted.", 'write `"${…}"`')
    elif report.lines[line].startswith("%"):
        words = _DIRECTIVE
    elif bracket:
        words = _broken(rest[0])
    else:
        words = (
            _unread(rest, report.lines[line], column) if scanner else _unparsed(rest, at_once=begun == met)
        )
    report.add("yaml-syntax", words[0], report.span((line, column, column + 1)), hint=words[1])


def _unread(begun: str, line: str, column: int) -> Words:
    """What the scanner could not read: it began with `begun`, empty = with nothing, and stopped in `line`."""
    if not begun:
        return _NOT_HERE.get(line[column : column + 1], _UNKNOWN)
    if begun[0] == '"' and "\\" in line[max(column - 2, 0) : column + 1]:
        return _ESCAPE
    return _BEGUN.get(begun[0], _NO_COLON)


def _unparsed(begun: str, *, at_once: bool) -> Words:
    """What the parser missed in the part that starts with `begun`; `at_once`: at its very first character."""
    if not begun:
        return _UNKNOWN
    if at_once:
        return _VALUE
    return _ITEM if re.match(r"-(\s|$)", begun) else _KEY


def _broken(bracket: str) -> Words:
    close = _BRACKETS[bracket]
    return (
        f"The `{bracket} … {close}` is broken here: a `,` or `{close}` is missing.",
        "quote a value that contains `{`, `}`, `[`, `]` or `,`",
    )


def _tell_open(begun: tuple[int, int], met: tuple[int, int], report: Report) -> None:
    """The bracket is what matters, not where its absence was noticed."""
    line, column = begun
    message = f"This `{report.lines[line][column]}` is not closed where line {met[0] + 1} goes on."
    related = report.span((*met, met[1] + 1))
    report.add("yaml-syntax", message, report.span((line, column, column + 1)), related=(related,))


def _place(mark: Any, report: Report) -> tuple[int, int] | None:
    """Line and column of a mark, the end of the last line where it points behind the file; None = no mark."""
    if mark is None:
        return None
    line = min(mark.line, len(report.lines) - 1)
    return line, min(mark.column, len(report.lines[line]))
