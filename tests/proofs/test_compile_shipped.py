"""The shipped specs compile for whatever is chosen, and every statement of their plans binds in DuckDB."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from lens_world import Bench
from places import ROOT

from engine.compiler import compile_file
from engine.errors import UserError
from engine.spec.diagnostic import SpecError
from engine.spec.files import loader_for
from engine.spec.read import read_spec

if TYPE_CHECKING:
    from pathlib import Path

    from engine.plan import Plan
    from engine.spec.model import Option

SPECS = sorted((ROOT / "specs").glob("*.yaml"))


def plans(path: Path) -> list[Plan]:
    """Plans in which every choice of every option stands at least once, unless the spec itself rules it out."""
    spec, _ = read_spec(str(path), loader_for(path))
    assert spec is not None
    words = {one.name: one.choices or ("false", "true") for one in spec.options.values() if _chosen(one)}
    turns = range(max(len(several) for several in words.values()))
    together = [[(name, one[turn]) for name, one in words.items() if turn < len(one)] for turn in turns]
    return [*_possible(path, []), *(plan for choices in together for plan in _possible(path, choices))]


def _possible(path: Path, choices: list[tuple[str, str]]) -> list[Plan]:
    """These choices in one plan, or in as many as it takes where they do not go together."""
    plan = _plan(path, dict(choices))
    if plan is not None:
        return [plan]
    if len(choices) == 1:
        found = _plan(path, {**_needed(path, choices[0][0]), **dict(choices)})
        return [] if found is None else [found]
    half = len(choices) // 2
    return [*_possible(path, choices[:half]), *_possible(path, choices[half:])] if half else []


def _needed(path: Path, name: str) -> dict[str, str]:
    """The switches that an option names as what it needs, switched on."""
    spec, _ = read_spec(str(path), loader_for(path))
    assert spec is not None
    needs = spec.options[name].needs
    named = re.findall(r"options\.(\w+)", needs.value if needs else "")
    return {one: "true" for one in named if spec.options[one].type == "boolean"}


def _chosen(option: Option) -> bool:
    return option.type in ("choice", "boolean")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_statement_of_a_shipped_spec_binds_whatever_is_chosen(path: Path) -> None:
    compiled = plans(path)
    modules = {module.fingerprint: (plan, module) for plan in compiled for module in plan.modules}
    assert len(modules) > len(compiled[0].modules)
    assert all(Bench(plan).bind(module) for plan, module in modules.values())


def _plan(path: Path, profile: dict[str, str]) -> Plan | None:
    """The plan for these choices; None where the spec itself says that they do not go together."""
    try:
        return compile_file(str(path), profile=profile)
    except SpecError as error:
        if {one.code for one in error.findings} == {"choice-not-allowed"}:
            return None
        raise
    except UserError as error:
        if "only applies if" not in error.message:
            raise
        return None
