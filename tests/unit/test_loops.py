"""Fields that several specs write round in a circle: found by `validate` where nobody has the last word."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from places import CASES, TESTS

from engine import compiler
from engine.compiler import paths
from engine.compiler.bind.choices import choose, means_something
from engine.compiler.compile import checked_modules
from engine.compiler.loops import Flow, circles, flows_of, loops
from engine.compiler.paths import check_paths
from engine.render.findings import findings_text
from engine.spec.files import loader_for
from engine.spec.read import read_spec
from engine.spec.report import in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.spec.diagnostic import Diagnostic

HERE = CASES / "bad-folders"
NAMES = sorted(path.name for path in HERE.iterdir() if path.is_dir())
SHIPPED = TESTS.parent / "specs"
RING = HERE / "each-wins-somewhere"


@pytest.fixture(autouse=True)
def unconfined(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own files are looked at in this process: a confined one finds the same and takes a second to start."""

    def free(function: str, files: Sequence[str]) -> tuple[Diagnostic, ...]:
        check = getattr(compiler, function.partition(":")[2])
        return in_order(tuple(found for file in files for found in check(file)))

    monkeypatch.setattr(paths, "confined", free)


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_folder_gives_exactly_the_expected_findings(
    name: str, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    monkeypatch.chdir(HERE)
    printed = findings_text(check_paths([Path(name)])) + "\n"
    expected = HERE / f"{name}.txt"
    if pytestconfig.getoption("--update-cases"):
        expected.write_text(printed, encoding="utf-8")
    assert printed == expected.read_text(encoding="utf-8")
    assert ": error[no-authority]: " in printed


def test_the_code_is_explained() -> None:
    page = (TESTS.parent / "docs" / "findings.md").read_text(encoding="utf-8")
    assert "`no-authority`" in page


def ring(tmp_path: Path, **changes: tuple[str, str]) -> str:
    """The findings about three specs in a ring, once each of some is changed."""
    folder = tmp_path / "specs"
    shutil.copytree(RING, folder)
    for name, (old, new) in changes.items():
        file = folder / f"{name}.yaml"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")
    return "\n".join(f"{one.code}: {one.message}" for one in check_paths([folder]))


def test_three_specs_in_a_ring_that_all_win_somewhere_are_an_error(tmp_path: Path) -> None:
    assert "no system is authoritative" in ring(tmp_path)


def test_a_ring_in_which_one_system_wins_wherever_it_is_has_an_authority(tmp_path: Path) -> None:
    assert ring(tmp_path, three=("conflicts: z", "conflicts: x")) == ""


def test_a_ring_with_two_that_lose_to_nobody_has_none(tmp_path: Path) -> None:
    """Two win over the same others: what the one says and what the other says take turns."""
    one = (RING / "one.yaml").read_text(encoding="utf-8")
    folder = tmp_path / "specs"
    folder.mkdir()
    for name, left, right, wins in (
        ("a", "x", "y", "x"),
        ("b", "y", "z", "z"),
        ("c", "z", "w", "z"),
        ("d", "w", "x", "x"),
    ):
        text = one.replace("name: one", f"name: {name}").replace("conflicts: x", f"conflicts: {wins}")
        for old, new in (("x", left), ("y", right)):
            text = re.sub(rf"\b{old}\b(?=[:.]| }})", f"%{new}%", text)
        text = text.replace("%", "")
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    assert [found.code for found in check_paths([folder])] == ["no-authority"]
    assert (
        ring(tmp_path / "three", two=("conflicts: y", "conflicts: z"), three=("conflicts: z", "conflicts: x"))
        == ""
    )


def test_a_module_that_yields_to_another_of_the_ring_breaks_it(tmp_path: Path) -> None:
    changes = ("conflicts: z", "conflicts: z\n    yields-to: [ one.people ]")
    assert ring(tmp_path, three=changes) == ""


def test_systems_of_different_accounts_are_different_systems(tmp_path: Path) -> None:
    assert ring(tmp_path, three=("store: x", "store: other")) == ""


def test_what_is_written_only_when_a_record_is_made_does_not_go_round(tmp_path: Path) -> None:
    line = "fields: [ phone <-> phone, name <-> name ]"
    new = "fields: [ { map: phone <-> phone, on: create }, { map: name <-> name, on: create } ]"
    assert ring(tmp_path, two=(line, new)) == ""


def test_a_profile_beside_a_spec_decides_which_modules_there_are(tmp_path: Path) -> None:
    with_option = (
        "modules:\n  people:\n",
        "options:\n  on: { type: boolean, default: false }\nmodules:\n  people:\n    if: options.on\n",
    )
    assert ring(tmp_path, two=with_option) == ""
    profile = tmp_path / "specs" / "two.profile.yaml"
    profile.write_text("profile: two\noptions: { on: true }\n", encoding="utf-8")
    assert [one.code for one in check_paths([tmp_path / "specs"])] == ["no-authority"]


def _flows(chosen: dict[str, dict[str, str]]) -> list[Flow]:
    flows: list[Flow] = []
    for file in sorted(SHIPPED.glob("zoho-*-*.yaml")):
        load = loader_for(file)
        spec, _ = read_spec(str(file), load)
        assert spec is not None
        words = chosen.get(spec.name, {})
        fitting = {
            name: word for name, word in words.items() if means_something(spec, spec.options[name], words)
        }
        draft, made = checked_modules(spec, choose(spec, fitting), load)
        assert {one.code for one in made.found} & {"goes-round", "later-changes-lost"} == set()
        flows += flows_of(draft, made.standing.values(), len(flows))
    return flows


def _switched_on() -> dict[str, dict[str, str]]:
    """Every switch of every shipped spec on, and all that can go both ways going both ways."""
    chosen: dict[str, dict[str, str]] = {}
    for file in SHIPPED.glob("zoho-*-*.yaml"):
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
        options = {
            name: "true"
            if one.get("type") == "boolean"
            else next(w for w in ("both", "sync") if w in one["choices"])
            for name, one in said.get("options", {}).items()
            if one.get("type") == "boolean" or {"both", "sync"} & set(one.get("choices", ()))
        }
        chosen[said["name"]] = options
    return chosen


@pytest.mark.parametrize("chosen", [{}, _switched_on()], ids=["by default", "everything on"])
def test_in_the_shipped_specs_every_circle_has_an_authority(chosen: dict[str, dict[str, str]]) -> None:
    flows = _flows(chosen)
    found = list(circles(flows))
    through = {frozenset(one.module for one in circle) for circle in found}
    assert (
        frozenset({"zoho-projects-crm.clients", "zoho-projects-erp.customers", "zoho-erp-crm.customers"})
        in through
    )
    assert loops(flows) == ()


def test_in_the_shipped_specs_another_winner_would_be_found(tmp_path: Path) -> None:
    """What makes the circle through CRM, Projects and ERP harmless is said in the specs."""
    for name in ("specs", "mappings"):
        shutil.copytree(TESTS.parent / name, tmp_path / name)
    for name, old, new in (
        ("zoho-projects-erp", "    yields-to: [ zoho-projects-crm.clients ]", "    #"),
        ("zoho-erp-crm", "conflicts: crm", "conflicts: erp"),
    ):
        file = tmp_path / "specs" / f"{name}.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    (found,) = [one for one in check_paths([tmp_path / "specs"]) if one.code == "no-authority"]
    assert re.search(r"zoho-erp-crm.customers: erp wins", found.message)


def test_the_search_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred specs that all write the same fields are looked at in little time."""
    monkeypatch.setattr("engine.compiler.loops.MOST_STEPS", 1000)
    flows = _flows({})

    def again(one: Flow, turn: int) -> Flow:
        names = {
            "module": f"{one.module}{turn}",
            "spec": f"{one.spec}{turn}",
            "number": one.number + 10_000 * turn,
        }
        return replace(one, yields=(), **names)  # type: ignore[arg-type] # each of its type

    many = [again(one, turn) for turn in range(100) for one in flows]
    assert len(list(circles(many))) <= 1000


def test_records_of_different_kinds_do_not_pass_values_on(tmp_path: Path) -> None:
    view = "    match: [ id = id ]\n", "    match: [ id = id ]\n    view: {{ {0}: kind = '{1}' }}\n"
    different = {"one": (view[0], view[1].format("y", "a")), "two": (view[0], view[1].format("y", "b"))}
    assert ring(tmp_path, **different) == ""
    same = {"one": (view[0], view[1].format("y", "a")), "two": (view[0], view[1].format("y", "a"))}
    assert "no-authority" in ring(tmp_path / "again", **same)
