"""Compiled lenses, run over rows: what syncing both ways compares, writes, holds and refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lens_world import Bench

if TYPE_CHECKING:
    from pathlib import Path

RATING = "values: { Active: a, [Acquired, Shut Down]: z, Sold: z, On Hold: h }"
LEFT = "firms: { fields: { name: text, rating: text, active: boolean, amount: money scale=4, mail: text } }"
RIGHT = """clients: { fields: {
        label: text required, grade: text, state: text, worth: money scale=2, mail: email, kind: text } }"""
BOTH = """\
  firms:
    sync: crm.firms <-> books.clients
    match: [ name ~ label ]
    conflicts: hold
    needs: [ { check: rating <> 'Shut Down', else: It is shut down. } ]
    fields:
      - name <-> label
      - { map: rating <-> grade, VALUES }
      - { map: active <-> state, values: { true: "on", false: "off" } }
      - amount <-> worth
      - mail <-> mail
      - { to: right.kind, const: customer }
      - { to: right.memo, value: upper(name), on: create }
"""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench.of(tmp_path, left=LEFT, right=RIGHT, modules=BOTH.replace("VALUES", RATING))


def test_both_sides_of_a_two_way_module_give_the_same_values_for_what_means_the_same(bench: Bench) -> None:
    firm = {"name": "Ann", "rating": "Acquired", "active": "true", "amount": "5.5", "mail": "Ann@X.Org"}
    client = {"label": "Ann", "grade": "z", "state": "on", "worth": "5.50", "mail": "Ann@x.org"}
    (left,) = bench.look("firms", "left", {"_id": "1", **firm})
    (right,) = bench.look("firms", "right", {"_id": "2", **client, "kind": "customer"})
    assert [left[f"c{nr}"] for nr in range(6)] == [right[f"c{nr}"] for nr in range(6)]
    assert (left["hash"], left["k0"]) == (right["hash"], right["k0"])
    assert (left["trouble"], right["trouble"]) == (None, None)
    assert left["c6"] == "ANN"
    assert "c6" not in right, "what is written once is not looked at where it was written"


@pytest.mark.parametrize("word", ["Active", "Acquired", "Shut Down", "Sold", "On Hold", None])
def test_what_a_value_map_writes_means_what_was_asked_for(bench: Bench, word: str | None) -> None:
    """Put then get: what goes over and comes back says the same thing on the other side again."""
    there = bench.written("firms", "right", 1, {"_id": "1", "rating": word})
    back = bench.written("firms", "left", 1, {"_id": "1", "label": "x", "grade": there})
    assert bench.written("firms", "right", 1, {"_id": "1", "rating": back}) == there


@pytest.mark.parametrize(
    ("grade", "word"), [("a", "Active"), ("z", "Acquired"), ("h", "On Hold"), (None, None)]
)
def test_going_back_the_first_listed_word_is_written(
    bench: Bench, grade: str | None, word: str | None
) -> None:
    """Get then put: what already means the same is equal on both sides, so nothing is written at all."""
    (right,) = bench.look("firms", "right", {"_id": "1", "label": "x", "grade": grade})
    assert bench.written("firms", "left", 1, {"_id": "1", "grade": grade}) == word
    (left,) = bench.look("firms", "left", {"_id": "1", "rating": word})
    assert left["c1"] == right["c1"]


def test_a_map_of_words_writes_the_type_of_each_side(bench: Bench) -> None:
    assert bench.written("firms", "right", 2, {"_id": "1", "active": "false"}) == "off"
    assert bench.written("firms", "left", 2, {"_id": "1", "state": "off"}) is False


@pytest.mark.parametrize(
    ("side", "row", "code"),
    [
        ("left", {"rating": "Unheard of"}, "unmapped-value"),
        ("right", {"grade": "q"}, "unmapped-value"),
        ("left", {"amount": "1.005"}, "does-not-fit"),
        ("left", {"rating": "Shut Down"}, "not-allowed"),
    ],
)
def test_a_value_with_no_form_on_the_other_side_holds_the_record(
    bench: Bench, side: str, row: dict[str, str], code: str
) -> None:
    (answer,) = bench.look("firms", side, {"_id": "1", **row})  # type: ignore[arg-type]  # one of the two
    assert answer["trouble"].code == code


def test_a_newcomer_lacks_what_the_side_it_would_be_made_on_demands(bench: Bench, tmp_path: Path) -> None:
    (left,) = bench.look("firms", "left", {"_id": "1"})
    (right,) = bench.look("firms", "right", {"_id": "1"})
    assert (left["lacks"].code, right["lacks"]) == ("missing-value", None)
    modules = BOTH.replace("VALUES", RATING).replace("conflicts: hold", "conflicts: hold\n    creates: right")
    narrowed = Bench.of(tmp_path, left=LEFT, right=RIGHT, modules=modules)
    (left,) = narrowed.look("firms", "left", {"_id": "1"})
    assert left["lacks"] is None, "newcomers of the left are not made"


def test_pairing_only_compares_nothing_and_reads_the_keys(bench: Bench, tmp_path: Path) -> None:
    bench = Bench.of(
        tmp_path, left=LEFT, right=RIGHT, modules=BOTH.replace("VALUES", RATING).replace("<->", "==", 1)
    )
    module = bench.module("firms")
    assert (module.fields, module.creates, module.sources) == ((), (), ("left", "right"))
    assert (module.left.reads, module.right.reads) == (("rating", "name"), ("label",))
    (left,) = bench.look("firms", "left", {"_id": "1", "name": "Ann"})
    (right,) = bench.look("firms", "right", {"_id": "9", "label": "ANN"})
    assert (left["k0"], left["hash"]) == (right["k0"], right["hash"])
    assert bench.bind(module)
