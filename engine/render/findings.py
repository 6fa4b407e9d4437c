"""Findings for people and for tools: plain text, JSON, GitHub's annotations, SARIF."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width
from urllib.parse import quote

from engine import __version__
from engine.render.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.spec.diagnostic import Diagnostic, Span

#: Characters of a line that are shown; longer ones are cut around the place.
MOST_SHOWN = 160

_SARIF_LEVELS = {"error": "error", "warning": "warning", "note": "note"}
_GITHUB_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def findings_text(findings: Sequence[Diagnostic]) -> str:
    """For a terminal: place, code and message, the line with a caret, the hint; a blank line in between.

    Nothing in it can drive a terminal: control characters of the file show as escapes.
    """
    return "\n\n".join("\n".join(_lines(found)) for found in findings)


def _lines(found: Diagnostic) -> list[str]:
    head = f"{found.span}: {found.severity}[{found.code}]: {found.message}"
    hint = [] if found.hint is None else [f"  hint: {printable(_sentence(found.hint))}"]
    also = [f"  see: {printable(str(span))}" for span in found.related]
    return [printable(head), *_excerpt(found), *hint, *also]


def _sentence(hint: str) -> str:
    """A hint the way all are shown: its first word in small letters, as it goes on after `hint:`."""
    first = hint.split(" ", 1)[0]
    return hint[0].lower() + hint[1:] if first.istitle() and first.lower() in _OPENERS else hint


#: Words that hints begin with; a name at the start of a hint keeps its capital.
_OPENERS = frozenset(
    ("add", "an", "choose", "did", "it", "keep", "list", "make", "name", "put", "reverse", "set", "write")
)


def _excerpt(found: Diagnostic) -> list[str]:
    if found.excerpt is None:
        return []
    line, start, end = _cut(found.excerpt, found.span)
    number = str(found.span.line)
    before, marked = printable(line[:start]), printable(line[start:end])
    caret = " " * _width(before) + "^" * max(_width(marked), 1)
    return [f"  {number} | {printable(line)}", f"  {' ' * len(number)} | {caret}"]


def _cut(line: str, span: Span) -> tuple[str, int, int]:
    """The line, and from where to where it is underlined; a long line only around that."""
    start = min(span.column - 1, len(line))
    end = len(line) if span.end_line > span.line else min(span.end_column - 1, len(line))
    if len(line) <= MOST_SHOWN:
        return line, start, end
    first = max(0, start - MOST_SHOWN // 2)
    last = first + MOST_SHOWN
    lead = "…" if first else ""
    tail = "…" if last < len(line) else ""
    shift = len(lead) - first
    return lead + line[first:last] + tail, start + shift, min(end, last) + shift


def _width(text: str) -> int:
    """Columns of a terminal that a text takes."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def findings_json(findings: Sequence[Diagnostic]) -> str:
    """One object with the list `findings`; lines and columns count from 1, the end column is exclusive."""
    return json.dumps({"findings": [_plain(found) for found in findings]}, indent=2, ensure_ascii=False)


def _plain(found: Diagnostic) -> dict[str, Any]:
    return {
        "severity": found.severity,
        "code": found.code,
        "message": found.message,
        **_place(found.span),
        "hint": None if found.hint is None else _sentence(found.hint),
        "excerpt": found.excerpt,
        "related": [_place(span) for span in found.related],
    }


def _place(span: Span) -> dict[str, Any]:
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def findings_github(findings: Sequence[Diagnostic]) -> str:
    """Workflow commands, which GitHub shows beside the lines of a pull request; one a line."""
    return "\n".join(_command(found) for found in findings)


def _command(found: Diagnostic) -> str:
    span = found.span
    wanted = {
        "file": span.file,
        "line": span.line,
        "col": span.column,
        "endLine": span.end_line,
        "endColumn": max(span.end_column - 1, span.column),
        "title": found.code,
    }
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in wanted.items())
    message = found.message if found.hint is None else f"{found.message}\nhint: {_sentence(found.hint)}"
    return f"::{_GITHUB_COMMANDS[found.severity]} {properties}::{_escaped(message)}"


def _escaped(text: str) -> str:
    """A text that cannot end its command: a file's own words must not become commands of their own."""
    kept = "\n".join(printable(line) for line in text.split("\n"))
    return kept.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def findings_sarif(findings: Sequence[Diagnostic]) -> str:
    """SARIF 2.1.0, which code scanning services read."""
    codes = sorted({found.code for found in findings})
    driver = {"name": "engine", "version": __version__, "rules": [{"id": code} for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(found) for found in findings],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def _result(found: Diagnostic) -> dict[str, Any]:
    message = found.message if found.hint is None else f"{found.message} (hint: {_sentence(found.hint)})"
    return {
        "ruleId": found.code,
        "level": _SARIF_LEVELS[found.severity],
        "message": {"text": message},
        "locations": [_location(found.span)],
        "relatedLocations": [_location(span) for span in found.related],
    }


def _location(span: Span) -> dict[str, Any]:
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    uri = quote(span.file.replace("\\", "/"))
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
