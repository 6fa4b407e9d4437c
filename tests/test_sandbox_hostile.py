"""Whatever a client sends, the sandbox answers as a product would: refused or done, never broken inside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sandbox_visitor import Visitor, visit

from engine.sandbox.books_shapes import CONTACTS
from engine.sandbox.crm_modules import MODULES

if TYPE_CHECKING:
    from collections.abc import Iterator

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "value", "x"]), inner),
    max_leaves=6,
)
CONTACT_FIELDS = st.sampled_from([*CONTACTS.defaults, "custom_fields", "nonsense"])
ACCOUNT_FIELDS = st.sampled_from([*MODULES["Accounts"].fields, "id", "nonsense"])
PARAMETERS = st.sampled_from(
    [
        "fields",
        "page",
        "per_page",
        "page_token",
        "sort_by",
        "sort_order",
        "ids",
        "cvid",
        "type",
        "filter_by",
        "sort_column",
        "contact_name_contains",
    ]
)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with visit(tmp_path_factory.mktemp("hostile")) as visitor:
        yield visitor


@QUICK
@given(st.lists(st.dictionaries(ACCOUNT_FIELDS, JSON, max_size=4), min_size=1, max_size=3), st.data())
def test_crm_answers_every_record_of_every_write(
    house: Visitor, rows: list[dict[str, Any]], choice: st.DataObject
) -> None:
    method, path = choice.draw(st.sampled_from([("POST", ""), ("PUT", ""), ("POST", "/upsert")]))
    answer = house.crm(method, f"/Accounts{path}", content=_sent({"data": rows}))
    assert answer.status_code in (200, 201, 207, 400)
    assert answer.status_code == 400 or len(answer.json()["data"]) == len(rows)


@QUICK
@given(st.dictionaries(CONTACT_FIELDS, JSON, max_size=4))
def test_books_makes_or_refuses_every_contact_and_can_show_it(
    house: Visitor, contact: dict[str, Any]
) -> None:
    answer = house.books("POST", "/contacts", content=_sent(contact))
    assert answer.status_code in (201, 400)
    if answer.status_code == 201:
        id_ = answer.json()["contact"]["contact_id"]
        assert house.books("GET", f"/contacts/{id_}").json()["contact"] == answer.json()["contact"]
        assert house.books("GET", "/contacts", params={"filter_by": "Status.All"}).status_code == 200


@QUICK
@given(st.dictionaries(PARAMETERS, st.text(max_size=8), max_size=4))
def test_no_parameters_break_a_list(house: Visitor, params: dict[str, str]) -> None:
    assert house.crm("GET", "/Accounts", params={"fields": "Phone"} | params).status_code in (200, 204, 400)
    assert house.crm("GET", "/Accounts/deleted", params=params).status_code in (200, 204, 400)
    assert house.crm("GET", "/users", params=params).status_code in (200, 204, 400)
    assert house.books("GET", "/contacts", params=params).status_code in (200, 400)


def _sent(body: dict[str, Any]) -> bytes:
    """JSON as a careless client writes it: lone surrogates are escaped and sent."""
    return json.dumps(body).encode()
