"""Text columns: a connector's page becomes a table of texts, one column a field that the plan reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from engine.connectors.records import json_text

if TYPE_CHECKING:
    from engine.connectors.read_port import Page

ABSENT = pa.list_(pa.string())
_GONE = object()


class Identified(Protocol):
    """What a page is staged by."""

    @property
    def id_field(self) -> str:
        """The field that names a record."""
        ...

    @property
    def version_field(self) -> str | None:
        """The field that tells when it changed; None = there is none."""
        ...

    @property
    def folded(self) -> tuple[str, ...]:
        """Fields that are also wanted folded, in a column `folded␟NAME`."""
        ...


def text_columns(page: Page, side: Identified, fields: Sequence[str]) -> pa.Table:
    """The page as `_id`, `_version`, `_absent`, `_broken` and one text column a field.

    A field that a record does not have at all is null and named in `_absent`; a field whose value is null is only
    null. Numbers keep the text they had, so that money never passes through a float. `_broken` names a field whose
    text is no Unicode text (half of a surrogate pair); such a record is held.
    """
    wanted = _wanted(side, fields)
    if page.table is not None:
        return _stage_table(page.table, side, wanted)
    return _stage_records(page.records or (), side, wanted)


def _wanted(side: Identified, fields: Sequence[str]) -> tuple[str, ...]:
    named = [side.id_field, *([side.version_field] if side.version_field else []), *fields]
    return tuple(dict.fromkeys(named))


def _stage_table(table: pa.Table, side: Identified, wanted: Iterable[str]) -> pa.Table:
    columns = {name: _as_text(table.column(name)) for name in wanted}
    rows = table.num_rows
    return _with_meta(columns, side, pa.nulls(rows, ABSENT), pa.nulls(rows, pa.string()))


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column if pa.types.is_string(column.type) else pc.cast(column, pa.string())


def _stage_records(records: Sequence[Mapping[str, Any]], side: Identified, wanted: Sequence[str]) -> pa.Table:
    paths = [(name, tuple(name.split("."))) for name in wanted]
    columns: dict[str, list[str | None]] = {name: [] for name in wanted}
    absent: list[list[str] | None] = []
    for record in records:
        missing: list[str] = []
        for name, path in paths:
            value = record.get(name, _GONE) if len(path) == 1 else pick(record, path)
            if value is _GONE:
                missing.append(name)
            columns[name].append(None if value is _GONE else text_of(value))
        absent.append(missing or None)
    broken = _mend(columns)
    arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    return _with_meta(arrays, side, pa.array(absent, ABSENT), pa.array(broken, pa.string()))


def _mend(columns: Mapping[str, list[str | None]]) -> list[str | None]:
    """Make every value encodable, and say which record had a field that was not."""
    broken: list[str | None] = [None] * len(next(iter(columns.values()), []))
    for name, values in columns.items():
        try:
            "".join(value for value in values if value).encode()
        except UnicodeEncodeError:
            for row, value in enumerate(values):
                if value is not None and not _encodable(value):
                    broken[row] = name
                    values[row] = value.encode("utf-8", "replace").decode()
    return broken


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def pick(record: Mapping[str, Any], path: Sequence[str]) -> Any:
    """The value at a dotted path; null when a part on the way is null; `_GONE` when a part is not there."""
    dotted = ".".join(path)
    if dotted in record:
        return record[dotted]
    value: Any = record
    for part in path:
        if value is None:
            return None
        if not isinstance(value, Mapping) or part not in value:
            return _GONE
        value = value[part]
    return value


def text_of(value: Any) -> str | None:
    """A JSON value as text: scalars as they were written, lists and objects as JSON of one form."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return str(value)
    return json_text(value)


def fold(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Texts without compatibility forms, and beyond ASCII without case; both ways, so that a last sigma is a sigma."""
    if pc.all(pc.string_is_ascii(texts), skip_nulls=True).as_py() is not False:
        return texts
    lowered = pc.utf8_lower(pc.utf8_upper(pc.utf8_normalize(texts, form="NFKC")))
    return pc.utf8_normalize(pc.replace_substring(lowered, "ß", "ss"), form="NFKC")


def _with_meta(columns: Mapping[str, Any], side: Identified, absent: pa.Array, broken: pa.Array) -> pa.Table:
    version = columns[side.version_field] if side.version_field else pa.nulls(len(absent), pa.string())
    meta = {"_id": columns[side.id_field], "_version": version, "_absent": absent, "_broken": broken}
    folded = {f"folded␟{name}": fold(columns[name]) for name in side.folded if name in columns}
    return pa.table({**columns, **folded, **meta})
