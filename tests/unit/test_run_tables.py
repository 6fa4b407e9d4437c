"""The tables between the stages of a run: declared once, used by their constants, by the packages that they name."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import engine.run
from engine.run.session import tables
from engine.run.session.tables import Table

HERE = Path(engine.run.__file__).parent
DECLARED = {name: one for name, one in vars(tables).items() if isinstance(one, Table)}
PACKAGES = ("read", "pair", "decide", "write", "sync", "operations")


def _used(package: str) -> set[str]:
    """The constants that a package imports."""
    trees = [ast.parse(file.read_text()) for file in (HERE / package).glob("*.py")]
    imports = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {name.name for one in imports if one.module == tables.__name__ for name in one.names}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_uses_the_tables_that_name_it(package: str) -> None:
    strange = {
        name
        for name in _used(package) & set(DECLARED)
        if package not in DECLARED[name].writers | DECLARED[name].readers
    }
    assert not strange


@pytest.mark.parametrize("package", ["read", "pair", "decide"])
def test_no_statement_spells_the_name_of_a_table(package: str) -> None:
    names = "|".join(DECLARED.values())
    spelled = re.compile(rf"\b(FROM|JOIN|INTO|UPDATE|TABLE) ({names})\b")
    found = [
        (file.name, one[0])
        for file in (HERE / package).glob("*.py")
        for one in spelled.finditer(file.read_text())
    ]
    assert not found


def test_every_column_of_every_table_has_a_meaning_and_every_table_somebody_who_writes_and_reads_it() -> None:
    for one in DECLARED.values():
        assert one.columns
        assert all(one.columns.values())
        assert one.writers
        assert one.readers <= {*PACKAGES}
