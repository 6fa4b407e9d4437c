"""What options decide is decided while compiling: fields that no longer matter are not read."""

from __future__ import annotations

import pytest

from engine.catalog import Field, Stream
from engine.expr.scope import FieldScope, OptionValue
from engine.expr.sql import compile_condition

STREAM = Stream(
    name="people", id="id", fields={name: Field(name=name, type="text") for name in ("id", "a", "b")}
)
OPTIONS = {
    "both": OptionValue(type="boolean", value=True),
    "word": OptionValue(type="enum", value="x", choices=("x", "y")),
    "none": OptionValue(type="text", value=None),
}


@pytest.mark.parametrize(
    ("condition", "reads", "sql"),
    [
        ("options.word = 'x' OR a = '1'", (), "TRUE"),
        ("options.word = 'y' OR a = '1'", ("a",), None),
        ("options.word = 'y' AND a = '1'", (), "FALSE"),
        ("a = '1' AND (options.both OR b = '2')", ("a",), None),
        ("NOT options.both OR a = '1'", ("a",), None),
        ("options.none IS NULL AND a = '1'", ("a",), None),
        ("options.none = 'x' OR upper(options.word) = 'X'", (), None),  # upper() is the database's
        ("a = '1' AND b = '2'", ("a", "b"), None),
    ],
)
def test_a_condition_reads_only_what_its_options_leave_open(
    condition: str, reads: tuple[str, ...], sql: str | None
) -> None:
    compiled = compile_condition(condition, FieldScope(stream=STREAM, options=OPTIONS))
    assert compiled.reads == reads
    assert sql is None or compiled.sql == sql


def test_options_that_were_folded_away_are_still_named() -> None:
    compiled = compile_condition("options.word = 'x' OR a = '1'", FieldScope(stream=STREAM, options=OPTIONS))
    assert compiled.options == ("word",)
