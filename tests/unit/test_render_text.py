"""Words on screen: what came from outside cannot forge a line or drive a terminal."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.render.text import count, duration, listed, moment, printable, shorten, shown


@given(st.text())
def test_printable_text_is_one_line_without_controls(text: str) -> None:
    safe = printable(text)
    assert len(safe.splitlines()) <= 1
    assert not [char for char in safe if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}]


@pytest.mark.parametrize(
    "name", ["Acme & Söhne", "株式会社", "O\u2019Brien", "👩\u200d👩\u200d👧 Toys", "a\u00a0b"]
)
def test_a_name_of_any_script_stays_as_it_is(name: str) -> None:
    assert printable(name) == name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Acme\nERROR lease stolen", "Acme\\nERROR lease stolen"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("\x9b31mred", "\\x9b31mred"),
        ("a\u2028::error::b", "a\\u2028::error::b"),
        ("invoice\u202efdp.exe", "invoice\\u202efdp.exe"),
        ("lone \ud800", "lone \\ud800"),
    ],
)
def test_a_control_character_is_shown_and_not_obeyed(name: str, safe: str) -> None:
    assert printable(name) == safe


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "empty"),
        ("", '""'),
        ("007", '"007"'),
        (7, "7"),
        (Decimal("19.90"), "19.90"),
        (True, "yes"),
        (["a", Decimal("1.5")], '["a", "1.5"]'),
        ("x" * 99, '"' + "x" * 59 + '…"'),
    ],
)
def test_values_of_different_kinds_look_different(value: Any, words: str) -> None:
    assert shown(value) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (12.4, "12 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
    ],
)
def test_a_duration_is_as_exact_as_a_person_needs(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_small_words_read_as_a_sentence() -> None:
    assert [count(1, "record"), count(1204, "record"), count(0, "query", "queries")] == [
        "1 record",
        "1,204 records",
        "0 queries",
    ]
    assert [listed([]), listed(["a"]), listed(["a", "b", "c"])] == ["", "a", "a, b and c"]
    assert [moment(None), moment("2026-01-02T03:04:05.678Z")] == ["never", "2026-01-02 03:04:05 UTC"]
    assert [shorten("abc", 3), shorten("abcd", 3)] == ["abc", "ab…"]
