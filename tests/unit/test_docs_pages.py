"""What the pages under docs/ say of the code is so: generated pages are fresh, named files and named types exist."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from places import ROOT

if TYPE_CHECKING:
    from pathlib import Path

DOCS = ROOT / "docs"
#: What was so on a day stays as it was written.
HISTORY = {"decisions.md"}
PAGES = sorted(path for path in DOCS.rglob("*.md") if path.name not in HISTORY)
DOTTED = re.compile(r"`([a-z_]+(?:\.[A-Za-z_]+)+)`")


def test_generated_pages_are_fresh() -> None:
    checked = subprocess.run(
        [sys.executable, DOCS / "make/pages.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_picture_is_drawn_from_the_contracts() -> None:
    drawn = ET.parse(DOCS / "architecture.svg").getroot()  # our own file
    names = {text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")}
    packages = {path.parent.name for path in (ROOT / "engine").glob("*/__init__.py")}
    assert packages <= names


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_files_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    named = set(re.findall(r"`((?:engine|tests|benchmarks|schemas|specs|mappings)/[\w/.-]*\w/?)`", text))
    assert [name for name in sorted(named) if "NAME" not in name and not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", ["glossary.md", "glossary-internal.md"])
def test_types_that_a_glossary_names_exist(page: str) -> None:
    rows = [line for line in (DOCS / page).read_text("utf-8").splitlines() if line.startswith("| **")]
    named = {name for row in rows for name in DOTTED.findall(row.rsplit("|", 2)[-2])}
    assert named
    assert [name for name in sorted(named) if not _exists(name)] == []


def _exists(dotted: str) -> bool:
    """Whether a name leads to a module below engine/, or to something that is defined or imported at its top."""
    steps = dotted.split(".")
    for count in range(len(steps), 0, -1):
        path = ROOT / "engine" / "/".join(steps[:count])
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.exists():
                return _leads_to(ast.parse(file.read_text("utf-8")).body, steps[count:])
    return (ROOT / "engine" / "/".join(steps)).exists()


def _leads_to(body: list[ast.stmt], steps: list[str]) -> bool:
    if not steps:
        return True
    return any(_defines(one, steps[0]) and _leads_to(getattr(one, "body", []), steps[1:]) for one in body)


def _defines(statement: ast.stmt, name: str) -> bool:
    match statement:
        case ast.ClassDef() | ast.FunctionDef():
            return statement.name == name
        case ast.AnnAssign(target=ast.Name(id=found)) | ast.Assign(targets=[ast.Name(id=found)]):
            return found == name
        case ast.ImportFrom(names=imported):
            return name in {each.asname or each.name for each in imported}
    return False
