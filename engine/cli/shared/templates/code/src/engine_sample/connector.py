"""The open connection: reads and writes the files of one folder."""

from __future__ import annotations

import os
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.catalog import Catalog, Stream
from engine.connectors.columns import from_json, to_json
from engine.connectors.declared import declare_stream, declared
from engine.connectors.port import Batch, Budget, Forecast, Page, ReadRequest
from engine.connectors.records import nest, pick, plain
from engine.errors import UserError
from engine.record import Kind, Operation, Receipt

from engine_sample import CAN, CONNECTOR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Names of streams and ids become paths: nothing else may stand in them.
NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")


class FolderConnector:
    """Implements `engine.connectors.port.Connector`."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.folder = Path(settings.get("_base") or ".", str(settings["folder"])).resolve()
        self.calls = 0  # requests sent to the system; files cost none
        self._declared = declared(settings)
        if not self.folder.is_dir():
            raise UserError(f"There is no folder {self.folder}.", remedy="Correct `folder`, or make it.")

    def catalog(self) -> Catalog:
        """The declared streams and the sub-folders."""
        found = [
            path.name for path in sorted(self.folder.iterdir()) if path.is_dir() and NAME.fullmatch(path.name)
        ]
        streams = {name: self._stream(name) for name in dict.fromkeys([*self._declared, *found])}
        return Catalog(connector=CONNECTOR.name, streams=streams, open=True)

    def check(self) -> str:
        """Whom we are connected to."""
        return f"the folder {self.folder}"

    def read(self, request: ReadRequest) -> Iterator[Page]:
        """Pages of records; the last one certifies that nothing is missing."""
        stream = self._stream(request.stream)
        names = dict.fromkeys((stream.id, *request.fields))
        paths = self._paths(request)
        for start in range(0, max(len(paths), 1), CAN.page_size):
            rows = [pick(self._load(path), names) for path in paths[start : start + CAN.page_size]]
            yield Page(records=rows, complete=start + CAN.page_size >= len(paths), total=len(paths))

    def write(self, stream: str, batch: Batch) -> list[Receipt]:
        """One receipt a write. A refused record does not stop the others."""
        folder, described = self._folder(stream), self._stream(stream)
        return [self._apply(described, folder, operation) for operation in batch.operations()]

    def budget(self) -> Budget:
        """No limit."""
        return Budget()

    def forecast_read(self, request: ReadRequest, records: int | None) -> Forecast:
        """What `calls` will be after such a read."""
        del request, records
        return Forecast(calls=0, method="one local file a record")

    def forecast_write(self, stream: str, kind: Kind, records: int) -> Forecast:
        """What `calls` will be after such a write."""
        del stream, kind, records
        return Forecast(calls=0, method="one local file a record")

    def close(self) -> None:
        """Nothing is kept open."""

    def _stream(self, name: str) -> Stream:
        return declare_stream(name, self._declared.get(name, {}), can=CAN, identity="id")

    def _folder(self, stream: str) -> Path:
        if not NAME.fullmatch(stream):
            raise UserError(f"`{stream}` is no name of a stream.", remedy="Use letters, digits, - and _.")
        return self.folder / stream

    def _paths(self, request: ReadRequest) -> list[Path]:
        """The files that are asked for. `request.since` is not: no stream here says that it can."""
        folder = self._folder(request.stream)
        if request.ids is None:
            return sorted(folder.glob("*.json"))
        paths = [folder / f"{id_}.json" for id_ in dict.fromkeys(request.ids) if NAME.fullmatch(id_)]
        return [path for path in paths if path.is_file()]

    def _load(self, path: Path) -> dict[str, Any]:
        try:
            record = from_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(f"{path} is no JSON text: {error}.") from error
        if not isinstance(record, dict):
            raise UserError(f"{path} holds no JSON object.")
        return {**record, "id": path.stem}

    def _apply(self, stream: Stream, folder: Path, operation: Operation) -> Receipt:
        id_ = operation.id if operation.kind != "create" else uuid.uuid4().hex
        path = folder / f"{id_}.json"
        if operation.kind != "create" and not (NAME.fullmatch(id_ or "") and path.is_file()):
            return self._answer(operation, "gone", "gone", f"`{stream.name}` has no such record.")
        if operation.kind == "delete":
            path.unlink()
            return Receipt(op=operation.op, outcome="applied", id=id_)
        lacking = self._lacking(stream, operation)
        if lacking is not None:
            return self._answer(operation, "refused", "required", f"`{lacking}` must have a value.")
        before = self._load(path) if operation.kind == "update" else {}
        record = {**nest(plain(dict(operation.values)), before), "id": id_}
        self._store(path, record)
        return Receipt(op=operation.op, outcome="applied", id=id_, accepted=record)

    def _lacking(self, stream: Stream, operation: Operation) -> str | None:
        """A required field that would have no value; None = the record can be kept."""
        required = [field.name for field in stream.fields.values() if field.required]
        if operation.kind == "update":
            required = [name for name in required if name in operation.values]
        return next((name for name in required if operation.values.get(name) is None), None)

    def _answer(self, operation: Operation, outcome: Any, code: str, message: str) -> Receipt:
        return Receipt(op=operation.op, outcome=outcome, code=code, message=message)

    def _store(self, path: Path, record: Mapping[str, Any]) -> None:
        """The whole new file, or the old one: never half of it."""
        path.parent.mkdir(exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(
            to_json({name: value for name, value in record.items() if name != "id"}), encoding="utf-8"
        )
        os.replace(new, path)
