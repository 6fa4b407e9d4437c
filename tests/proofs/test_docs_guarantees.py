"""docs/guarantees.md: what it calls a proof exists."""

from __future__ import annotations

import re

import pytest
from places import ROOT

PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tests() -> set[str]:
    """The names of all tests, and of the test cases of state machines."""
    files = (ROOT / "tests").rglob("test_*.py")
    return {
        name for file in files for name in re.findall(r"\bdef (test_\w+)", file.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", PAGE))))
def test_every_test_that_a_promise_names_is_there(name: str, tests: set[str]) -> None:
    assert name in tests


@pytest.mark.parametrize("file", sorted(set(re.findall(r"`(tests/[\w/.]+)`", PAGE))))
def test_every_file_that_a_promise_names_is_there(file: str) -> None:
    assert (ROOT / file).exists()
