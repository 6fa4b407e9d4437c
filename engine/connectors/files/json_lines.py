"""A JSON lines file as a stream: one object a line, numbers exact, nested objects kept."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, get_args

from engine.catalog import FieldType
from engine.connectors.columns import fields_of, from_json, to_json
from engine.connectors.files.replace import identity_of, replaced
from engine.connectors.files.write_outcomes import answer
from engine.connectors.port import AllApplied, Batch, Page
from engine.connectors.records import json_text, lookup, nest, pick, plain
from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from engine.catalog import Field
    from engine.record import Operation, Receipt

_PAGE = 10_000
#: Records that tell which kind of value a field holds, where none is declared.
_LOOKED_AT = 1_000
#: Type of a field -> the kind of JSON value that it is written as.
_KINDS: Mapping[FieldType, str] = {
    **dict.fromkeys(get_args(FieldType), "text"),
    **dict.fromkeys(("integer", "decimal", "money", "number", "duration"), "number"),
    "boolean": "boolean",
    "list": "list",
    "object": "any",
}


class JsonLinesFile:
    """One file; `key` is the field that identifies a record, text or a whole number; `types` are those declared."""

    def __init__(self, path: Path, key: str, types: Mapping[str, Field]) -> None:
        self.path = path
        self.key = key
        self._types = types

    def fields(self) -> dict[str, Field]:
        """A line may have any fields, so none are known."""
        return {}

    def pages(self, names: list[str], ids: frozenset[str] | None) -> Iterator[Page]:
        """Nested records with the named fields; only those with these ids, None = all.

        Raises UserError with the line of what is no JSON object, or whose id is missing or stands twice.
        """
        page: list[dict[str, Any]] = []
        free = [name for name in names if name in self._types and self._types[name].type == "object"]
        for identity, record in self._records():
            if ids is None or identity in ids:
                if len(page) == _PAGE:
                    yield Page(records=page)
                    page = []
                page.append(nest({self.key: identity, **_any_json(record, free)}, pick(record, names)))
        yield Page(records=page, complete=True)

    def write(self, batch: Batch) -> AllApplied | list[Receipt]:
        """Write the file anew with the batch in it; records that the batch does not name keep their place."""
        import pyarrow as pa

        seen = identity_of(self.path)
        held = dict(self._records()) if seen else {}
        kinds = self._kinds(held, fields_of(batch.table))
        done = [self._apply(held, operation, kinds) for operation in batch.operations()]
        with replaced(self.path, seen) as file:
            for record in held.values():
                file.write((to_json(record) + "\n").encode())
        ids = pa.chunked_array([pa.array([identity for identity, _ in done], pa.string())])
        codes = pa.chunked_array([pa.array([code for _, code in done], pa.string())])
        return answer(batch.table, ids, codes, path=self.path, key=self.key)

    def _kinds(self, held: Mapping[str, dict[str, Any]], names: list[str]) -> dict[str, str]:
        """By field, the kind of JSON value that it holds: as declared, else as the first records show it."""
        kinds = {name: _KINDS[self._types[name].type] for name in names if name in self._types}
        for name in set(names) - set(kinds):
            some = islice(held.values(), _LOOKED_AT)
            shown = {kind_of(lookup(record, name)[0]) for record in some} - {"null"}
            kinds[name] = shown.pop() if len(shown) == 1 else "text"
        return {name: kind for name, kind in kinds.items() if kind != "text"}

    def _apply(
        self, held: dict[str, dict[str, Any]], operation: Operation, kinds: Mapping[str, str]
    ) -> tuple[str | None, str | None]:
        """Do one write to the records in memory; gives its id and, if it is not done, the code of why."""
        values = plain(dict(operation.values))
        values |= {name: of_kind(values[name], kind) for name, kind in kinds.items() if name in values}
        if operation.kind == "create":
            identity = _id_text(values.get(self.key))
            if identity is None:
                return None, "no-id"
            if identity in held:
                return identity, "duplicate"
            held[identity] = nest(values)
            return identity, None
        if operation.id not in held:
            return operation.id, "gone"
        if operation.kind == "delete":
            del held[operation.id]
        elif self.key in values and _id_text(values[self.key]) != operation.id:
            return operation.id, "id-change"
        else:
            held[operation.id] = nest(values, held[operation.id])
        return operation.id, None

    def _records(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each record with its id as text. Empty lines are passed over."""
        lines: dict[str, int] = {}
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                raw = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
                if not raw.strip():
                    continue
                record = self._parse(raw, number)
                identity = _id_text(lookup(record, self.key)[0])
                if identity is None:
                    raise UserError(
                        f"{self.path}:{number}: The record has no `{self.key}`.",
                        remedy="An id is text or a whole number, and every record needs one.",
                    )
                if identity in lines:
                    first = lines[identity]
                    raise UserError(
                        f"{self.path}:{number}: The {self.key} `{identity}` also stands in line {first}.",
                        remedy="Name a field under `id:` that is different in every record.",
                    )
                lines[identity] = number
                yield identity, record

    def _parse(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            record = from_json(line.decode())
            if b"\\u" in line:
                to_json(record).encode()  # half a character, such as \ud800 alone, cannot be handed on
        except (ValueError, RecursionError) as error:
            raise UserError(
                f"{self.path}:{number}: This line is no JSON object that could be read: {error}.",
                remedy="Each line must be one complete JSON object in UTF-8.",
            ) from error
        if not isinstance(record, dict):
            raise UserError(f"{self.path}:{number}: This line is JSON, but no object.")
        return record


def kind_of(value: Any) -> str:
    """Which kind of JSON value this is."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | Decimal):
        return "number"
    return "list" if isinstance(value, list) else "object" if isinstance(value, dict) else "text"


def of_kind(value: Any, kind: str) -> Any:
    """A text as the JSON value that it spells, if that is of the kind; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        spelled = from_json(value)
    except (ValueError, RecursionError):
        return value
    return spelled if kind in ("any", kind_of(spelled)) else value


def _any_json(record: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
    """The named fields as JSON text, so that the text `5` and the number 5 stay two values."""
    found = {name: lookup(record, name)[0] for name in names}
    return {name: json_text(value) for name, value in found.items() if value is not None}


def _id_text(value: Any) -> str | None:
    """An id as text; None for what cannot be one."""
    if isinstance(value, str) and value:
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
