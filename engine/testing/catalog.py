"""Promises about what a connector says of itself, and about opening and closing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

import jsonschema

from engine.catalog import FieldType
from engine.connectors.registry import connector_type
from engine.testing.applies import Promises
from engine.testing.bench import Bench, read, rows_or_words


class CatalogPromises(Promises):
    """A connector is found by its name, and is what it says."""

    def test_it_is_found_by_its_name_and_says_what_it_is(self) -> None:
        assert connector_type(self.type_.name) is self.type_
        assert self.type_.summary.strip()
        assert "\n" not in self.type_.summary
        assert isinstance(self.type_.settings, Mapping)
        jsonschema.Draft202012Validator.check_schema(dict(self.type_.settings))

    def test_the_catalog_says_what_the_stream_can_and_how_its_records_are_told_apart(
        self, bench: Bench
    ) -> None:
        stream = bench.described
        assert stream.can == self.can, "the suite tests what the catalog declares"
        assert stream.id
        assert stream.modified or not stream.can.since, "what changed is told by a field"
        for name, field in stream.fields.items():
            assert name == field.name
            assert field.type in get_args(FieldType)

    def test_it_says_whom_it_is_connected_to_and_is_closed_twice_without_harm(self, bench: Bench) -> None:
        connector = bench.open()
        assert connector.check().strip()
        connector.close()
        connector.close()

    def test_a_rate_is_a_number_or_not_known(self, bench: Bench) -> None:
        budget = bench.open().budget()
        assert budget.per_minute is None or budget.per_minute > 0
        assert budget.per_day is None or budget.per_day > 0

    def test_a_stream_that_does_not_exist_is_said_or_empty_never_made_up(self, bench: Bench) -> None:
        bench.plant_people()
        rows, said = rows_or_words(lambda: read(bench.open(), "no-such-stream"))
        assert rows == []
        assert not said or "no-such-stream" in said
