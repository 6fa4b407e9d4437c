"""Start-up: a command loads what it needs and nothing else."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from patience import LONGEST_S
from places import ROOT

if TYPE_CHECKING:
    from pathlib import Path

STORES = ("duckdb", "pyarrow", "sqlalchemy", "alembic", "adbc_driver_manager")
NETWORK = ("httpx", "httpcore", "requests", "urllib3", "aiohttp", "uvicorn", "starlette")
PARSERS = ("sqlglot", "jsonschema", "jinja2", "jmespath", "yaml", "rich")

#: An import hook that refuses some packages, before whatever the test runs.
REFUSING = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in REFUSED:
            raise ImportError(f"{name} must not be loaded here")
sys.meta_path.insert(0, Refuse())
"""
ENGINE = "from engine.cli import main; main()"
#: What `engine validate` does in its confined child, for every shipped file.
CHECK = """
from pathlib import Path
from engine.compiler import check_file
for file in [*Path("specs").glob("*.yaml"), *Path("mappings").glob("*.yaml")]:
    for finding in check_file(str(file)):
        print(finding)
"""


def run_without(refused: tuple[str, ...], program: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", f"REFUSED = {refused!r}\n{REFUSING}\n{program}", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"], ["validate", "--help"]])
def test_help_loads_none_of_the_heavy_libraries(words: list[str]) -> None:
    ended = run_without(STORES + NETWORK + PARSERS, ENGINE, *words)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "engine" in ended.stdout


def test_validate_loads_no_store_and_no_http_client() -> None:
    """Neither the command nor what it runs in its confined child; that one tries conversions in an empty DuckDB."""
    ended = run_without(STORES + NETWORK, ENGINE, "validate", "specs/", "mappings/")
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    ended = run_without((*(one for one in STORES if one != "duckdb"), *NETWORK), CHECK)
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr


def test_the_refusal_of_imports_works() -> None:
    """The tests above would pass for ever if the hook did nothing."""
    ended = run_without(("click",), ENGINE, "--help")
    assert ended.returncode == 1
    assert "click must not be loaded here" in ended.stderr


def test_no_file_of_the_present_folder_is_run(tmp_path: Path) -> None:
    """`python -m` looks for modules there first: a file named like a library must not run in its place."""
    for name in ("click", "shlex", "yaml", "sqlglot"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a file of the present folder was run')\n")
    (tmp_path / "spec.yaml").write_text("spec: 1\n")
    for words in (["--version"], ["validate", "spec.yaml"], ["plan", "--help"]):
        ended = subprocess.run(
            [sys.executable, "-m", "engine", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "was run" not in ended.stdout + ended.stderr
        assert "spec.yaml" in ended.stdout if words[0] == "validate" else ended.returncode == 0
