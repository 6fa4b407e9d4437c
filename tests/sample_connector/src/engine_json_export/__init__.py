"""The connector `json-export`: one JSON document, as products export them, whose lists are streams; read only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.catalog import Capabilities, Catalog, Stream
from engine.connectors.columns import from_json
from engine.connectors.declared import declare_stream, declared, streams_schema
from engine.connectors.port import Batch, Budget, Forecast, Page, ReadRequest
from engine.connectors.records import lookup, pick
from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.connectors.port import Surroundings
    from engine.record import Kind, Receipt

CAN = Capabilities(page_size=200, by_ids=200)


class Export:
    """One document."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.calls = 0
        self._file = Path(settings.get("_base") or ".", str(settings["file"]))
        self._declared = declared(settings)
        if not self._file.is_file():
            raise UserError(f"There is no file {self._file}.", remedy="Export it again, or correct `file`.")

    def catalog(self) -> Catalog:
        """The declared streams."""
        return Catalog(connector=EXPORT.name, streams={name: self._stream(name) for name in self._declared})

    def check(self) -> str:
        """Which document."""
        return f"the document {self._file}"

    def read(self, request: ReadRequest) -> Iterator[Page]:
        """Pages of a list of the document."""
        stream = self._stream(request.stream)
        rows = [{**row, stream.id: str(row[stream.id])} for row in self._rows(stream)]
        if request.ids is not None:
            rows = [row for row in rows if row[stream.id] in request.ids]
        names = dict.fromkeys((stream.id, *request.fields))
        for start in range(0, max(len(rows), 1), CAN.page_size):
            part = [pick(row, names) for row in rows[start : start + CAN.page_size]]
            yield Page(records=part, complete=start + CAN.page_size >= len(rows), total=len(rows))

    def write(self, stream: str, batch: Batch) -> list[Receipt]:
        """An export is never written."""
        raise UserError(f"`{stream}` can only be read, so {len(batch)} records cannot be written.")

    def budget(self) -> Budget:
        """No limit."""
        return Budget()

    def forecast_read(self, request: ReadRequest, records: int | None) -> Forecast:
        """Nothing is called."""
        del request, records
        return Forecast(calls=0, method="one local file")

    def forecast_write(self, stream: str, kind: Kind, records: int) -> Forecast:
        """Nothing is called."""
        del stream, kind, records
        return Forecast(calls=0, method="never written")

    def close(self) -> None:
        """Nothing is kept open."""

    def _stream(self, name: str) -> Stream:
        if name not in self._declared:
            raise UserError(
                f"The stream `{name}` is not declared.", remedy=f"There are: {', '.join(self._declared)}."
            )
        return declare_stream(name, self._declared[name], can=CAN, identity="id")

    def _rows(self, stream: Stream) -> list[dict[str, Any]]:
        try:
            document = from_json(self._file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise UserError(f"{self._file} is no JSON document: {error}.") from error
        rows, _ = lookup(document, stream.name)
        if not isinstance(rows, list) or not all(isinstance(row, dict) and stream.id in row for row in rows):
            raise UserError(f"{self._file} has no list of records with `{stream.id}` at `{stream.name}`.")
        return rows


class ExportType:
    """What the entry point names."""

    name = "json-export"
    summary = "The lists of one JSON document, as products export them; read only."
    settings: Mapping[str, Any] = {
        "type": "object",
        "required": ["file", "streams"],
        "additionalProperties": False,
        "properties": {
            "file": {"type": "string", "description": "The document, counted from the folder of the spec."},
            "streams": streams_schema(),
        },
    }

    def describe(self, settings: Mapping[str, Any]) -> Catalog:
        """The declared streams, known without the document."""
        streams = {
            name: declare_stream(name, said, can=CAN, identity="id")
            for name, said in declared(settings).items()
        }
        return Catalog(connector=self.name, streams=streams)

    def open(self, settings: Mapping[str, Any], surroundings: Surroundings) -> Export:
        """Find the document. Raises UserError if it is not there."""
        del surroundings
        return Export(settings)


EXPORT = ExportType()
