"""Every name of a field can be written in a match key, bare or in double quotes."""

from __future__ import annotations

import pytest

from engine.spec.diagnostic import Span, Text
from engine.spec.node import IncompleteError
from engine.spec.phrase import match_pairs
from engine.spec.report import Report

RIGHT = {
    "a = b": [("a", "b")],
    "Customer ID = code": [("Customer ID", "code")],
    "home.city=b": [("home.city", "b")],
    "a = b AND c d = e f": [("a", "b"), ("c d", "e f")],
    '"Search AND Rescue" = "a = b"': [("Search AND Rescue", "a = b")],
    "has\"quote = it's": [('has"quote', "it's")],
    '"two ""quoted""" = x': [('two "quoted"', "x")],
    "% of total = Amount (EUR)": [("% of total", "Amount (EUR)")],
    "brand = Android": [("brand", "Android")],
}
WRONG = ["", "a", "a =", "= b", "a = b AND", "AND a = b", "a = b = c", "a <> b", "a >= b", "a = b AND c"]
WRONG += ["a ~ b = c", "a ~~ b", "a =~ b", "a ~"]


def _text(value: str) -> Text:
    span = Span(file="s.yaml", line=1, column=1, end_line=1, end_column=1 + len(value))
    return Text(value=value, span=span, start=(1, 1), indent=0)


@pytest.mark.parametrize(("words", "pairs"), RIGHT.items())
def test_a_match_key_names_fields(words: str, pairs: list[tuple[str, str]]) -> None:
    found = match_pairs(_text(words), Report(file="s.yaml"))
    assert [(pair.left.value, pair.right.value) for pair in found] == pairs
    assert not any(pair.alike for pair in found)
    loose = match_pairs(_text(words.replace(" = b", " ~ b")), Report(file="s.yaml"))
    assert loose[0].alike == (" = b" in words and '"' not in words)


@pytest.mark.parametrize("words", WRONG)
def test_what_is_no_match_key_is_said(words: str) -> None:
    report = Report(file="s.yaml")
    with pytest.raises(IncompleteError):
        match_pairs(_text(words), report)
    assert [finding.code for finding in report.findings] == ["bad-match"]
