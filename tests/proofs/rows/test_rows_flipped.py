"""Every scenario of a row fails once a line that it proves is changed: so it is that line which does the work.

A quick run changes one line for each row, `--long` every line of every scenario.
"""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from row_ids import IDS
from rows_world import PROOFS, Flip, Proof, house_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pytest.mark import ParameterSet

for _file in sorted(Path(__file__).parent.glob("test_rows_*.py")):
    if _file.stem != Path(__file__).stem:
        import_module(_file.stem)


def _cases() -> Iterator[ParameterSet]:
    """Each line that a scenario proves; all but the first one of a sampled scenario are for long runs."""
    for name, (proof, _) in PROOFS.items():
        for number, flipped in enumerate(proof.flips):
            marks = () if proof.sampled and not number else pytest.mark.slow
            yield pytest.param(name, flipped, id=_title(name, proof, flipped), marks=marks)


def _title(name: str, proof: Proof, flipped: Flip) -> str:
    words = flipped.old.split("#")[0].strip()[:40]
    return f"{proof.row} {re.sub('^test_([A-Z]{2}_[0-9]+_)?', '', name)[:34]} without {words}"


@pytest.mark.parametrize(("name", "flipped"), list(_cases()))
def test_a_row_fails_without_the_line_that_it_proves(name: str, flipped: Flip, tmp_path: Path) -> None:
    proof, scenario = PROOFS[name]
    with house_of(proof, tmp_path, flipped=flipped) as house, pytest.raises(AssertionError):
        scenario(house)


def test_every_scenario_names_a_line_that_it_proves() -> None:
    assert [name for name, (proof, _) in PROOFS.items() if not proof.flips] == []


@pytest.mark.parametrize(("spec", "row"), IDS, ids=[row for _, row in IDS])
def test_every_row_has_one_sampled_scenario_and_it_is_about_its_own_spec(spec: str, row: str) -> None:
    named = [proof for proof, _ in PROOFS.values() if proof.row == row]
    assert spec in {proof.spec for proof in named}
    assert sum(proof.sampled for proof in named) == 1
