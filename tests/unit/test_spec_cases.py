"""Every bad spec in tests/cases/bad-specs gives exactly the findings that stand beside it.

`pytest tests/unit/test_spec_cases.py --update-cases` rewrites the expected texts; the diff is then
for a person to judge.
"""

from __future__ import annotations

import re

import pytest
from places import CASES

from engine.compiler import check_file
from engine.render.findings import findings_text

HERE = CASES / "bad-specs"
NAMES = sorted(path.stem for path in HERE.glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_spec_gives_exactly_the_expected_findings(
    name: str, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    monkeypatch.chdir(HERE)
    printed = findings_text(check_file(f"{name}.yaml")) + "\n"
    expected = HERE / f"{name}.txt"
    if pytestconfig.getoption("--update-cases"):
        expected.write_text(printed, encoding="utf-8")
    assert printed == expected.read_text(encoding="utf-8")


def test_every_code_is_explained() -> None:
    """docs/findings.md says what each code means."""
    page = (HERE.parent.parent.parent / "docs" / "findings.md").read_text(encoding="utf-8")
    told = "".join((HERE / f"{name}.txt").read_text(encoding="utf-8") for name in NAMES)
    codes = set(re.findall(r": (?:error|warning|note)\[([a-z0-9-]+)\]: ", told))
    assert {code for code in codes if f"`{code}`" not in page} == set()


def test_every_bad_spec_has_an_error() -> None:
    """A case whose expected text is empty would prove nothing."""
    assert len(NAMES) >= 25
    without = [name for name in NAMES if ": error[" not in (HERE / f"{name}.txt").read_text(encoding="utf-8")]
    assert without == []
