"""Expressions by example: what is refused and where, what is accepted and what it gives, how values are read."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pytest
import yaml
from expr_world import OPTIONS, TYPES, open_database, scope, world
from places import CASES
from sqlglot import exp

from engine.catalog import Field, FieldType
from engine.expr.build import sql_type
from engine.expr.canonical import (
    as_text,
    match_key,
    read,
    unreadable,
    unwritable,
    value_map,
    value_map_back,
    write,
)
from engine.expr.error import ExprError
from engine.expr.lattice import assignable
from engine.expr.scope import FieldScope, ManyScope, OptionScope
from engine.expr.sql import compile_condition, compile_value, evaluate_options

HERE = CASES / "expr"
COLUMN = exp.column("x", quoted=True)


def _load(name: str) -> Any:
    return yaml.safe_load((HERE / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", _load("refused.yaml"), ids=lambda case: case["text"][:60])
def test_what_is_wrong_is_refused_where_it_stands_with_what_to_write(case: dict[str, Any]) -> None:
    compilers = [compile_condition] if case.get("only") == "condition" else [compile_condition, compile_value]
    for compiler in compilers:
        with pytest.raises(ExprError) as caught:
            compiler(case["text"], scope("today"))
        error = caught.value
        assert error.code == case["code"]
        assert case["text"][error.offset : error.offset + error.length] == case["at"]
        assert case.get("hint", "") in (error.hint or "")
        if case.get("last"):
            assert error.offset == case["text"].rindex(case["at"])


@pytest.mark.parametrize(
    "text",
    [
        "NOT f_text = " * 150 + "f_text",
        "f_text LIKE NOT " * 120 + "f_text",
        "f_integer BETWEEN 1 AND NOT " * 70 + "1",
        "- + " * 500 + "1",
        "ARRAY " * 300,
        "FROM " * 400,
        "( END * " * 250,
        "CASE END + " * 180,
        "f_integer" + "+1" * 900,
        "f_integer" + "*1" * 900,
        "1" + "=1" * 900,
        "f_text" + ".a" * 1000,
        "CASE WHEN true THEN 1 ELSE " * 16 + "1" + " END" * 16,
        "(" * 16 + "1" + ")" * 16,
    ],
    ids=lambda text: text[:20],
)
def test_what_a_parser_or_a_walk_could_not_hold_is_refused_by_a_bound_of_ours(text: str) -> None:
    for compiler in (compile_condition, compile_value):
        with pytest.raises(ExprError) as caught:
            compiler(text[:2000], scope())
        assert caught.value.code == "too-deep"
        assert caught.value.length > 0
        assert caught.value.__cause__ is None


@pytest.mark.parametrize("case", _load("evaluates.yaml"), ids=lambda case: case["text"][:60])
def test_an_expression_gives_what_it_says(case: dict[str, Any]) -> None:
    expr = compile_value(case["text"], scope("today"))
    columns = [row[0] for row in world().execute("DESCRIBE nothing").fetchall()]
    types = {row[0]: row[1] for row in world().execute("DESCRIBE nothing").fetchall()}
    given = {"_today": "2026-11-21", **case["given"]}
    row = ", ".join(f'CAST(? AS {types[name]}) AS "{name}"' for name in columns)
    values = [given.get(name) for name in columns]
    found = world().execute(f"SELECT {expr.sql} FROM (SELECT {row})", values).fetchone()
    assert found is not None
    wanted = case["gives"]
    assert found[0] == wanted if isinstance(wanted, bool) or wanted is None else str(found[0]) == wanted


def _readings() -> list[tuple[FieldType, str, str | None]]:
    return [
        (kind, raw, canonical) for kind, pairs in _load("readings.yaml").items() for raw, canonical in pairs
    ]


@pytest.mark.parametrize(("kind", "raw", "canonical"), _readings())
def test_a_value_is_read_exactly_or_called_unreadable(
    kind: FieldType, raw: str, canonical: str | None
) -> None:
    field = Field(name="x", type=kind, scale=2 if kind == "money" else None)
    value = as_text(read(COLUMN, field, empty_is_null=True), kind).sql("duckdb")
    wrong = unreadable(COLUMN, field, empty_is_null=True).sql("duckdb")
    shared = unreadable(COLUMN, field, empty_is_null=True, canonical=exp.column("c")).sql("duckdb")
    inner = f"(SELECT x, {read(COLUMN, field, empty_is_null=True).sql('duckdb')} AS c FROM (SELECT ?::VARCHAR AS x))"
    found = _database().execute(f"SELECT {value}, {wrong}, {shared} FROM {inner}", [raw]).fetchone()
    unread = canonical == "unreadable"
    assert found == (None if unread else canonical, unread, unread)


@lru_cache(maxsize=1)
def _database() -> Any:
    return open_database()


@pytest.mark.parametrize("kind", TYPES)
def test_reading_what_was_read_changes_nothing(kind: FieldType) -> None:
    """The text of a canonical value reads as the same value: bases, receipts and re-reads compare equal."""
    field = Field(name="x", type=kind)
    once = read(exp.column(f"f_{kind}"), field, empty_is_null=False)
    again = read(as_text(exp.column("once"), kind), field, empty_is_null=False)
    rows = f"(SELECT {once.sql('duckdb')} AS once FROM rows)"
    query = f"SELECT count(*), count(*) FILTER ({again.sql('duckdb')} IS DISTINCT FROM once) FROM {rows}"
    total, different = world().execute(query).fetchone() or (0, None)
    assert total > 0
    assert different == 0


@pytest.mark.parametrize(
    ("kind", "physical", "literal", "canonical"),
    [
        ("integer", "INTEGER", "7", "7"),
        ("money", "DECIMAL(10,3)", "1.500", "1.5"),
        ("money", "DECIMAL(10,3)", "1.505", None),
        ("money", "DOUBLE", "1.37", "1.37"),
        ("number", "DOUBLE", "'nan'", None),
        ("boolean", "BOOLEAN", "true", "true"),
        ("date", "DATE", "'2026-01-31'", "2026-01-31"),
        ("date", "DATE", "'infinity'", None),
        ("instant", "TIMESTAMP WITH TIME ZONE", "'2026-01-31 10:00:00+01'", "2026-01-31T09:00:00+00:00"),
        ("instant", "TIMESTAMP", "'2026-01-31 10:00:00'", None),
        ("text", "INTEGER", "7", "7"),
        ("list", "INTEGER[]", "[1, 2]", "[1,2]"),
    ],
)
def test_a_typed_column_reads_like_its_text(
    kind: FieldType, physical: str, literal: str, canonical: str | None
) -> None:
    field = Field(name="x", type=kind, scale=2 if kind == "money" else None)
    for told in (physical, None):
        value = as_text(read(COLUMN, field, empty_is_null=True, physical=told), kind).sql("duckdb")
        query = f"SELECT {value} FROM (SELECT CAST({literal} AS {physical}) AS x)"
        assert _database().execute(query).fetchone() == (canonical,)


@pytest.mark.parametrize(
    ("kind", "value", "target", "written"),
    [
        ("decimal", "1.50", Field(name="t", type="money", scale=2), "1.50"),
        ("decimal", "1.505", Field(name="t", type="money", scale=2), None),
        ("decimal", "7", Field(name="t", type="money", scale=0), "7.0"),
        ("decimal", "7.5", Field(name="t", type="money", scale=0), None),
        ("decimal", "7.0", Field(name="t", type="integer"), "7"),
        ("decimal", "7.5", Field(name="t", type="integer"), None),
        ("integer", "7", Field(name="t", type="text"), "7"),
        ("text", "a long text", Field(name="t", type="text", max_length=3), "a long text"),
        ("text", "soon", Field(name="t", type="date"), None),
    ],
)
def test_what_does_not_fit_a_target_exactly_is_not_rounded_but_told(
    kind: FieldType, value: str, target: Field, written: str | None
) -> None:
    given = f"CAST(? AS {sql_type(kind).sql('duckdb')})"
    sql = write(exp.column("x"), kind, target).sql("duckdb")
    wrong = unwritable(exp.column("x"), kind, target).sql("duckdb")
    found = (
        _database()
        .execute(f"SELECT CAST({sql} AS TEXT), {wrong} FROM (SELECT {given} AS x)", [value])
        .fetchone()
    )
    assert found == (written, written is None)


@pytest.mark.parametrize(
    ("kind", "value", "equal", "alike"),
    [
        ("text", "ACME  Ltd.\tÜber", "ACME  Ltd.\tÜber", "acme ltd. über"),
        ("text", "", None, None),
        ("text", "a\u00a0b", "a b", "a b"),
        ("id", "AbC", "AbC", "abc"),
        ("id", "", None, None),
        ("decimal", "5.00", "5", "5"),
    ],
)
def test_a_match_key_is_equal_as_its_type_says_or_alike_whatever_its_case_and_blanks(
    kind: FieldType, value: str, equal: str | None, alike: str | None
) -> None:
    keys = ", ".join(
        match_key(exp.column("x"), kind, alike=loosely).sql("duckdb") for loosely in (False, True)
    )
    found = _database().execute(
        f"SELECT {keys} FROM (SELECT CAST(? AS {sql_type(kind).sql('duckdb')}) AS x)", [value]
    )
    assert found.fetchone() == (equal, alike)


PAIRS = ((("Active",), "a"), (("Acquired", "Shut Down"), "z"))


@pytest.mark.parametrize(("right", "back"), [("a", "Active"), ("z", "Acquired"), ("q", None), (None, None)])
def test_going_back_the_first_listed_word_is_written(right: str | None, back: str | None) -> None:
    sql = value_map_back(exp.column("r"), "text", PAIRS).sql("duckdb")
    assert _database().execute(f"SELECT {sql} FROM (SELECT ?::TEXT AS r)", [right]).fetchone() == (back,)


@pytest.mark.parametrize(
    ("left", "otherwise", "right"),
    [("Shut Down", None, "z"), ("New", None, None), ("New", "n", "n"), (None, "n", None)],
)
def test_an_unlisted_value_maps_to_else_and_null_to_null(
    left: str | None, otherwise: str | None, right: str | None
) -> None:
    sql = value_map(exp.column("l"), "text", PAIRS, otherwise=otherwise).sql("duckdb")
    assert _database().execute(f"SELECT {sql} FROM (SELECT ?::TEXT AS l)", [left]).fetchone() == (right,)


@pytest.mark.parametrize(
    ("given", "wanted", "fits"),
    [
        ("integer", "money", True),
        ("money", "decimal", True),
        ("decimal", "integer", False),
        ("number", "money", False),
        ("id", "text", True),
        ("date", "instant", False),
        ("integer", "text", False),
    ],
)
def test_a_value_fits_a_field_only_if_nothing_is_lost(
    given: FieldType, wanted: FieldType, *, fits: bool
) -> None:
    assert assignable(given, wanted) is fits
    if not fits:
        with pytest.raises(ExprError, match="The field takes"):
            compile_value(f"f_{given}", scope(), want=wanted)


def test_an_expression_tells_what_it_needs() -> None:
    text = (
        "owner.active AND linked('accounts', f_id) AND f_integer > options.limit AND \"Order Date\" < today()"
    )
    expr = compile_condition(text, scope("today", "linked"))
    assert expr.reads == ("Order Date", "f_id", "f_integer", "owner.active")
    assert expr.via == ("owner",)
    assert expr.options == ("limit",)
    assert [(call.name, call.args, call.slot) for call in expr.calls] == [
        ("linked", ("accounts", "f_id"), "_linked:accounts:f_id"),
        ("today", (), "_today"),
    ]


def test_a_saved_view_stands_beside_conditions_but_inside_none() -> None:
    expr = compile_condition("saved(options.customers) AND f_text = 'a'", scope("saved"))
    assert [call.args for call in expr.calls] == [("accounts",)]
    assert "TRUE" in expr.sql
    for text in ("NOT saved('x')", "saved('x') OR f_boolean", "CASE WHEN saved('x') THEN true END"):
        with pytest.raises(ExprError, match="joined by AND"):
            compile_condition(text, scope("saved"))


def test_names_of_several_records_start_with_their_record() -> None:
    both = ManyScope(
        scopes={"crm.org": _prefixed("crm.org."), "books.org": _prefixed("books.org.")}, options=OPTIONS
    )
    expr = compile_condition("crm.org.f_text = books.org.f_text AND options.figures", both)
    assert expr.reads == ("books.org.f_text", "crm.org.f_text")
    with pytest.raises(ExprError, match=r"`f_text` is not known here") as caught:
        compile_condition("f_text = 'a'", both)
    assert caught.value.hint == "Did you mean `crm.org.f_text` or `books.org.f_text`?"


def _prefixed(prefix: str) -> FieldScope:
    return FieldScope(stream=scope().stream, prefix=prefix)


def test_an_open_stream_knows_every_name_as_text() -> None:
    known = scope().stream
    stream = type(known)(name="table", id="id", fields={}, open=True)
    expr = compile_condition("Any.thing = 'x'", FieldScope(stream=stream))
    assert expr.reads == ("Any.thing",)


def test_a_condition_over_options_sees_nothing_else() -> None:
    assert evaluate_options("options.customers <> 'contacts' AND NOT options.view = 'x'", OPTIONS)
    with pytest.raises(ExprError, match="only options") as caught:
        compile_condition("customers = 'both'", OptionScope(options=OPTIONS))
    assert caught.value.hint == "Write `options.customers`."
    with pytest.raises(ExprError, match="cannot be decided from options alone"):
        evaluate_options("lower(options.customers) = 'both'", OPTIONS)
