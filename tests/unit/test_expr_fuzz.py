"""What the language accepts, DuckDB evaluates on every row: conditions are never NULL, nothing fails."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest
from expr_world import OPTIONS, scope, world
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from engine.expr.build import sql_type
from engine.expr.check import Checker
from engine.expr.emit import emit
from engine.expr.error import ExprError
from engine.expr.fit import as_condition
from engine.expr.fold import fold
from engine.expr.parse import parse
from engine.expr.scope import OptionScope, OptionValue
from engine.expr.sql import compile_condition, compile_value, evaluate_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    from engine.expr.scope import Scope


def _joined(*parts: str | SearchStrategy[str]) -> SearchStrategy[str]:
    made = [st.just(part) if isinstance(part, str) else part for part in parts]
    return st.tuples(*made).map(" ".join)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_words = st.text(st.characters(exclude_categories=["C"]), max_size=8).map(_quoted)
_numbers = st.one_of(
    st.integers(-(10**18) + 1, 10**18 - 1).map(str),
    st.decimals(-(10**9), 10**9, places=4).map(lambda value: format(value, "f")),
    st.sampled_from(["0", "1", "0.5", "-1", "999999999999999999"]),
)
_days = st.dates().map(lambda day: f"cast('{day.isoformat()}' AS date)")
_compared = st.sampled_from(["=", "<>", "!=", "<", "<=", ">", ">="])


@lru_cache
def _texts(depth: int) -> SearchStrategy[str]:
    leaves = st.one_of(
        st.sampled_from(
            ["f_text", "f_email", "f_enum", "f_id", "f_unknown", "billing.city", "options.view", "Group"]
        ),
        _words,
    )
    if depth == 0:
        return leaves
    texts, amounts, days, conditions = (
        _texts(depth - 1),
        _amounts(depth - 1),
        _dates(depth - 1),
        _conditions(depth - 1),
    )
    return st.one_of(
        leaves,
        _joined(st.sampled_from(["lower (", "upper (", "trim ("]), texts, ")"),
        _joined(st.sampled_from(["coalesce (", "nullif (", "greatest ("]), texts, ",", texts, ")"),
        _joined("concat (", texts, ",", amounts, ",", days, ",", conditions, ")"),
        _joined("substr (", texts, ",", amounts, ",", amounts, ")"),
        _joined(st.sampled_from(["left (", "right ("]), texts, ",", amounts, ")"),
        _joined("replace (", texts, ",", texts, ",", texts, ")"),
        _joined("split_part (", texts, ",", texts, ",", amounts, ")"),
        _joined("CASE WHEN", conditions, "THEN", texts, "ELSE", texts, "END"),
        _joined("CASE f_enum WHEN 'won' THEN", texts, "END"),
        _joined("cast (", st.one_of(amounts, days, conditions, st.just("f_instant")), "AS text )"),
        _joined("strftime (", days, ", '%Y-%m' )"),
    )


@lru_cache
def _amounts(depth: int) -> SearchStrategy[str]:
    leaves = st.one_of(
        st.sampled_from(
            ["f_integer", "f_decimal", "f_money", "f_number", "f_fine", "f_duration", "options.limit"]
        ),
        _numbers,
    )
    if depth == 0:
        return leaves
    texts, amounts, days, conditions = (
        _texts(depth - 1),
        _amounts(depth - 1),
        _dates(depth - 1),
        _conditions(depth - 1),
    )
    types = st.sampled_from(["integer", "decimal", "decimal(18, 2)", "double"])
    return st.one_of(
        leaves,
        _joined("(", amounts, st.sampled_from(["+", "-", "*", "/", "%"]), amounts, ")"),
        _joined(st.sampled_from(["- (", "abs (", "floor (", "ceil (", "round ("]), amounts, ")"),
        _joined("round (", amounts, ",", st.integers(0, 9).map(str), ")"),
        _joined("length (", texts, ")"),
        _joined(
            st.sampled_from(["greatest (", "least (", "coalesce (", "nullif ("]), amounts, ",", amounts, ")"
        ),
        _joined(st.sampled_from(["year (", "month (", "day ("]), days, ")"),
        _joined("(", days, "-", days, ")"),
        _joined("CASE WHEN", conditions, "THEN", amounts, "ELSE", amounts, "END"),
        _joined("cast (", st.one_of(texts, amounts), "AS", types, ")"),
    )


@lru_cache
def _dates(depth: int) -> SearchStrategy[str]:
    leaves = st.one_of(st.sampled_from(["f_date", '"Order Date"', "today ( )", "options.from"]), _days)
    if depth == 0:
        return leaves
    texts, amounts, days = _texts(depth - 1), _amounts(depth - 1), _dates(depth - 1)
    return st.one_of(
        leaves,
        _joined("(", days, st.sampled_from(["+", "-"]), amounts, ")"),
        _joined("date_trunc (", st.sampled_from(["'month'", "'week'", "'hour'"]), ",", days, ")"),
        _joined("cast (", st.one_of(texts, st.just("f_instant")), "AS date )"),
        _joined("coalesce (", days, ",", days, ")"),
    )


@lru_cache
def _conditions(depth: int) -> SearchStrategy[str]:
    leaves = st.sampled_from(
        [
            "f_boolean",
            "options.figures",
            "owner.active",
            "true",
            "linked ( 'accounts' , f_id )",
            "f_list IS NULL",
            "f_instant > '2026-01-31T09:00:00+01:00'",
        ]
    )
    if depth == 0:
        return leaves
    texts, amounts, days, conditions = (
        _texts(depth - 1),
        _amounts(depth - 1),
        _dates(depth - 1),
        _conditions(depth - 1),
    )
    return st.one_of(
        leaves,
        _joined("(", texts, _compared, texts, ")"),
        _joined("(", amounts, _compared, amounts, ")"),
        _joined("(", days, _compared, days, ")"),
        _joined("(", conditions, st.sampled_from(["AND", "OR", "=", "<>"]), conditions, ")"),
        _joined("NOT (", conditions, ")"),
        _joined("(", st.one_of(texts, amounts, days), st.sampled_from(["IS NULL", "IS NOT NULL"]), ")"),
        _joined("(", texts, st.sampled_from(["LIKE", "NOT LIKE"]), _words, ")"),
        _joined("(", amounts, st.sampled_from(["BETWEEN", "NOT BETWEEN"]), amounts, "AND", amounts, ")"),
        _joined("(", texts, st.sampled_from(["IN (", "NOT IN ("]), texts, ",", _words, ") )"),
        _joined(st.sampled_from(["contains (", "starts_with ("]), texts, ",", texts, ")"),
    )


_relaxed = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@given(_conditions(3))
@_relaxed
@example("(f_decimal * f_fine) > f_integer")
@example("f_number / 0 = 1 OR NOT (f_integer + 1 > 0)")
@example("(f_date + f_integer) < today()")
def test_an_accepted_condition_is_true_or_false_on_every_row(text: str) -> None:
    try:
        expr = compile_condition(text, scope("today", "linked"))
    except ExprError:
        event("refused")
        return
    event("accepted")
    for table in ("nothing", "rows"):
        answers = f"(SELECT {expr.sql} AS c FROM {table})"
        query = f"SELECT count(*) FILTER (c IS NULL), any_value(typeof(c)) FROM {answers}"
        found = world().execute(query).fetchone()
        assert found is not None
        assert found[0] == 0
        assert found[1] in {None, "BOOLEAN"}


@given(st.one_of(_texts(3), _amounts(3), _dates(3), _conditions(2)))
@_relaxed
@example("round(f_money * 1.19, 2)")
@example("f_number * f_number - f_number * f_number")
@example("substr(f_text, -999999999999999999, 999999999999999999)")
@example("f_date - 999999999999")
def test_an_accepted_value_has_its_type_and_never_fails(text: str) -> None:
    try:
        expr = compile_value(text, scope("today", "linked"))
    except ExprError:
        event("refused")
        return
    event("accepted")
    wanted = world().execute(f"SELECT typeof(CAST(NULL AS {sql_type(expr.type).sql('duckdb')}))").fetchone()
    assert wanted is not None
    for table in ("nothing", "rows"):
        answers = f"(SELECT {expr.sql} AS v FROM {table})"
        query = f"SELECT any_value(typeof(v)), max(v::VARCHAR), count(*) FILTER (v IS NULL) FROM {answers}"
        kind, highest, nulls = world().execute(query).fetchone() or ("", None, 0)
        assert kind is None or kind.partition("(")[0] == wanted[0].partition("(")[0]
        assert highest not in {"inf", "nan", "infinity"}
        assert not (expr.total and nulls)


_chosen = st.fixed_dictionaries(
    {
        "word": st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=6)),
        "other": st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=6)),
        "number": st.one_of(st.none(), st.integers(-999, 999), st.decimals(-999, 999, places=3)),
        "switch": st.one_of(st.none(), st.booleans()),
        "day": st.one_of(st.none(), st.dates()),
    }
)


@lru_cache
def _option_texts(depth: int) -> SearchStrategy[str]:
    leaves = st.one_of(st.sampled_from(["options.word", "options.other"]), _words)
    if depth == 0:
        return leaves
    texts, conditions = _option_texts(depth - 1), _option_conditions(depth - 1)
    return st.one_of(
        leaves,
        _joined(st.sampled_from(["coalesce (", "nullif (", "greatest (", "least ("]), texts, ",", texts, ")"),
        _joined("trim (", texts, ")"),
        _joined("CASE WHEN", conditions, "THEN", texts, "ELSE", texts, "END"),
    )


@lru_cache
def _option_numbers(depth: int) -> SearchStrategy[str]:
    leaves = st.one_of(st.just("options.number"), st.integers(-999, 999).map(str), st.just("0.125"))
    if depth == 0:
        return leaves
    texts, numbers = _option_texts(depth - 1), _option_numbers(depth - 1)
    return st.one_of(
        leaves,
        _joined("length (", texts, ")"),
        _joined(st.sampled_from(["coalesce (", "nullif (", "least ("]), numbers, ",", numbers, ")"),
    )


@lru_cache
def _option_conditions(depth: int) -> SearchStrategy[str]:
    leaves = st.sampled_from(["options.switch", "options.day > '2026-01-31'", "options.day IS NULL", "false"])
    if depth == 0:
        return leaves
    texts, numbers = _option_texts(depth - 1), _option_numbers(depth - 1)
    conditions = _option_conditions(depth - 1)
    return st.one_of(
        leaves,
        _joined("(", texts, _compared, texts, ")"),
        _joined("(", numbers, _compared, numbers, ")"),
        _joined("(", texts, st.sampled_from(["LIKE", "NOT LIKE"]), _words, ")"),
        _joined("(", texts, st.sampled_from(["IN (", "NOT IN ("]), texts, ",", _words, ") )"),
        _joined("(", numbers, "BETWEEN", numbers, "AND", numbers, ")"),
        _joined(st.sampled_from(["contains (", "starts_with ("]), texts, ",", texts, ")"),
        _joined("(", conditions, st.sampled_from(["AND", "OR"]), conditions, ")"),
        _joined("NOT (", conditions, ")"),
    )


@given(text=_option_conditions(3), chosen=_chosen)
@_relaxed
def test_options_are_decided_without_a_database_as_duckdb_would_decide(
    text: str, chosen: dict[str, object]
) -> None:
    options = {
        "word": OptionValue(type="text", value=chosen["word"]),  # type: ignore[arg-type]  # drawn as one
        "other": OptionValue(type="text", value=chosen["other"]),  # type: ignore[arg-type]  # drawn as one
        "number": OptionValue(type="decimal", value=chosen["number"]),  # type: ignore[arg-type]  # drawn as one
        "switch": OptionValue(type="boolean", value=chosen["switch"]),  # type: ignore[arg-type]  # drawn as one
        "day": OptionValue(type="date", value=chosen["day"]),  # type: ignore[arg-type]  # drawn as one
    }
    try:
        expr = compile_condition(text, OptionScope(options=options))
    except ExprError:
        event("refused")
        return
    event("accepted")
    found = world().execute(f"SELECT {expr.sql}").fetchone()
    assert found == (evaluate_options(text, options),)


@given(_conditions(3))
@_relaxed
@example("options.figures OR f_boolean")
@example("NOT options.figures AND f_boolean OR f_text = options.view")
@example("CASE WHEN options.limit > 12 THEN f_boolean ELSE true END")
def test_what_options_settle_is_left_out_without_changing_an_answer(text: str) -> None:
    try:
        term = as_condition(Checker(scope("today", "linked")).check(parse(text)))
    except ExprError:
        event("refused")
        return
    whole, folded = emit(term).sql(dialect="duckdb"), emit(fold(term)).sql(dialect="duckdb")
    event("folded" if whole != folded else "as it was")
    query = f"SELECT count(*) FILTER (({whole}) IS DISTINCT FROM ({folded})) FROM rows"
    assert world().execute(query).fetchone() == (0,)


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
@example("(" * 5000 + "a")
@example("NOT " * 500 + "f_boolean")
@example("f_boolean" + " = NOT f_boolean" * 120)
@example("+".join(["f_integer"] * 200))
@example("nullif(" * 14 + "f_text" + ",'a')" * 14)
@example("CASE " * 15 + "f_text" + " WHEN 'a' THEN 'b' WHEN 'c' THEN 'd' END" * 15)
@example("-" * 300 + "1")
@example("\ud800")
@example("f_text = '\u202e'")
@example("a.b.c.d.e.f.g.h.i.j")
@example("f_text IN (SELECT 1)")
@example("x'41'")
@example("f_text[1]")
@example("{'a': 1}")
@example("(f_text)::int")
@example("$1")
@example("count(*) > 1")
@example("f_integer OVER ()")
@example("f_text COLLATE nocase = 'a'")
@example("f_date = DATE '2026-01-01'")
@example("read_csv('/etc/passwd')")
def test_any_text_is_accepted_or_refused_at_a_place_inside_it(text: str) -> None:
    for compiler in (compile_condition, compile_value):
        refusal = _refusal(compiler, text)
        if refusal is not None:
            assert refusal.message.endswith(".")
            assert 0 <= refusal.offset <= refusal.offset + refusal.length <= len(text)


def _refusal(compiler: Callable[[str, Scope], object], text: str) -> ExprError | None:
    try:
        compiler(text, scope("today"))
    except ExprError as error:
        return error
    return None


def test_the_amount_of_an_option_must_fit_into_a_computation() -> None:
    options = {**OPTIONS, "limit": OptionValue(type="decimal", value=Decimal("1e30"))}
    with pytest.raises(ExprError, match="too large"):
        evaluate_options("options.limit > 1", options)
