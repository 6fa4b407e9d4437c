"""Types of Parquet columns: what they are to the engine, and how values are made to fit them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.catalog import Field
from engine.connectors.columns import as_text, fields_of, from_json

if TYPE_CHECKING:
    import pyarrow as pa

    from engine.catalog import FieldType


def field_of(column: pa.Field) -> Field:
    """A column as the catalog shows it."""
    import pyarrow as pa

    return Field(
        name=column.name,
        type=_type_of(column.type),
        required=not column.nullable,
        writable=not is_binary(column.type),
        scale=column.type.scale if pa.types.is_decimal(column.type) else None,
        source="observed",
    )


def is_binary(kind: pa.DataType) -> bool:
    """Whether the values are bytes and no text."""
    import pyarrow as pa

    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    return any(test(kind) for test in tests)


def dig(rows: pa.Table, name: str) -> pa.ChunkedArray:
    """The column of a field; `home.city` lies inside the column `home` unless there is one of that name."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if name in rows.column_names:
        return rows[name]
    top, *inner = name.split(".")
    column = rows[top]
    for part in inner:
        if not pa.types.is_struct(column.type) or column.type.get_field_index(part) < 0:
            return pa.chunked_array([pa.nulls(rows.num_rows, pa.string())])
        column = pc.struct_field(column, part)
    return column


def decoded(rows: pa.Table) -> pa.Table:
    """The rows with plain values where the file has numbered ones."""
    import pyarrow as pa

    for place, column in enumerate(rows.schema):
        if pa.types.is_dictionary(column.type):
            plain = column.with_type(column.type.value_type)
            rows = rows.set_column(place, plain, rows.column(place).cast(plain.type))
    return rows


def widened(held: pa.Table, rows: pa.Table) -> pa.Table:
    """`held` with an empty column for each field of `rows` that it does not have, of the type that `rows` brings."""
    import pyarrow as pa

    for name in fields_of(rows):
        if name not in held.column_names:
            kind = rows.schema.field(name).type
            kind = pa.string() if pa.types.is_null(kind) else kind
            held = held.append_column(name, pa.nulls(held.num_rows, kind))
    return held


def fitted(rows: pa.Table, schema: pa.Schema) -> tuple[pa.Table, pa.ChunkedArray]:
    """A batch with the types that the file has, and for each row whether all its values fit them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    fits = pa.chunked_array([pa.repeat(True, rows.num_rows)])  # noqa: FBT003 - the value that is repeated
    for name in fields_of(rows):
        was, kind = rows[name], schema.field(name).type
        made = was if was.type == kind else _cast(was, kind)
        fits = pc.and_(fits, pc.or_(made.is_valid(), was.is_null()))
        rows = rows.set_column(rows.column_names.index(name), name, made)
    return rows, fits


def _cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """The values in another type; null where one does not fit."""
    import pyarrow as pa

    texts = as_text(column)
    try:
        return _cast_all(texts, kind)
    except (pa.ArrowInvalid, ValueError):
        return pa.chunked_array([_cast_one(text, kind) for text in texts.to_pylist()], kind)


def _cast_one(text: str | None, kind: pa.DataType) -> pa.Array:
    import pyarrow as pa

    try:
        return _cast_all(pa.chunked_array([pa.array([text], pa.string())]), kind).combine_chunks()
    except (pa.ArrowInvalid, ValueError):
        return pa.nulls(1, kind)


def _cast_all(texts: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """Raises ArrowInvalid or ValueError if one does not fit."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_nested(kind):
        values: list[Any] = [None if text is None else from_json(text) for text in texts.to_pylist()]
        return pa.chunked_array([pa.array(values, kind)])
    if pa.types.is_timestamp(kind) and kind.tz is None:
        texts = pc.replace_substring_regex(texts, "(Z|[+-]00:?00)$", "")
    return texts.cast(kind)


def _type_of(kind: pa.DataType) -> FieldType:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _type_of(kind.value_type)
    if pa.types.is_timestamp(kind):
        return "text" if kind.tz is None else "instant"  # without a zone nobody knows which moment is meant
    types = pa.types
    for test, name in (
        (types.is_boolean, "boolean"),
        (types.is_integer, "integer"),
        (types.is_decimal, "decimal"),
        (types.is_floating, "number"),
        (types.is_date, "date"),
        (types.is_struct, "object"),
        (types.is_map, "object"),
        (types.is_nested, "list"),
        (types.is_string, "text"),
        (types.is_large_string, "text"),
        (types.is_time, "text"),
    ):
        if test(kind):
            found: FieldType = name  # type: ignore[assignment] # mypy widens a name in a tuple to str
            return found
    return "unknown"
