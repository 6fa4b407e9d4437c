"""The shipped specs show every behaviour that the integrations must have, and read without a finding."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from places import ROOT
from row_ids import IDS, ROWS

from engine.spec.files import loader_for
from engine.spec.read import read_spec

if TYPE_CHECKING:
    from pathlib import Path

SPECS = sorted((ROOT / "specs").glob("*.yaml"))
MAPPINGS = sorted((ROOT / "mappings").glob("*.yaml"))


def comments(path: Path) -> str:
    """What stands behind a `#` in a spec; none of ours has one inside a value."""
    return "\n".join(line.partition("#")[2] for line in path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize(("spec", "row"), IDS, ids=[row for _, row in IDS])
def test_the_line_that_proves_a_row_carries_its_id(spec: str, row: str) -> None:
    assert re.search(rf"\b{row}\b", comments(ROOT / "specs" / f"{spec}.yaml"))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_spec_names_no_row_of_another_integration_and_none_that_does_not_exist(path: Path) -> None:
    area, rows = ROWS[path.stem]
    named = set(re.findall(r"\b[A-Z]{2}-\d\d\b", comments(path)))
    assert named <= {f"{area}-{row:02}" for row in range(1, rows + 1)}


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_shipped_spec_reads_without_a_finding_and_is_named_like_its_file(path: Path) -> None:
    spec, findings = read_spec(str(path), loader_for(path))
    assert findings == ()
    assert spec is not None
    assert spec.name == path.stem


def test_every_shipped_mapping_is_used_by_a_shipped_spec() -> None:
    used = {name for path in SPECS for name in _mappings(path)}
    assert used == {path.stem for path in MAPPINGS}


@pytest.mark.parametrize("path", SPECS + MAPPINGS, ids=lambda path: path.stem)
def test_an_editor_finds_the_schema_of_every_shipped_file(path: Path) -> None:
    kind = "spec" if path.parent.name == "specs" else "mapping"
    first, _, _ = path.read_text(encoding="utf-8").partition("\n")
    assert first == f"# yaml-language-server: $schema=../schemas/{kind}.schema.json"


def _mappings(path: Path) -> set[str]:
    spec, _ = read_spec(str(path), loader_for(path))
    assert spec is not None
    return set(spec.mappings)
