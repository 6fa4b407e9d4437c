"""An open folder: its files as streams."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.catalog import Catalog, Field, Stream
from engine.connectors.declared import declare_stream, declared
from engine.connectors.files.can import CAN_READ, CAN_WRITE
from engine.connectors.files.csv_file import CsvFile
from engine.connectors.files.csv_form import form_of
from engine.connectors.files.file_set import FileSet
from engine.connectors.files.json_lines import JsonLinesFile
from engine.connectors.files.parquet_file import ParquetFile
from engine.connectors.port import AllApplied, Batch, Budget, Forecast, Page, ReadRequest
from engine.errors import UserError
from engine.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.connectors.files.file_set import RecordFile
    from engine.record import Kind, Receipt


class FilesConnector:
    """The files of one folder in one format. Nothing outside the folder is read or written."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.folder = Path(settings.get("_base") or ".", str(settings["folder"])).resolve()
        self.calls = 0
        self._format = str(settings.get("format", "csv"))
        self._delimiter = str(settings.get("delimiter", ","))
        self._create = bool(settings.get("create"))
        self._declared = declared(settings)
        if not self.folder.is_dir():
            raise UserError(f"There is no folder {self.folder}.", remedy="Correct `folder`, or make it.")

    def catalog(self) -> Catalog:
        """The streams whose id field is declared and whose file exists or may be made."""
        there = {*self._names(), *(name for name, said in self._declared.items() if said.get("files"))}
        names = [name for name, said in self._declared.items() if said.get("id")]
        streams = {name: self._describe(name) for name in names if self._create or name in there}
        return Catalog(connector="files", streams=streams, open=True)

    def check(self) -> str:
        """The folder is there; says which."""
        return f"the folder {self.folder} with {len(self._names())} {self._format} files"

    def location(self) -> str:
        """The folder."""
        return str(self.folder)

    def read(self, request: ReadRequest) -> Iterator[Page]:
        """Pages of a file: text columns from CSV and Parquet, nested records from JSON lines."""
        file = self._file(request.stream)
        if request.since is not None:
            raise UserError(
                f"{file.path} does not tell when a record changed; it can only be read as a whole."
            )
        names = list(dict.fromkeys((file.key, *request.fields)))
        if not isinstance(file, FileSet) and not file.path.exists():
            yield Page(records=(), complete=True, total=0)
            return
        yield from file.pages(names, None if request.ids is None else frozenset(request.ids))

    def write(self, stream: str, batch: Batch) -> AllApplied | list[Receipt]:
        """Write the file anew with the batch in it; other rows stay as they are, in their order."""
        return self._file(stream).write(batch)

    def budget(self) -> Budget:
        """No limit."""
        return Budget()

    def forecast_read(self, request: ReadRequest, records: int | None) -> Forecast:
        """No requests: the files are local."""
        del request, records
        return Forecast(calls=0, method="one local file")

    def forecast_write(self, stream: str, kind: Kind, records: int) -> Forecast:
        """No requests: the files are local."""
        del stream, kind, records
        return Forecast(calls=0, method="one local file")

    def close(self) -> None:
        """Nothing is kept open."""

    def _names(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob(f"*.{self._format}") if path.is_file())

    def _describe(self, name: str) -> Stream:
        """A stream with the columns that its file shows and the types that the spec declares."""
        file = self._file(name)
        can = CAN_READ if isinstance(file, FileSet) else CAN_WRITE
        said = declare_stream(name, self._declared.get(name, {}), can=can)
        key = {file.key: Field(name=file.key, type="id", required=True, unique=True)}
        seen = file.fields() if isinstance(file, FileSet) or file.path.exists() else {}
        if self._create:  # what was made as text is of the type of the other side, as when it was made
            seen = {
                name: replace(one, type="unknown") if one.type == "text" else one
                for name, one in seen.items()
            }
        return Stream(
            name=name,
            id=file.key,
            fields={**seen, **key, **said.fields},
            can=can,
            tells_nothing=said.tells_nothing,
            fillable=self._format == "jsonl",
            sends_null=True,  # a file has no defaults, and each of its records shows every field
            open=self._create or self._format == "jsonl",
        )

    def _file(self, stream: str) -> RecordFile:
        """The file or files of a stream. Raises UserError if there is none, or it has no declared id."""
        pattern = self._declared.get(stream, {}).get("files")
        if pattern:
            return self._set(stream, str(pattern))
        path = self._path(stream)
        if not path.is_file() and not self._create:
            raise UserError(
                f"There is no file {path}.", remedy=f"{suggest(stream, self._names())} Or say `create: true`."
            )
        return self._open(path, stream)

    def _set(self, stream: str, pattern: str) -> FileSet:
        """The files that a pattern finds; one that leads out of the folder counts as an error, not as a find."""
        found = sorted(
            path
            for path in self.folder.iterdir()
            if fnmatchcase(path.name, pattern) and not path.name.startswith(".") and path.is_file()
        )
        outside = [path for path in found if path.resolve().parent != self.folder]
        if not found or outside:
            what = f"{outside[0]} leads out of it" if outside else f"no file in it is like `{pattern}`"
            raise UserError(
                f"The stream `{stream}` takes files of the folder {self.folder}, but {what}.",
                remedy="Correct `files`: a name with * and ? for files directly in the folder.",
            )
        files = [self._open(path, stream) for path in found]
        return FileSet(self.folder / pattern, files[0].key, files)

    def _open(self, path: Path, stream: str) -> RecordFile:
        said = self._declared.get(stream, {})
        key = said.get("id")
        if not key:
            raise UserError(
                f"Nothing says which field identifies a record of {path}.",
                remedy=f"Name it in `with:` as streams: {{ {stream}: {{ id: FIELD }} }}.",
            )
        types = declare_stream(stream, said, can=CAN_WRITE).fields
        if self._format == "jsonl":
            return JsonLinesFile(path, str(key), types)
        if self._format == "parquet":
            return ParquetFile(path, str(key), types)
        return CsvFile(path, str(key), self._delimiter, types, form_of(said.get("form") or {}))

    def _path(self, stream: str) -> Path:
        path = self.folder / f"{stream}.{self._format}"
        named = Path(stream).name == stream and not stream.startswith(".") and stream.isprintable()
        if not named or path.resolve().parent != self.folder:
            raise UserError(
                f"The stream `{stream}` would lead out of the folder {self.folder}.",
                remedy="Name a file that lies directly in the folder, without its ending.",
            )
        return path
