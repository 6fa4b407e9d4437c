"""Packages with a connector of their own: installed from their folders, found by entry point, tested and used."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from filelock import FileLock
from places import TESTS

from engine.cli import engine
from engine.connectors.registry import connector_types

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


SPEC = """
spec: 1
name: export-to-desk
systems:
  shop:
    connector: json-export
    with: { file: export.json, streams: { customers: { id: code, fields: { code: text, name: text } } } }
  desk: { connector: sql, with: { url: "sqlite:///desk.sqlite", create: true } }
modules:
  customers: { sync: shop.customers -> desk.customers, match: [ code = code ], fields: [ code -> code, name -> name ] }
"""


@dataclass(frozen=True, kw_only=True)
class Installed:
    """Packages installed into a folder of their own, and where each of them came from."""

    site: Path
    code: Path
    http: Path
    separate: Path = TESTS / "sample_connector"


def python(*words: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def told(*words: str) -> Any:
    """What a command says in JSON."""
    result = CliRunner().invoke(engine, [*words, "--format", "json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def new(*words: str) -> list[Path]:
    return [Path(file) for file in told("connectors", "new", *words)["files"]]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Made by the worker that comes first, and shared."""
    place = tmp_path_factory.getbasetemp()
    shared = place.parent if "PYTEST_XDIST_WORKER" in os.environ else place
    folder = shared / "packages"
    made = Installed(site=folder / "site", code=folder / "code", http=folder / "http")
    with FileLock(shared / "packages.lock"):
        if not made.site.exists():
            new("web-shop", "--folder", str(made.code))
            new("price-list", "--http", "--folder", str(made.http))
            words = [
                "--quiet",
                "--no-deps",
                "--no-build-isolation",
                "--no-index",
                "--disable-pip-version-check",
            ]
            packages = [str(made.code), str(made.http), str(made.separate)]
            python("-m", "pip", "install", *words, "--target", str(made.site), *packages)
    return made


@pytest.fixture
def found(installed: Installed, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    """The installed packages, where this process looks for entry points."""
    monkeypatch.syspath_prepend(str(installed.site))
    connector_types.cache_clear()
    yield installed
    connector_types.cache_clear()


def test_new_and_separate_packages_pass_their_own_tests_as_they_are(installed: Installed) -> None:
    """Each with the tests that its capabilities call for, and none of them skipped."""
    places = [str(one / "tests") for one in (installed.code, installed.http, installed.separate)]
    words = (
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
        "--rootdir",
        "/",
        "-rA",
        *places,
    )
    said = python(*words, PYTHONPATH=str(installed.site))
    passed = Counter(re.findall(r"^PASSED \S*/test_(\w+)\.py::", said, re.MULTILINE))
    assert passed["web_shop"] > passed["export"] > passed["price_list"] > 5
    assert f"{passed.total()} passed in" in said


def test_installed_packages_are_listed_and_shown(found: Installed) -> None:
    assert found.site.is_dir()
    assert {"web-shop", "price-list", "json-export", "sql"} <= set(told("connectors")["connectors"])
    assert told("connectors", "price-list")["streams"]["customers"]["can"]["create"]


def test_a_spec_runs_with_the_connector_of_a_separate_package(
    found: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found.site.is_dir()
    monkeypatch.chdir(tmp_path)
    people = [{"code": "007", "name": "Ann"}, {"code": "008", "name": "Bo"}]
    Path("export.json").write_text(json.dumps({"customers": people}))
    Path("spec.yaml").write_text(SPEC)
    told("validate", "spec.yaml")
    created = [told("run", "spec.yaml")["modules"]["customers"]["created"]["right"] for _ in range(2)]
    assert created == [2, 0]


def test_the_command_without_a_word_lists_what_is_installed() -> None:
    listed = CliRunner().invoke(engine, ["connectors", "--format", "json"])
    assert listed.stdout == CliRunner().invoke(engine, ["connectors", "show", "--format", "json"]).stdout


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Web", "lower-case words"),
        ("web_shop", "lower-case words"),
        ("../web", "lower-case words"),
        ("web-", "lower-case words"),
        ("", "lower-case words"),
        ("x" * 41, "40 characters"),
        ("class", "my-class"),
        ("new", "my-new"),
        ("sql", "There is a connector `sql` already"),
    ],
)
def test_a_name_that_no_connector_can_have_is_refused(
    name: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(engine, ["connectors", "new", name])
    assert result.exit_code == 1
    assert says in result.stderr
    assert not list(tmp_path.iterdir())


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    (file,) = (
        path for path in new("web-shop", "--folder", str(tmp_path / "mine")) if path.name == "connector.py"
    )
    file.write_text("my work")
    again = CliRunner().invoke(engine, ["connectors", "new", "web-shop", "--folder", str(tmp_path / "mine")])
    assert (again.exit_code, file.read_text()) == (1, "my work")
    assert "nothing is overwritten" in again.stderr


@pytest.mark.parametrize("kind", [[], ["--http"]])
def test_nothing_of_the_template_s_own_name_is_left(tmp_path: Path, kind: Sequence[str]) -> None:
    for file in new("a1-b2", *kind, "--folder", str(tmp_path / "mine")):
        assert "sample" not in f"{file.relative_to(tmp_path)} {file.read_text()}".lower()
