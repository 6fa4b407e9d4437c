"""Findings as text for people, and as JSON, annotations and SARIF for tools."""

from __future__ import annotations

import json

from engine.render.findings import MOST_SHOWN, findings_github, findings_json, findings_sarif, findings_text
from engine.spec.diagnostic import Diagnostic, Severity, Span


def finding(
    excerpt: str, column: int, end: int, *, severity: Severity = "error", message: str = "Wrong."
) -> Diagnostic:
    span = Span(file="specs/a b,c.yaml", line=7, column=column, end_line=7, end_column=end)
    other = Span(file="specs/a b,c.yaml", line=3, column=1, end_line=3, end_column=2)
    return Diagnostic(
        severity=severity,
        code="wrong-choice",
        message=message,
        span=span,
        hint="Do.",
        excerpt=excerpt,
        related=(other,),
    )


def test_the_caret_stands_below_what_is_wrong() -> None:
    assert findings_text([finding("  key: value", 8, 13)]) == (
        "specs/a b,c.yaml:7:8: error[wrong-choice]: Wrong.\n"
        "  7 |   key: value\n"
        "    |        ^^^^^\n"
        "  hint: Do.\n"
        "  see: specs/a b,c.yaml:3:1"
    )


def test_the_caret_stays_below_after_wide_and_escaped_characters() -> None:
    """A wide character takes two columns, a hidden one shows as its escape."""
    _, line, caret, *_ = findings_text([finding("会社\x1b: v", 6, 7)]).split("\n")
    assert line == "  7 | 会社\\x1b: v"
    assert caret == "    | " + " " * (4 + 4 + 2) + "^"


def test_a_long_line_is_cut_around_the_place() -> None:
    _, line, caret, *_ = findings_text([finding("x" * 500 + "HERE" + "y" * 500, 501, 505)]).split("\n")
    assert len(line) < MOST_SHOWN + 12
    assert line[caret.index("^") : caret.rindex("^") + 1] == "HERE"


def test_json_says_everything() -> None:
    (plain,) = json.loads(findings_json([finding("  key: value", 8, 13)]))["findings"]
    assert plain["code"] == "wrong-choice"
    assert (plain["file"], plain["line"], plain["column"], plain["end_column"]) == (
        "specs/a b,c.yaml",
        7,
        8,
        13,
    )
    assert plain["related"][0]["line"] == 3


def test_an_annotation_cannot_be_left_by_what_it_quotes() -> None:
    printed = findings_github([finding("", 8, 13, severity="note", message="100 %\n::error::x")])
    assert printed == (
        "::notice file=specs/a b%2Cc.yaml,line=7,col=8,endLine=7,endColumn=12,title=wrong-choice"
        "::100 %25%0A::error::x%0Ahint: Do."
    )


def test_sarif_names_rules_and_places() -> None:
    (run,) = json.loads(findings_sarif([finding("  key: value", 8, 13)]))["runs"]
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"] == [{"id": result["ruleId"]}]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "specs/a%20b%2Cc.yaml"
    assert place["region"] == {"startLine": 7, "startColumn": 8, "endLine": 7, "endColumn": 13}
