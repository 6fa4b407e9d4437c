"""Bounds: what a file's bytes must keep to before any parser sees them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.spec.report import Report

if TYPE_CHECKING:
    from engine.spec.diagnostic import Span

#: Bytes; a spec that a person can review is far below.
MOST_BYTES = 256 * 1024

#: Characters of one line; more cannot be shown beside a finding.
MOST_LINE = 8192

#: Characters that no editor shows: controls, the separators that YAML alone takes for line ends,
#: marks that reverse the direction of text on screen, and byte order marks inside a file.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)


def decode(file: str, raw: bytes) -> tuple[str | None, Report]:
    """The text of a file with line feeds as its only line ends; None = a finding says why it is refused."""
    report = Report(file=file)
    if len(raw) > MOST_BYTES:
        message = f"The file has {len(raw):,} bytes; at most {MOST_BYTES:,} are read."
        report.add(
            "too-large", message, _point(report, 1, 1), hint="split it into several specs and mappings"
        )
        return None, report
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = raw.count(b"\n", 0, wrong.start) + 1
        start = raw.rfind(b"\n", 0, wrong.start) + 1
        column = len(raw[start : wrong.start].decode("utf-8", "replace")) + 1
        message = f"The file is not UTF-8: there is the byte {raw[wrong.start]:#04x} here."
        report.add("not-utf8", message, _point(report, line, column), hint="save the file as UTF-8")
        return None, report
    text = text.replace("\r\n", "\n")
    _check_lines(text.split("\n"), report)
    return (None if report.wrong else text), report


def _check_lines(lines: list[str], report: Report) -> None:
    report.lines = tuple(line[:MOST_LINE] for line in lines)
    for number, line in enumerate(lines, start=1):
        if len(line) > MOST_LINE:
            message = f"This line has {len(line):,} characters; at most {MOST_LINE:,} are read."
            report.add("too-long", message, _point(report, number, 1), hint="break it into several lines")
        if line.isascii() and line.isprintable():
            continue  # nearly every line; the searches below would double the time of a large file
        if (tab := line.find("\t")) >= 0:
            report.add(
                "tab",
                "There is a tab character here.",
                _point(report, number, tab + 1),
                hint="indent with spaces",
            )
        if hidden := _INVISIBLE.search(line):
            message = f"There is an invisible character here, U+{ord(hidden.group()):04X}."
            report.add(
                "control-character", message, _point(report, number, hidden.start() + 1), hint="remove it"
            )


def _point(report: Report, line: int, column: int) -> Span:
    return report.span((line - 1, column - 1, column))
