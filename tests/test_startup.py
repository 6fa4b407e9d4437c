"""Start-up: a command loads what it needs and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STORES = ("duckdb", "pyarrow", "sqlalchemy", "alembic", "adbc_driver_manager")
NETWORK = ("httpx", "httpcore", "requests", "urllib3", "aiohttp", "uvicorn", "starlette")
PARSERS = ("sqlglot", "jsonschema", "jinja2", "jmespath", "yaml", "rich")

#: Runs `engine` with an import hook that refuses some packages; a forked child inherits the hook.
REFUSING = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in REFUSED:
            raise ImportError(f"{name} must not be loaded here")
sys.meta_path.insert(0, Refuse())
from engine.cli import main
main()
"""


def engine_without(refused: tuple[str, ...], *words: str) -> subprocess.CompletedProcess[str]:
    program = f"REFUSED = {refused!r}\n{REFUSING}"
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"], ["validate", "--help"]])
def test_help_loads_none_of_the_heavy_libraries(words: list[str]) -> None:
    ended = engine_without(STORES + NETWORK + PARSERS, *words)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "engine" in ended.stdout


def test_validate_loads_no_store_and_no_http_client() -> None:
    ended = engine_without(STORES + NETWORK, "validate", "specs/", "mappings/")
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr


def test_the_refusal_of_imports_works() -> None:
    """The two tests above would pass for ever if the hook did nothing."""
    ended = engine_without(("click",), "--help")
    assert ended.returncode == 1
    assert "click must not be loaded here" in ended.stderr
