"""Arrow columns as text, exactly: what a table or a file can hold of any value."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.connectors.records import json_text, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pyarrow as pa


#: Types of fields whose values are JSON.
NESTED = ("list", "object")
_META = ("_op", "_id", "_version", "_set")
_BETWEEN_NAMES = "\x1f"


def fields_of(rows: pa.Table) -> list[str]:
    """The fields that a batch brings, without what is about the writes themselves."""
    return [name for name in rows.column_names if name not in _META]


def empty_table(names: Sequence[str]) -> pa.Table:
    """No records, but every column, as text."""
    import pyarrow as pa

    return pa.table({name: pa.array([], pa.string()) for name in names})


def by_set(rows: pa.Table) -> Iterator[tuple[list[str], pa.Table]]:
    """The rows of an update in groups that write the same fields: what `_set` names, all where it is null."""
    import pyarrow.compute as pc

    sets = pc.fill_null(pc.binary_join(rows["_set"], _BETWEEN_NAMES), _BETWEEN_NAMES.join(fields_of(rows)))
    for wanted in sets.unique().to_pylist():
        names = [name for name in wanted.split(_BETWEEN_NAMES) if name]
        yield names, rows.filter(pc.equal(sets, wanted))


def texts_of(ids: Iterable[str]) -> pa.Array:
    """Ids as a column to look them up in. Half a character can be no record's id and is left out."""
    import pyarrow as pa

    return pa.array(sorted(one for one in ids if one.isascii() or _is_unicode(one)), pa.string())


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Any column as text, null as null: `19.99`, `true`, `2026-01-31`, `2026-01-31T10:00:00Z`, lists as JSON.

    Decimals lose the zeros at their end and nothing else; a float gets the shortest digits that give it back.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_string(kind):
        return column
    if pa.types.is_decimal(kind):
        return _trimmed(column.cast(pa.string()))
    if pa.types.is_timestamp(kind):
        return pc.binary_join_element_wise(clock_text(column), "Z", "")
    if pa.types.is_nested(kind):
        values = [_as_json_text(value) for value in column.to_pylist()]
        return pa.chunked_array([pa.array(values, pa.string())])
    return column.cast(pa.string())


def clock_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Timestamps as text without a zone, those of a zone as UTC has them: `2026-01-31T10:00:00.25`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = column.cast(pa.timestamp(column.type.unit)).cast(pa.string())
    exact = pc.replace_substring_regex(texts, r"(\.\d*[1-9])0+$", r"\1")
    return pc.replace_substring(pc.replace_substring_regex(exact, r"\.0+$", ""), " ", "T")


def _trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Decimal text without the zeros that only its scale put there; `1.0E-10` stays as it is."""
    import pyarrow.compute as pc

    if (
        not pc.any(pc.match_substring(column, "E")).as_py()
        and pc.all(pc.match_substring(column, ".")).as_py()
    ):
        return pc.utf8_rtrim(pc.utf8_rtrim(column, "0"), ".")  # a sixth of the time of the patterns below
    whole = pc.replace_substring_regex(column, r"^(-?\d+)\.0+$", r"\1")
    return pc.replace_substring_regex(whole, r"^(-?\d+\.\d*[1-9])0+$", r"\1")


def _as_json_text(value: Any) -> str | None:
    """A list or an object as JSON text, an instant as ISO 8601; null stays null."""
    exact = plain(value)
    return exact if exact is None or isinstance(exact, str) else json_text(exact)


def mapped(column: pa.ChunkedArray, convert: Callable[[str | None], str | None]) -> pa.ChunkedArray:
    """A column of text with each of its values converted, each different value once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = column.unique()
    made = pa.array([convert(value) for value in values.to_pylist()], pa.string())
    return pa.chunked_array([made.take(pc.index_in(column, values).combine_chunks())])


def with_json(rows: pa.Table, names: Iterable[str]) -> pa.Table:
    """The rows with the named columns, which hold JSON, in one form."""
    for name in names:
        rows = rows.set_column(rows.column_names.index(name), name, in_one_form(rows[name]))
    return rows


def in_one_form(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """JSON texts in one form, JSON null as null; what is no JSON stays as it is."""
    return mapped(column, _one_form)


def _one_form(text: str | None) -> str | None:
    try:
        value = None if text is None else from_json(text)
    except (ValueError, RecursionError):
        return text
    return None if value is None else json_text(value)


def to_json(value: Any) -> str:
    """JSON text of exact values, on one line; decimals as the digits they have."""
    import simplejson

    return simplejson.dumps(value, use_decimal=True, ensure_ascii=False, allow_nan=False)


def from_json(text: str) -> Any:
    """A JSON value with exact numbers. Raises ValueError for NaN, Infinity, repeated keys and torn text."""
    return json.loads(
        text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_no_repeated_keys
    )


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON number")


def _no_repeated_keys(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found
