"""Several files as one stream, `files: "orders-*.csv"`: read one after the other, never written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from engine.connectors.records import lookup
from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from engine.catalog import Field
    from engine.connectors.port import AllApplied, Batch, Page
    from engine.record import Receipt


class RecordFile(Protocol):
    """One file of any format, or several as one."""

    path: Path
    key: str  #: the field that identifies a record

    def fields(self) -> dict[str, Field]:
        """The fields that the file shows; empty = any."""
        ...

    def pages(self, names: list[str], ids: frozenset[str] | None) -> Iterator[Page]:
        """The named fields of all records, or only of those with these ids."""
        ...

    def write(self, batch: Batch) -> AllApplied | list[Receipt]:
        """Write the file anew with the batch in it."""
        ...


class FileSet:
    """The files that a pattern finds, in the order of their names. An id stands once in all of them."""

    def __init__(self, path: Path, key: str, files: Sequence[RecordFile]) -> None:
        self.path = path  #: the pattern
        self.key = key
        self._files = files

    def fields(self) -> dict[str, Field]:
        """The fields of all files; where they differ, the first one counts."""
        found: dict[str, Field] = {}
        for file in self._files:
            found = {**file.fields(), **found}
        return found

    def pages(self, names: list[str], ids: frozenset[str] | None) -> Iterator[Page]:
        """The pages of each file. Raises UserError for an id that stands in two files."""
        first: dict[str, Path] = {}
        for file in self._files:
            for page in file.pages(names, ids):
                self._claim(file.path, page, first)
                last = page.complete and file is self._files[-1]
                yield page if page.complete == last else replace(page, complete=False)

    def write(self, batch: Batch) -> AllApplied | list[Receipt]:
        """Refuses: nobody could tell into which file a new record belongs."""
        raise UserError(
            f"{self.path} stands for several files, which can only be read; {len(batch)} writes were not made.",
            remedy="Name one file as the stream to write to.",
        )

    def _claim(self, path: Path, page: Page, first: dict[str, Path]) -> None:
        """Note in which file each id stands."""
        for identity in self._ids(page):
            if first.setdefault(identity, path) != path:
                both = f"{first[identity].name} and in {path.name}"
                raise UserError(
                    f"The {self.key} `{identity}` stands in {both} of {path.parent}.",
                    remedy="Name a field under `id:` that is different in all files, or remove one of the two.",
                )

    def _ids(self, page: Page) -> list[str]:
        if page.table is not None:
            ids: list[str] = page.table[self.key].to_pylist()
            return ids
        return [str(lookup(record, self.key)[0]) for record in page.records or ()]
