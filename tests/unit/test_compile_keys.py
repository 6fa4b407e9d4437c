"""Match keys are compared in the type that both sides have in common: equal by `=`, alike by `~`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from lens_world import Bench

from engine.record import SIDES
from engine.run.read.text_columns import fold

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from engine.record import Side

WORDS = {
    "seven": "7",
    "half": "0.50",
    "day": "2026-03-01",
    "yes": "true",
    "code": "Ab1",
    "moment": "2026-03-01T10:00:00Z",
}
#: For each type a way to declare it, and how a system of that type writes some values that have a name here.
SPELLED: dict[str, dict[str, str]] = {
    "text": WORDS,
    "enum": WORDS,
    "id": {"seven": "7", "code": "Ab1", "half": "0.5"},
    "integer": {"seven": "7"},
    "decimal scale=3": {"seven": "7.000", "half": "0.500"},
    "money scale=2": {"seven": "7.00", "half": "0.50"},
    "number": {"seven": "7.0", "half": "0.5"},
    "boolean": {"yes": "1"},
    "date": {"day": "2026-03-01"},
    "instant precision=second": {"moment": "2026-03-01T15:30:00.250000+05:30"},
    "email": {"code": "Ab1"},
    "url": {"code": "Ab1"},
    "phone": {"code": "Ab1"},
}  # fmt: skip
VALUES = tuple(WORDS)
#: Two types that have something to say to each other.
PAIRS = [(left, right) for left in SPELLED for right in SPELLED if set(SPELLED[left]) & set(SPELLED[right])]
#: Letters of full width.
WIDE = "\uff21\uff43\uff4d\uff45\u3000\uff2c\uff54\uff44\uff0e"
#: Spellings of one name that a person takes for the same.
ALIKE = ("ACME Ltd.", " acme  ltd. ", "Acme\tLtd.", "acme\u00a0ltd.", WIDE, "ac\u200bme ltd.")
SIGMA, SHARP = ("ΟΔΟΣ", "οδος"), ("Straße ﬁx", "STRASSE FIX")


def bench(
    folder: Path, left: str, right: str, match: str, arrow: str = "<->", lines: str = "a <-> b"
) -> Bench:
    """Two streams with the fields of the key, and a second pair of them."""
    return Bench.of(
        folder,
        left="people: { fields: { a: " + left + ", a2: text } }",
        right="clients: { fields: { b: " + right + ", b2: text } }",
        modules=f"  people: {{ sync: crm.people {arrow} books.clients, match: [ {match} ], creates: none, "
        f"{_rule(arrow)} fields: [ {lines} ] }}\n",
    )


def _rule(arrow: str) -> str:
    return "conflicts: hold," if arrow == "<->" else ""


def keys(world: Bench, side: Side, name: str, *values: str | None, more: str | None = None) -> list[Any]:
    """The first key of records that hold these values, as the run would stage them."""
    second = "a2" if side == "left" else "b2"
    folded = world.module("people").side(side).folded
    rest = {second: more} if second in world.module("people").side(side).reads else {}
    rows: list[dict[str, Any]] = [{"_id": str(nr), name: value, **rest} for nr, value in enumerate(values)]
    for row in rows:
        texts = {one: fold(pa.array([row[one]], pa.string()))[0].as_py() for one in folded}
        row.update({f"folded␟{one}": text for one, text in texts.items()})
    return [row["k0"] for row in world.look("people", side, *rows)]


@pytest.mark.parametrize("sign", "=~")
def test_the_same_value_is_the_same_key_whatever_the_two_types_are(tmp_path: Path, sign: str) -> None:
    """One module whose keys are all pairs of types, looked at with each value that both can hold."""
    numbers = {kind: nr for nr, kind in enumerate(SPELLED)}
    pairs = [pair for pair in PAIRS if sign == "=" or {*pair} & {"text", "email"}]
    fields = ", ".join(f"f{nr}: {kind}" for kind, nr in numbers.items())
    match = ", ".join(f"f{numbers[left]} {sign} f{numbers[right]}" for left, right in pairs)
    world = Bench.of(
        tmp_path,
        left="people: { fields: { FIELDS, n: text } }".replace("FIELDS", fields),
        right="clients: { fields: { FIELDS, n: text } }".replace("FIELDS", fields),
        modules="  people: { sync: crm.people -> books.clients, creates: none, fields: [ n -> n ], "
        f"match: [ {match} ] }}\n",
    )
    rows = [_row(world, value, numbers) for value in VALUES]
    both = zip(VALUES, *(world.look("people", side, *rows) for side in SIDES), strict=True)
    for value, here, there in both:
        for nr, (left, right) in enumerate(pairs):
            known = value in SPELLED[left] and value in SPELLED[right] and not _both_words(left, right, value)
            assert not known or (left, right, here[f"k{nr}"]) == (left, right, there[f"k{nr}"])
            assert not known or here[f"k{nr}"] is not None


def _row(world: Bench, value: str, numbers: dict[str, int]) -> dict[str, Any]:
    """A record with that value in every field whose type can hold it."""
    row: dict[str, Any] = {
        f"f{numbers[kind]}": known[value] for kind, known in SPELLED.items() if value in known
    }
    folded = {f"folded␟{name}": text for name, text in row.items()}
    return {"_id": value, **{name: text for name, text in (row | folded).items() if _asked(world, name)}}


def _asked(world: Bench, name: str) -> bool:
    side = world.module("people").left
    return name in (*side.reads, *(f"folded␟{one}" for one in side.folded))


def _both_words(left: str, right: str, value: str) -> bool:
    """Two words are as they are written: half as `0.50` is not half as `0.5`."""
    return {left, right} <= {"text", "enum", "id"} and SPELLED[left][value] != SPELLED[right][value]


@pytest.mark.parametrize(
    ("left", "right"), [(a, b) for a in ("text", "enum", "id") for b in ("text", "enum", "id")]
)
def test_case_counts_for_what_is_equal_and_not_for_what_is_alike(
    tmp_path: Path, left: str, right: str
) -> None:
    for sign, meets in (("=", False), ("~", True)):
        world = bench(tmp_path, left, right, f"a {sign} b", "<-", "a2 <- b2")
        here, there = keys(world, "left", "a", "ab"), keys(world, "right", "b", "AB")
        assert (here == there) is meets
        assert keys(world, "left", "a", "Ab", "", None) == keys(world, "right", "b", "Ab", "", None)


def test_what_is_alike_has_one_key_and_tells_how_it_is_spelled(tmp_path: Path) -> None:
    world = bench(tmp_path, "text", "text", "a ~ b")
    assert {*keys(world, "left", "a", *ALIKE), *keys(world, "right", "b", *ALIKE)} == {"acme ltd."}
    for some in (SIGMA, SHARP):
        assert len({*keys(world, "left", "a", *some), *keys(world, "right", "b", *some)}) == 1
    assert len({*keys(world, "left", "a", "acme", "acmé", "acme ltd", "a cme")}) == 4
    (row,) = world.look("people", "left", {"_id": "1", "a": "ACME", "folded␟a": "ACME"})
    assert (row["k0"], row["e0"]) == ("acme", "ACME")


def test_a_composite_key_needs_every_part_each_as_it_says(tmp_path: Path) -> None:
    world = bench(tmp_path, "id", "text", "a = b AND a2 ~ b2")
    assert keys(world, "left", "a", "A1", more="Ann") == keys(world, "right", "b", "A1", more="ANN ")
    assert keys(world, "left", "a", "A1", more="Ann") != keys(world, "right", "b", "a1", more="Ann")
    assert keys(world, "left", "a", "A1", more=None) == [None]
    assert world.module("people").keys[0].line == "a = b AND a2 ~ b2"


@pytest.mark.parametrize("arrow", ["->", "<->", "<-", "=="])
def test_a_key_whose_fields_a_value_map_translates_is_compared_in_its_words(
    tmp_path: Path, arrow: str
) -> None:
    line = "{ map: a ARROW b, values: { Active: x, Idle: y } }".replace(
        "ARROW", "<->" if arrow == "==" else arrow
    )
    world = bench(tmp_path, "text", "text", "a = b", arrow, line)
    assert keys(world, "left", "a", "Active", "Idle", "Odd") == ["x", "y", None]
    assert keys(world, "right", "b", "x", "y") == ["x", "y"]


def test_a_key_that_is_a_reference_is_compared_in_the_other_sides_ids_and_waits_for_its_link(
    tmp_path: Path,
) -> None:
    modules = """\
  firms: { sync: crm.firms == books.firms, match: [ n = n ] }
  people:
    sync: crm.people -> books.clients
    match: [ firm = firm_id AND a ~ b ]
    fields: [ a -> b, { map: firm -> firm_id, refers: firms } ]
"""
    world = Bench.of(
        tmp_path,
        left="firms: { fields: { n: text } }, people: { fields: { a: text, firm: id refers=firms } }",
        right="firms: { fields: { n: text } }, clients: { fields: { b: text, firm_id: id refers=firms } }",
        modules=modules,
    )
    links = [("L1", "R1")]
    rows = [{"_id": one, "a": "Ann", "folded␟a": "Ann", "firm": one} for one in ("L1", "L9")]
    known, unknown = world.look("people", "left", *rows, links=links)
    (there,) = world.look(
        "people", "right", {"_id": "5", "b": "ANN", "folded␟b": "ANN", "firm_id": "R1"}, links=links
    )
    assert known["k0"] == there["k0"] is not None
    assert (unknown["k0"], unknown["lacks"].code, unknown["roots"]) == (None, "blocked", ["firms/left/L9"])


def test_a_key_whose_fields_a_line_converts_is_compared_as_the_line_says(tmp_path: Path) -> None:
    line = "{ map: a <-> b, times: 100 }"
    world = bench(tmp_path, "decimal scale=2", "integer", "a = b", "<->", line)
    assert keys(world, "left", "a", "1.50", "2.00") == keys(world, "right", "b", "150", "200")
