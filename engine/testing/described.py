"""Promises of a connector that is described in YAML: its two files agree, seen without any system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import jsonschema

from engine.connectors.registry import connector_type

if TYPE_CHECKING:
    from engine.catalog import Stream
    from engine.connectors.http import HttpType
    from engine.connectors.http.description.calls import StreamCalls

#: What a capability says -> the request that does it.
REQUESTS = {
    "create": "create",
    "update": "update",
    "delete": "delete",
    "upsert": "upsert",
    "deleted_feed": "deleted",
}


class DescribedSuite:
    """Inherit it and say `type_`: what the catalog promises is what the connector file can do."""

    type_: ClassVar[HttpType]

    def test_it_is_found_by_its_name_and_its_files_are_read(self) -> None:
        assert connector_type(self.type_.name) is self.type_
        assert self.type_.description.connector == self.type_.describe({}).connector == self.type_.name
        jsonschema.Draft202012Validator.check_schema(dict(self.type_.settings))

    def test_every_stream_with_requests_is_in_the_catalog(self) -> None:
        assert set(self.type_.description.streams) <= set(self.type_.describe({}).streams)

    def test_a_capability_has_its_request_and_a_request_its_capability(self) -> None:
        wrong = [
            f"{stream.name}: can.{able} is {getattr(stream.can, able)}, but the request `{request}` "
            f"is {'there' if getattr(calls, request) else 'missing'}"
            for stream, calls in self._streams()
            for able, request in REQUESTS.items()
            if getattr(stream.can, able) != (getattr(calls, request) is not None)
        ]
        assert not wrong

    def test_sizes_are_the_same_in_both_files(self) -> None:
        wrong = [line for stream, calls in self._streams() for line in _sizes(stream, calls)]
        assert not wrong

    def test_what_changed_is_asked_for_only_where_a_field_tells_it(self) -> None:
        wrong = [
            stream.name
            for stream, calls in self._streams()
            if stream.can.since != _tells_changes(calls) or (stream.can.since and not stream.modified)
        ]
        assert not wrong

    def test_what_lists_leave_out_can_be_read_with_get(self) -> None:
        wrong = [
            f"{stream.name}.{field.name}"
            for stream, calls in self._streams()
            for field in stream.fields.values()
            if field.detail_only and calls.get is None
        ]
        assert not wrong

    def test_a_field_that_a_new_record_needs_can_be_written(self) -> None:
        wrong = [
            f"{stream.name}.{field.name}"
            for stream, _ in self._streams()
            for field in stream.fields.values()
            if stream.can.create and field.required and not field.writable
        ]
        assert not wrong

    def test_a_reference_names_a_stream_of_the_catalog(self) -> None:
        streams = self.type_.describe({}).streams
        wrong = [
            f"{stream.name}.{field.name}"
            for stream in streams.values()
            for field in stream.fields.values()
            if field.refers is not None and field.refers not in streams
        ]
        assert not wrong

    def _streams(self) -> list[tuple[Stream, StreamCalls]]:
        catalog = self.type_.describe({})
        calls = self.type_.description.streams
        return [(catalog.streams[name], calls[name]) for name in calls if name in catalog.streams]


def _sizes(stream: Stream, calls: StreamCalls) -> list[str]:
    """Where one file says another number than the other."""
    pairs: list[tuple[str, int, Any]] = []
    if calls.list is not None and not stream.singleton:
        pairs.append(("page_size", stream.can.page_size, calls.list.paging.at_most))
        if calls.list.ids is not None:
            pairs.append(("by_ids", stream.can.by_ids, calls.list.ids.at_most))
    for kind in ("create", "update", "delete"):
        writing = getattr(calls, kind)
        if writing is not None:
            pairs.append((f"batch_size for {kind}", stream.can.batch_size, writing.batch))
    return [
        f"{stream.name}: {what} is {said}, the file says {done}" for what, said, done in pairs if said != done
    ]


def _tells_changes(calls: StreamCalls) -> bool:
    listing = calls.list
    if listing is None:
        return False
    return listing.since is not None or (listing.windows is not None and bool(listing.windows.changed))
