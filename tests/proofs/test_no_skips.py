"""The plugin that CI runs the tests with: a skipped test turns the session red, an expected failure does not."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from patience import LONGEST_S
from places import TESTS

if TYPE_CHECKING:
    from pathlib import Path

SKIPPED = "import pytest\ndef test_one(): pass\n@pytest.mark.skip\ndef test_two(): pass\n"
WHOLE_FILE = "import pytest\npytest.skip('all of it', allow_module_level=True)\n"
EXPECTED = "import pytest\ndef test_one(): pass\n@pytest.mark.xfail\ndef test_two(): assert False\n"


@pytest.mark.parametrize(("text", "code"), [(SKIPPED, 1), (WHOLE_FILE, 1), (EXPECTED, 0)])
def test_a_proof_that_did_not_run_is_none(text: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(text, encoding="utf-8")
    (tmp_path / "other_test.py").write_text("def test_three(): pass\n", encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no_skips", "-p", "no:cacheprovider", "-q"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(TESTS / "worlds")},
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert ended.returncode == code, ended.stdout
    assert ("skipped, and therefore failed" in ended.stdout) == bool(code)
