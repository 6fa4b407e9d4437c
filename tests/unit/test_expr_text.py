"""Templates and paths: what a person reads is rendered, and a stranger's text can neither run code nor hang."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from places import CASES

from engine.catalog import Field, Stream
from engine.expr.error import ExprError
from engine.expr.path import compile_path
from engine.expr.scope import FieldScope, OptionValue
from engine.expr.template import compile_template

HERE = CASES / "expr"
TYPES = {"Description": "text", "Notes": "text", "owner": "id", "owner.name": "text", "Amount": "money"}
NESTED = {"persons": "list", "billing": "object"}
FIELDS = {
    **{name: Field(name=name, type=kind) for name, kind in TYPES.items()},  # type: ignore[arg-type]  # literals above
    **{name: Field(name=name, type=kind) for name, kind in NESTED.items()},  # type: ignore[arg-type]  # literals above
    "Paid": Field(name="Paid", type="boolean"),
}
SCOPE = FieldScope(
    stream=Stream(name="Deals", id="owner", fields=FIELDS),
    options={"house": OptionValue(type="text", value="Acme")},
)
RECORD: dict[str, Any] = {
    "Description": "First\nsecond",
    "Notes": "n" * 300,
    "owner": "77",
    "owner.name": "Ann",
    "Amount": Decimal("1.50"),
    "Paid": True,
    "persons": [{"name": "Bo", "items": 3}, {"name": "Cy", "items": 4}],
    "billing": {"city": "Rome"},
}


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("{{ owner }}/{{ owner.name }} {{ Amount }} {{ Paid }} {{ options.house }}", "77/Ann 1.5 true Acme"),
        ("{% for p in persons %}{{ loop.index }} {{ p.name }} {{ p.items }};{% endfor %}", "1 Bo 3;2 Cy 4;"),
        ("{{ billing.city|upper }} {{ persons[0].name }}", "ROME Bo"),
        ("{{ persons|map(attribute='name')|join(', ') }}", "Bo, Cy"),
        ("{% if Paid and Amount > 1 %}yes{% else %}no{% endif %}", "yes"),
        ("{{ Amount * 2 + 1 }}", "4"),
        ("{% for owner in persons %}{{ owner.name }}{% endfor %}", "BoCy"),
        ("no braces (((((((((((((((((((( at all", "no braces (((((((((((((((((((( at all"),
    ],
)
def test_a_template_renders_values_as_a_person_reads_them(text: str, rendered: str) -> None:
    assert compile_template(text, SCOPE).render(RECORD) == rendered


def test_a_template_tells_what_it_reads_and_null_renders_as_nothing() -> None:
    template = compile_template("[{{ Description }}{{ owner.name }}] {{ options.house }}", SCOPE)
    assert (template.reads, template.options) == (("Description", "owner.name"), ("house",))
    assert template.render({}) == "[] Acme"


def test_a_value_is_never_a_template_itself() -> None:
    assert compile_template("{{ Description }}", SCOPE).render({"Description": "{{ 7*7 }}"}) == "{{ 7*7 }}"


@pytest.mark.parametrize(
    "case",
    yaml.safe_load((HERE / "templates.yaml").read_text(encoding="utf-8")),
    ids=lambda case: case["text"][:50],
)
def test_a_hostile_template_is_refused_or_fails_on_its_record_alone(case: dict[str, Any]) -> None:
    begun = time.process_time()
    error = _trouble(case["text"])
    assert time.process_time() - begun < 1
    assert error is not None
    assert error.code == case["code"]
    if "at" in case:
        assert case["text"][error.offset : error.offset + error.length] == case["at"]


def _trouble(text: str) -> ExprError | None:
    try:
        found = compile_template(text, SCOPE).render(RECORD)
    except ExprError as error:
        return error
    return found if isinstance(found, ExprError) else None


@given(st.text(st.sampled_from("{}%|()[].'\"*+-~ abnfor in ifelsd0123,:=_OwnerAmount\n"), max_size=60))
@settings(max_examples=300, deadline=None)
@example("{{ " + "(" * 2000 + "1" + ")" * 2000 + " }}")
@example("{{ " + "not " * 3000 + "1 }}")
@example("{{ " + "-" * 3000 + "1 }}")
@example("{{ " + "9" * 5000 + " }}")
@example("{% if 1 %}" * 200 + "{% endif %}" * 200)
@example("{% for a in 'ab' %}" * 25 + "{% endfor %}" * 25)
@example("{{ " + "1 ~ " * 3000 + "1 }}")
@example("{% if owner %}\n{{")
@example("{#")
def test_any_text_is_a_template_or_an_error_and_never_an_exception(text: str) -> None:
    error = _trouble(text)
    assert error is None or (error.message and error.offset + error.length <= len(text))


@pytest.mark.parametrize(
    ("text", "roots", "found"),
    [
        (
            "[{name: owner, rate: Amount, quantity: `1`}]",
            ("Amount", "owner"),
            [{"name": "77", "rate": Decimal("1.50"), "quantity": 1}],
        ),
        ("persons[?items > `3`].name", ("persons",), ["Cy"]),
        ("persons[?contains(name, 'B')] | [0].name", ("persons",), "Bo"),
        ("sum(persons[].items)", ("persons",), 7),
        ("billing.nothing", ("billing",), None),
        ("keys(@)", (), list(RECORD)),
    ],
)
def test_a_path_finds_what_it_names_and_tells_where_it_enters(
    text: str, roots: tuple[str, ...], found: object
) -> None:
    path = compile_path(text)
    assert (path.roots, path.search(RECORD)) == (roots, found)


def test_a_path_compares_decimals_as_numbers_and_gives_them_back_exactly() -> None:
    record = {"lines": [{"rate": Decimal("0.1")}, {"rate": Decimal("12345678901234567.89")}]}
    assert compile_path("lines[?rate > `1`].rate").search(record) == [Decimal("12345678901234567.89")]
    assert compile_path("max(lines[].rate)").search(record) == Decimal("12345678901234567.89")


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("[?", "syntax", ""),
        ("persons[?name = 'a']", "syntax", "="),
        ("lenght(persons)", "unknown-function", "lenght"),
        ("(" * 500 + "a", "too-deep", "("),
        ("!" * 500 + "a", "too-deep", "!"),
        ("a" + "[*]" * 500, "too-deep", "["),
        ("a" + "[]" * 500, "too-deep", "["),
        ("a" + "[?b]" * 400, "too-deep", "["),
        ("a" + "[1:2]" * 400, "too-deep", "["),
        ("a" + ".*" * 500, "too-deep", "*"),
        ("a" + "|&a" * 500, "too-deep", "&"),
        ("a" * 3000, "too-long", ""),
    ],
)
def test_a_wrong_path_is_refused_where_it_stands(text: str, code: str, at: str) -> None:
    with pytest.raises(ExprError) as caught:
        compile_path(text)
    error = caught.value
    assert (error.code, text[error.offset : error.offset + error.length]) == (code, at)
    assert not isinstance(error.__cause__, RecursionError)


def test_a_path_that_fails_on_a_record_says_so_without_raising() -> None:
    error = compile_path("length(owner) > `1` && abs(owner)").search(RECORD)
    assert isinstance(error, ExprError)
    assert error.code == "failed"


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("{{ " + "not " * 4000 + "1 }}", "too-deep", "n"),
        ("{{ " + "-" * 8000 + "1 }}", "too-deep", "-"),
        ("{{ " + "1 if 1 else " * 1200 + "1 }}", "too-deep", "i"),
        ("{{ " + "(" * 5000, "too-deep", "("),
        ("{% if 1 %}" * 700 + "{% endif %}" * 700, "too-deep", "i"),
        ("{% for a in persons %}" * 16 + "{% endfor %}" * 16, "too-deep", "f"),
        ("{{ " + "9" * 5000 + " }}", "too-long", "9" * 5000),
        ("{{ 0x" + "f" * 9000 + " }}", "too-long", "0x" + "f" * 9000),
        ("{% with a = 1 %}" * 700, "not-allowed", "with"),
        ("{% fro a in persons %}{% endfor %}", "not-allowed", "fro"),
    ],
    ids=lambda part: part[:20],
)
def test_a_template_that_a_parser_could_not_hold_is_refused_where_it_stands(
    text: str, code: str, at: str
) -> None:
    with pytest.raises(ExprError) as caught:
        compile_template(text, SCOPE)
    error = caught.value
    assert (error.code, text[error.offset : error.offset + error.length]) == (code, at)
    assert error.__cause__ is None


def test_what_the_bounds_of_a_template_allow_can_be_compiled() -> None:
    loops = "{% for a in persons %}" * 15 + "{% if a %}" * 10 + "x" + "{% endif %}" * 10 + "{% endfor %}" * 15
    assert compile_template(loops, SCOPE)
    assert compile_template("{{ " + "(" * 15 + "-Amount" + ")" * 15 + " }}", SCOPE)
    assert compile_template("{# {% set %} #}{% raw %}{% set %}{{ ((({% endraw %}", SCOPE).render({})
