"""Equality by type: two spellings are equal if a person means the same by them, and stay so once written and read."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from typing import Any, cast

import phonenumbers
import pytest
import yaml
from expr_world import TYPES, open_database
from hypothesis import example, given, settings
from hypothesis import strategies as st
from places import CASES
from sqlglot import exp

from engine.catalog import Field, FieldType
from engine.expr.build import sql_type
from engine.expr.canonical import as_text, compared, cut, match_key, read, too_long, unreadable, write
from engine.expr.phone import region

HERE = CASES / "expr"
COLUMN = exp.column("x", quoted=True)


@cache
def _database() -> Any:
    return open_database()


def _field(kind: FieldType, known: dict[str, Any]) -> Field:
    return Field(name="x", type=kind, **{**known, "choices": tuple(known.get("choices", ()))})


def _examples() -> list[Any]:
    told = yaml.safe_load((HERE / "equal.yaml").read_text(encoding="utf-8"))
    return [
        pytest.param(_field(kind, group["with"]), one, other, word == "same", id=f"{kind} {one!r} {other!r}")
        for kind, groups in told.items()
        for group in groups
        for word in ("same", "different")
        for one, other in group.get(word, ())
    ]


def _seen(field: Field, raw: str | None) -> tuple[str | None, bool]:
    """What a lens compares of a staged text, and whether it is called unreadable."""
    return cast("tuple[str | None, bool]", _database().execute(_comparison(field), [raw]).fetchone())


@cache
def _comparison(field: Field) -> Any:
    canonical = read(COLUMN, field, empty_is_null=True)
    words = compared(canonical, field.type, caseless=field.caseless)
    return _statement(words, unreadable(COLUMN, field, empty_is_null=True))


def _statement(words: exp.Expression, wrong: exp.Expression) -> Any:
    """Both of them of one text, parsed once."""
    query = f"SELECT {words.sql('duckdb')}, {wrong.sql('duckdb')} FROM (SELECT ?::VARCHAR AS x)"
    (statement,) = _database().extract_statements(query)
    return statement


@pytest.mark.parametrize(("field", "one", "other", "same"), _examples())
def test_two_spellings_are_equal_if_a_person_means_the_same(
    field: Field, one: str, other: str, *, same: bool
) -> None:
    first, second = _seen(field, one), _seen(field, other)
    assert (first[1], second[1]) == (False, False)
    assert (first[0] == second[0]) is same, (first, second)


@pytest.mark.parametrize(
    ("kind", "known", "raw"),
    [
        ("instant", {}, "2026-01-31T10:00:00"),
        ("instant", {"zone": "Asia/Kolkata"}, "2026-01-31"),
        ("date", {}, "2026-03-31T00:00:00+05:30"),
        ("date", {"zone": "Asia/Kolkata"}, "31.03.2026"),
        ("duration", {}, "1.5"),
        ("duration", {"unit": "hour"}, "0.34"),
        ("duration", {"unit": "second"}, "61"),
        ("money", {"scale": 0}, "0.5"),
        ("money", {}, "1e999"),
        ("boolean", {}, "on"),
    ],
)
def test_what_the_catalog_does_not_explain_is_unreadable_rather_than_guessed(
    kind: FieldType, known: dict[str, Any], raw: str
) -> None:
    assert _seen(_field(kind, known), raw) == (None, True)


_marks = st.sampled_from(
    [" ", "\u00a0", "\u200b", "\r\n", "\t", "(0)", "+", "00", "/", ".", "-", "x1", "@", ":80", "//"]
)
_letters = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=4)
_numbers = st.text("0123456789 -()+", min_size=3, max_size=18)
_urls = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "HTTPS", "ftp", "x"]),
    st.sampled_from(["", "U@", "Example.COM", "a", "[::1]"]),
    st.sampled_from(["", ":", ":80", ":443", ":8080"]),
    st.sampled_from(["", "/", "//", "/?q", "?q=A", "/A b", "#F", "/A/"]),
)
_raw: dict[str, st.SearchStrategy[str]] = {
    "integer": st.integers(-(2**63), 2**63 - 1).map(str),
    "money": st.decimals(-(10**15), 10**15, places=2).map(str),
    "decimal": st.decimals(-(10**9), 10**9, places=6).map(str),
    "number": st.floats(allow_nan=False, allow_infinity=False).map(repr),
    "boolean": st.sampled_from(["true", "FALSE", "1", "0"]),
    "date": st.dates().map(dt.date.isoformat),
    "instant": st.datetimes(timezones=st.just(dt.UTC)).map(dt.datetime.isoformat),
    "duration": st.integers(0, 10**4).map(str),
    "list": st.just("[1, 2]"),
    "object": st.just('{"a": 1}'),
    "phone": st.one_of(_numbers, _numbers.map("+{}".format)),
    "url": _urls,
}
_texts = st.lists(st.one_of(_marks, _letters), max_size=5).map("".join)


@st.composite
def _given(draw: st.DrawFn) -> tuple[Field, str]:
    kind = draw(st.sampled_from(TYPES))
    known: dict[str, Any] = {"scale": 2} if kind == "money" else {}
    if kind == "phone":
        known["region"] = draw(st.sampled_from([None, "IN", "US", "IT", "RU", "HU", "JP", "BR"]))
    if kind in ("date", "instant"):
        known["zone"] = draw(st.sampled_from([None, "Asia/Kolkata", "America/New_York"]))
    if kind == "duration":
        known["unit"] = draw(st.sampled_from([None, "hour", "second", "minute"]))
    if kind == "enum":
        known |= {"choices": ["Active", "Shut Down"], "caseless": draw(st.booleans())}
    raw = _raw.get(kind, _texts)
    return _field(kind, known), draw(raw if kind == "duration" else st.one_of(raw, _texts))


@given(_given())
@settings(max_examples=150, deadline=None)
@example((_field("phone", {"region": "IN"}), "+0 12345"))
@example((_field("phone", {"region": "IN"}), "00123456"))
@example((_field("phone", {}), "tel:(00) 12345 x0"))
@example((_field("url", {}), "HTTP://A:80//"))
@example((_field("url", {}), "x://\u0130/"))
@example((_field("email", {}), "\u0130@\u0130"))
@example((_field("email", {}), " ann@"))
@example((_field("instant", {"zone": "America/New_York"}), "2026-11-01T01:30:00"))
def test_what_was_read_stays_the_same_when_it_is_written_and_read_again(known: tuple[Field, str]) -> None:
    """A value is written in its canonical form; the target reads it back as the same value, and nothing follows."""
    field, raw = known
    once, _ = _canonical(field, raw)
    again, wrong = _canonical(field, once)
    assert (again, wrong) == (once, False)
    written = _written(field, once)
    assert _canonical(field, written) == (once, False)


def _canonical(field: Field, raw: str | None) -> tuple[str | None, bool]:
    """The canonical text; of a duration as hours and minutes, because a number is in the field's unit."""
    statement = _reading(field)
    text, unread = cast("tuple[str | None, bool]", _database().execute(statement, [raw]).fetchone())
    if field.type == "duration" and text is not None:
        text = f"{int(text) // 60}:{int(text) % 60:02d}"
    return (None, False) if unread and raw is not None and text is None else (text, unread)


@cache
def _reading(field: Field) -> Any:
    value = as_text(read(COLUMN, field, empty_is_null=True), field.type)
    return _statement(value, unreadable(COLUMN, field, empty_is_null=True))


def _written(field: Field, canonical: str | None) -> str | None:
    if canonical is None:
        return None
    if field.type == "duration":
        hours, _, minutes = canonical.partition(":")
        canonical = str(int(hours) * 60 + int(minutes)) if minutes else canonical
    sql = write(COLUMN, field.type, field).sql("duckdb")
    kind = sql_type(field.type, scale=field.scale).sql("duckdb")
    found = (
        _database().execute(f"SELECT ({sql})::VARCHAR FROM (SELECT ?::{kind} AS x)", [canonical]).fetchone()
    )
    return cast("str | None", found[0])


#: Every sixth, and those with habits of their own. Without AR and BY, whose mobile prefixes only the library knows.
_REGIONS = {
    *sorted(phonenumbers.SUPPORTED_REGIONS - {"AR", "BY"})[::6],
    "AU",
    "BR",
    "DE",
    "HU",
    "IN",
    "IT",
    "JP",
    "RU",
    "US",
}


def test_a_region_reads_its_own_numbers_as_the_library_made_for_it_does() -> None:
    kinds = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
    formats = (phonenumbers.PhoneNumberFormat.NATIONAL, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    told: list[tuple[str, str, str]] = []
    for name in sorted(_REGIONS):
        for number in filter(None, (phonenumbers.example_number_for_type(name, kind) for kind in kinds)):
            wanted = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            told += [(name, phonenumbers.format_number(number, one), wanted) for one in formats]
    told = [one for one in told if len(re.sub("[^0-9]", "", one[1])) >= 5]
    assert len(told) > 100
    for name in sorted({one[0] for one in told}):
        rows = [one for one in told if one[0] == name]
        sql = read(COLUMN, _field("phone", {"region": name}), empty_is_null=True).sql("duckdb")
        found = (
            _database()
            .execute(
                f"SELECT list({sql} ORDER BY n) FROM (SELECT unnest(?) AS x, unnest(?) AS n)",
                [[row[1] for row in rows], list(range(len(rows)))],
            )
            .fetchone()
        )
        assert (name, found[0]) == (name, [row[2] for row in rows])


def test_a_region_that_does_not_exist_is_none() -> None:
    assert region("IN") is not None
    assert [region(name) for name in ("XX", "in", "IND", "")] == [None] * 4


@pytest.mark.parametrize(
    ("value", "long", "short"),
    [
        ("abc", False, "abc"),
        ("ab cd", True, "ab"),
        ("äöü", False, "äöü"),
        ("äöüß", True, "äöü"),
        (None, False, None),
    ],
)
def test_a_text_is_measured_in_characters_and_cut_without_a_blank_at_its_end(
    value: str | None, short: str | None, *, long: bool
) -> None:
    sql = f"{too_long(COLUMN, 'text', 3).sql('duckdb')}, {cut(COLUMN, 3).sql('duckdb')}"
    assert _database().execute(f"SELECT {sql} FROM (SELECT ?::VARCHAR AS x)", [value]).fetchone() == (
        long,
        short,
    )


def test_a_match_key_sees_what_a_person_sees() -> None:
    sql = match_key(COLUMN, "text", alike=True).sql("duckdb")
    rows = _database().execute(
        f"SELECT {sql} FROM (SELECT unnest(?) AS x)", [["A\u200bcme\u00a0 Ü", "acme ü", "\u200b"]]
    )
    assert rows.fetchall() == [("acme ü",), ("acme ü",), (None,)]
