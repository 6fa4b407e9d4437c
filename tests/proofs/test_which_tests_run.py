"""Which tests run: all folders but the proofs by default, and always the one that is named."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest
from patience import LONGEST_S
from places import ROOT, TESTS

LONG = "tests/proofs/test_run_machine.py"
NAMED = f"{LONG}::test_many_long_histories_of_edits_and_accidents"
#: Folders that hold no tests, and the one that is asked for.
OTHERS = {"cases", "worlds", "sample_connector", "proofs", "__pycache__"}


def test_every_folder_of_tests_is_run_by_default_but_the_proofs() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    paths = told["tool"]["pytest"]["ini_options"]["testpaths"]
    assert sorted(paths) == sorted(
        f"tests/{path.name}" for path in TESTS.iterdir() if path.is_dir() and path.name not in OTHERS
    )


@pytest.mark.parametrize(
    ("words", "runs"),
    [
        ((LONG,), False),
        ((LONG, "--long"), True),
        ((NAMED,), True),
        (("tests/unit/test_difference.py", NAMED), True),
    ],
)
def test_a_long_proof_runs_if_all_are_asked_for_or_it_is_named(words: tuple[str, ...], *, runs: bool) -> None:
    line = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n0", "-p", "no:cacheprovider"]
    ended = subprocess.run(
        [*line, *words], cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_S, check=False
    )
    assert (f"\n{NAMED}\n" in f"\n{ended.stdout}") is runs, ended.stdout[-2000:]
