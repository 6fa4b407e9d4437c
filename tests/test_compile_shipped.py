"""The shipped specs compile for whatever is chosen, and every statement of their plans binds in DuckDB."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lens_world import Bench

from engine.compiler import compile_file
from engine.spec.diagnostic import SpecError
from engine.spec.files import loader_for
from engine.spec.read import read_spec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.plan import Plan

SPECS = sorted((Path(__file__).parent.parent / "specs").glob("*.yaml"))


def profiles(path: Path) -> Iterator[dict[str, str]]:
    """Each choice of each option on its own, and the last choices of all of them together."""
    spec, _ = read_spec(str(path), loader_for(path))
    assert spec is not None
    choices = {
        one.name: one.choices or ("true", "false") for one in spec.options.values() if _chosen(one.type)
    }
    yield {name: words[-1] for name, words in choices.items() if words != ("true", "false")} | {
        name: "true" for name, words in choices.items() if words == ("true", "false")
    }
    for name, words in choices.items():
        yield from ({name: word} for word in words)


def _chosen(kind: str) -> bool:
    return kind in ("choice", "boolean")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_statement_of_a_shipped_spec_binds_whatever_is_chosen(path: Path) -> None:
    plans = [plan for profile in profiles(path) if (plan := _plan(path, profile)) is not None]
    assert len(plans) > 1
    assert all(Bench(plan).bind() for plan in plans)


def _plan(path: Path, profile: dict[str, str]) -> Plan | None:
    """The plan for these choices; None where the spec itself says that they do not go together."""
    try:
        return compile_file(str(path), profile=profile)
    except SpecError as error:
        if {one.code for one in error.findings} == {"choice-not-allowed"}:
            return None
        raise
