"""Bodies: what a record holds arrives digit by digit, and comes back from its nested form as it was."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.catalog import Field, Stream
from engine.connectors.http.content.json_body import UnreadableError, dump, flatten, nest, parse
from engine.connectors.http.description.api import CustomFields

if TYPE_CHECKING:
    from decimal import Decimal

CUSTOM = CustomFields(prefix="cf_", list="custom_fields", name="api_name", value="value")
STREAM = Stream(
    name="s",
    id="id",
    fields={
        "owner.id": Field(name="owner.id", type="id", refers="users"),
        "persons": Field(name="persons", type="list"),
        "remark": Field(name="remark", type="text"),
    },
)

texts = st.text(st.characters(exclude_categories=["Cs"]))  # half characters have no UTF-8 form
scalars = (
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | texts
)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=20
)


@given(documents)
def test_every_value_that_is_sent_reads_back_as_itself(document: Any) -> None:
    assert parse(dump({"x": document})) == {"x": document}


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4))
def test_a_decimal_is_sent_with_the_digits_it_has(amount: Decimal) -> None:
    assert dump([amount]).decode() == f"[{amount}]"


names = st.sampled_from(
    ["name", "owner.id", "owner.name", "address.city", "address.zip", "cf_rating", "cf_x.y"]
)


@given(st.dictionaries(names, st.integers() | texts))
def test_a_nested_record_holds_each_value_at_its_dotted_name(values: dict[str, Any]) -> None:
    record: Any = flatten(nest(values, STREAM, CUSTOM), CUSTOM)
    for name, value in values.items():
        place = record
        for part in [name] if name.startswith("cf_") else name.split("."):
            place = place[part]
        assert place == value


def test_a_cleared_reference_clears_its_object_and_a_cleared_part_only_itself() -> None:
    sent = nest({"owner.id": None, "address.city": None}, STREAM, CUSTOM)
    assert sent == {"owner": None, "address": {"city": None}}


def test_days_and_moments_are_sent_as_iso_8601() -> None:
    east = timezone(timedelta(hours=1))
    moments = [
        date(2026, 11, 2),
        datetime(2026, 11, 2, 10, 0, 7, 999, tzinfo=UTC),
        datetime(2026, 11, 2, 11, tzinfo=east),
    ]
    assert json.loads(dump(moments)) == [
        "2026-11-02",
        "2026-11-02T10:00:07+00:00",
        "2026-11-02T11:00:00+01:00",
    ]


@pytest.mark.parametrize(("depth", "fits"), [(64, True), (65, False)])
def test_sixty_four_levels_are_read_and_one_more_is_not(depth: int, *, fits: bool) -> None:
    raw = b"[" * depth + b"]" * depth
    if fits:
        assert json.dumps(parse(raw)) == raw.decode()
    else:
        with pytest.raises(UnreadableError, match="nested deeper than 64"):
            parse(raw)


@given(st.binary(max_size=200))
def test_no_bytes_bring_anything_but_json_or_one_kind_of_error(raw: bytes) -> None:
    with suppress(UnreadableError):
        parse(raw)


def test_a_list_that_travels_as_text_is_sent_as_a_list() -> None:
    """Only where the catalog says so: a text that looks like a list stays a text."""
    sent = nest({"persons": '[{"rate":12.50}]', "remark": "[1]"}, STREAM, None)
    assert dump(sent) == b'{"persons": [{"rate": 12.50}], "remark": "[1]"}'
