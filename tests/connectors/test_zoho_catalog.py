"""The catalogs of the Zoho connectors: complete, quick to load, and clear about their own mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.connectors.catalog_file import CatalogError
from engine.connectors.zoho.catalog import NAMES, load_catalog, parse_catalog
from engine.errors import UserError

if TYPE_CHECKING:
    from engine.catalog import Catalog

STREAM = "catalog: c\nstreams:\n  s:\n    id: id\n    fields:\n      id: id\n"


@pytest.fixture(params=NAMES)
def catalog(request: pytest.FixtureRequest) -> Catalog:
    return load_catalog(request.param)


def test_a_reference_names_a_stream_of_the_same_catalog(catalog: Catalog) -> None:
    fields = [field for stream in catalog.streams.values() for field in stream.fields.values()]
    assert {field.refers for field in fields if field.refers} <= set(catalog.streams)


def test_only_an_id_refers_and_only_an_enum_has_choices(catalog: Catalog) -> None:
    fields = [field for stream in catalog.streams.values() for field in stream.fields.values()]
    assert all(field.type == "id" for field in fields if field.refers)
    assert all(field.type == "enum" for field in fields if field.choices)


def test_a_field_that_a_create_needs_can_be_written(catalog: Catalog) -> None:
    for stream in catalog.streams.values():
        if stream.can.create:
            assert [
                name for name, field in stream.fields.items() if field.required and not field.writable
            ] == []


def test_a_stream_that_reads_by_time_says_which_field_tells_it(catalog: Catalog) -> None:
    assert [
        name for name, stream in catalog.streams.items() if stream.can.since and not stream.modified
    ] == []


def test_what_no_public_description_has_is_marked_assumed_line_by_line(catalog: Catalog) -> None:
    for stream in catalog.streams.values():
        others = {field for name, field in stream.fields.items() if name != stream.id}
        if (
            stream.source == "assumed" and catalog.connector != "zoho-erp"
        ):  # ERP takes whole streams from Books
            assert {field.source for field in others} == {"assumed"}, stream.name


def test_list_answers_of_books_leave_out_addresses_and_keep_what_a_match_needs() -> None:
    contacts = load_catalog("zoho-books").streams["contacts"]
    assert contacts.fields["billing_address.city"].detail_only
    assert not contacts.fields["contact_name"].detail_only
    assert not contacts.fields["contact_name"].unique  # a preference of each organisation decides


def test_erp_is_books_with_the_differences_written_in_its_file() -> None:
    books, erp = load_catalog("zoho-books"), load_catalog("zoho-erp")
    assert erp.connector == "zoho-erp"
    assert erp.streams["contacts"] == books.streams["contacts"]
    assert erp.streams["items"].modified is None
    assert "last_modified_time" not in erp.streams["items"].fields
    assert erp.streams["recurring_invoices"].source == "assumed"
    assert "employee" in erp.streams["users"].fields["user_role"].choices


def test_an_unknown_catalog_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UserError, match="`zoho-desk`") as told:
        load_catalog("zoho-desk")
    assert "zoho-books" in str(told.value.remedy)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "c.yaml is no mapping."),
        (STREAM + "colour: red\n", "c.yaml: `colour` is not a key here"),
        (STREAM + "      n: txt\n", "c.yaml: s.n: The field `n` has the type `txt`"),
        (STREAM + "      n: text wide\n", "c.yaml: s.n: "),
        (STREAM + "      n: { type: text, max: 3 }\n", "c.yaml: s.n: `max` is not a key here"),
        (
            STREAM + "    modified: changed\n",
            "c.yaml: s: the modified field `changed` is not among its fields",
        ),
        (STREAM + "    blocks: [address at home_]\n", "c.yaml: s: there is no block `address`"),
        (STREAM + "    can: much\n", "c.yaml: s: there are no capabilities named `much`"),
        (STREAM + "    can: { fly: true }\n", "c.yaml: s: `fly` is not a key here"),
        (STREAM + "    without: [n]\n", "c.yaml: s: `n` is not there"),
        (STREAM + "without: [t]\n", "c.yaml: without: `t` is not there"),
    ],
)
def test_a_mistake_in_a_catalog_is_told_with_its_place(text: str, said: str) -> None:
    with pytest.raises(CatalogError) as told:
        parse_catalog(text, "c.yaml")
    assert told.value.message.startswith(said)


def test_a_block_gives_its_fields_to_a_stream_once_bare_and_once_below_a_prefix() -> None:
    text = STREAM + "    blocks: [place, place at home.]\nblocks:\n  place:\n    city: text max=9\n"
    fields = parse_catalog(text, "c.yaml").streams["s"].fields
    assert {name: field.max_length for name, field in fields.items()} == {
        "id": None,
        "city": 9,
        "home.city": 9,
    }
