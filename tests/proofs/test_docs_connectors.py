"""docs/connectors.md does what it says: its product is added as it is written, used, and keeps every promise."""

from __future__ import annotations

import atexit
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from depot import KEY, Depot, depot
from http_scripted import Clock
from places import ROOT

from engine.cli import engine
from engine.connectors.catalog_file import catalog_of
from engine.connectors.http import HttpType
from engine.connectors.port import ReadRequest, Surroundings
from engine.connectors.registry import GROUP, ConnectorTypes, connector_types
from engine.spec.share import share
from engine.testing import Bench, ConnectorSuite, DescribedSuite, SystemUnderTest, read, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (ROOT / "docs" / "connectors.md").read_text(encoding="utf-8")
AFTERNOON = PAGE[PAGE.index("## A product in an afternoon") : PAGE.index("## Every key of a connector file")]
FILE = re.compile(r"`([\w./-]+)`:\n```\w+\n(.*?)```", re.DOTALL)
STEP = re.compile(r"`([\w./-]+)`:\n```\w+\n(.*?)```|```console\n(.*?)```", re.DOTALL)

_FOLDER = tempfile.TemporaryDirectory(prefix="depot-")
atexit.register(_FOLDER.cleanup)
for _name, _text in FILE.findall(AFTERNOON):
    if "/engine_depot/" in _name:
        Path(_FOLDER.name, Path(_name).name).write_text(_text, encoding="utf-8")
#: The connector of the page's two files.
DEPOT = HttpType(
    "depot",
    file=Path(_FOLDER.name, "connector.yaml"),
    catalog=catalog_of(Path(_FOLDER.name, "catalog.yaml")),
)


@pytest.fixture
def product() -> Iterator[Depot]:
    with depot() as made:
        yield made


@pytest.fixture
def by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's connector is found as if its package were installed."""
    known = ConnectorTypes([EntryPoint(name="depot", value=f"{__name__}:DEPOT", group=GROUP)])
    monkeypatch.setattr("engine.connectors.registry.connector_types", lambda: known)


@pytest.mark.usefixtures("by_name")
class TestDepot(ConnectorSuite):
    type_ = DEPOT
    can = DEPOT.describe({}).streams["customers"].can
    faults = ("busy", "down", "page", "broken-after", "torn")
    confidential = True

    @pytest.fixture
    def system(self, product: Depot, tmp_path: Path) -> SystemUnderTest:
        clock = Clock()  # a wait takes no time
        around = Surroundings(folder=tmp_path, clock=clock.time, sleep=clock.sleep, sandbox=True)
        settings = {"credentials": {"key": KEY}, "host": product.url}

        def edit(id_: str, values: Any) -> None:
            product.put(id_, values)

        return SystemUnderTest(
            connect=lambda: DEPOT.open(settings, around),
            stream="customers",
            plant=lambda rows: [product.add(row) for row in rows],
            look=lambda: product.held,
            edit=edit,
            remove=lambda id_: product.held.pop(id_).clear(),
            refused={"name": "Ada"},
            strike=product.strike,
            secrets=(KEY,),
            denied=lambda wrong: DEPOT.open({**settings, "credentials": {"key": wrong[0]}}, around),
        )

    def test_a_refusal_has_the_code_the_words_and_the_remedy_of_the_file(self, bench: Bench) -> None:
        bench.plant_people()
        (refused,) = bench.create({"name": "Ada"})
        assert (refused.code, refused.message) == ("NAME_TAKEN", "The name is taken.")
        assert refused.remedy == "Rename one of the two."

    def test_details_cost_one_request_a_record_as_forecast(self, bench: Bench, product: Depot) -> None:
        for number in range(130):
            product.add({"name": str(number), "delivery": {"note": f"ring {number}"}})
        connector = bench.reader
        for wanted, calls in (("name", 2), ("delivery.note", 132)):
            request = ReadRequest(stream="customers", fields=(wanted,))
            before = connector.calls
            rows = read(connector, "customers", wanted)
            assert connector.calls - before == connector.forecast_read(request, 130).calls == calls
        assert ("c8", "ring 7") in texts(rows, "id", "delivery.note")

    def test_a_field_that_no_write_takes_is_set_by_its_action(self, bench: Bench, product: Depot) -> None:
        (made,) = bench.create({"name": "Ada", "status": "blocked"})
        assert product.held[str(made.id)]["status"] == "blocked"
        (refused,) = bench.change({"_id": str(made.id), "status": "closed"})
        assert (refused.outcome, product.held[str(made.id)]["status"]) == ("refused", "blocked")


@pytest.mark.usefixtures("by_name")
class TestFiles(DescribedSuite):
    type_ = DEPOT


class Reader:
    """Somebody who does what the page says, in an empty folder; packages go into a place of their own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.site = folder / "site"
        self._monkeypatch = monkeypatch

    def follow(self, page: str) -> int:
        """Write its files and run its commands in their order; the lines it shows must be shown. How many commands."""
        commands = 0
        for name, text, console in STEP.findall(page):
            if name:
                path = self.folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            shown = ""
            for line in console.splitlines():
                if line.startswith("$ "):
                    shown = self.run(line.removeprefix("$ "))
                    commands += 1
                else:
                    assert line in shown
        return commands

    def run(self, line: str) -> str:
        command, _, target = line.partition(" > ")
        program, *words = shlex.split(command)
        shown = {"engine": self._engine, "pip": self._pip, "pytest": self._pytest, "export": self._export}[
            program
        ](words)
        if target:
            (self.folder / target).write_text(shown, encoding="utf-8")
        return shown

    def _engine(self, words: list[str]) -> str:
        result = CliRunner().invoke(engine, words)
        assert result.exit_code == 0, result.output
        return result.output

    def _pip(self, words: list[str]) -> str:
        """As written, but beside this environment and without looking for the engine on the network."""
        assert words[:2] == ["install", "--editable"]
        more = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
        said = self._python("pip", "install", *more, "--target", str(self.site), words[2])
        self._monkeypatch.syspath_prepend(str(self.site))
        connector_types.cache_clear()
        return said

    def _pytest(self, words: list[str]) -> str:
        return self._python("pytest", "-q", "-p", "no:cacheprovider", *words)

    def _export(self, words: list[str]) -> str:
        name, _, value = words[0].partition("=")
        self._monkeypatch.setenv(name, value)
        return ""

    def _python(self, *words: str) -> str:
        environment = {**os.environ, "PYTHONPATH": str(self.site)}
        done = subprocess.run(
            [sys.executable, "-m", *words], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def test_an_afternoon_with_the_page_ends_with_customers_in_the_product(
    product: Depot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the host is another than on the page: Depot answers on this machine."""

    @contextmanager
    def served(*_: object) -> Iterator[dict[str, dict[str, str]]]:
        yield {"depot": {"host": product.url}}

    monkeypatch.setattr("engine.cli.shared.prepared_run.sandbox_settings", served)
    monkeypatch.chdir(tmp_path)
    try:
        commands = Reader(tmp_path, monkeypatch).follow(AFTERNOON)
    finally:
        connector_types.cache_clear()
    assert commands == 10
    held = {row["name"]: (row["city"], row["status"]) for row in product.held.values()}
    assert held == {
        "Ann Peeters": ("Gent", "open"),
        "Bos, Maes & Co": (None, "open"),
        "Öl & Söhne": ("Köln", "open"),
    }


def test_every_key_that_a_connector_file_may_have_is_on_the_page() -> None:
    schema = json.loads((share("schemas") / "connector.schema.json").read_text(encoding="utf-8"))
    assert sorted(schema["properties"]) == sorted(key for key in schema["properties"] if f"`{key}`" in PAGE)
    fenced = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
    shown = " ".join([*fenced.findall(PAGE), *re.findall(r"`[^`]+`", fenced.sub("", PAGE))])
    words = set(re.findall(r"[a-z_]+", shown))
    assert sorted(_keys(schema) - words) == []


def _keys(schema: Any) -> set[str]:
    """The names of all properties, at whatever depth."""
    if isinstance(schema, list):
        return set().union(*map(_keys, schema))
    if not isinstance(schema, dict):
        return set()
    own = set(schema["properties"]) if isinstance(schema.get("properties"), dict) else set()
    return own.union(*map(_keys, schema.values()))
