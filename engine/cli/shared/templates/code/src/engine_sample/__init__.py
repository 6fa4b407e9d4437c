"""What the engine knows of this connector before it is opened: its name, its settings, what its streams can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.catalog import Capabilities, Catalog
from engine.connectors.declared import declare_stream, declared, streams_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.connectors.port import Surroundings

    from engine_sample.connector import FolderConnector

#: What every stream lets the engine do. The engine plans within it, the tests follow it.
CAN = Capabilities(create=True, update=True, delete=True, batch_size=100, page_size=200, by_ids=100)


class FolderType:
    """What the entry point names. Nothing here reads a file or connects to anything."""

    name = "sample"
    summary = "JSON files: a stream is a folder, a record a file in it."
    settings: Mapping[str, Any] = {
        "type": "object",
        "required": ["folder"],
        "additionalProperties": False,
        "properties": {
            "folder": {"type": "string", "description": "The folder, counted from the folder of the spec."},
            "streams": streams_schema(),
        },
    }

    def describe(self, settings: Mapping[str, Any]) -> Catalog:
        """The streams that the spec declares; the folder may have more."""
        streams = {
            name: declare_stream(name, said, can=CAN, identity="id")
            for name, said in declared(settings).items()
        }
        return Catalog(connector=self.name, streams=streams, open=True)

    def open(self, settings: Mapping[str, Any], surroundings: Surroundings) -> FolderConnector:
        """Connect. Raises UserError if the folder does not exist."""
        from engine_sample.connector import FolderConnector

        del surroundings  # the clock, a folder for caches, and whom to tell: see engine.connectors.port
        return FolderConnector(settings)


CONNECTOR = FolderType()
