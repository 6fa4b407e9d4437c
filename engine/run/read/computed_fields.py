"""Computed fields: templates and JMESPath, worked out record by record before the lens sees the page."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.catalog import FieldType, Stream
from engine.expr.error import ExprError
from engine.expr.path import compile_path
from engine.expr.scope import FieldScope, OptionValue
from engine.expr.template import compile_template
from engine.run.read.text_columns import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.connectors.read_port import Page
    from engine.plan import SlowField
    from engine.run.session.columns import Compute

#: Where the record itself stands beside its staged fields; no system's field is called so.
DELIVERED = ""


def compile_computed(slow: Sequence[SlowField]) -> dict[str, Compute]:
    """Column name -> the function that computes it from one record; each answers a value or an `ExprError`."""
    return {one.column: _compile(one) for one in slow}


def _compile(one: SlowField) -> Compute:
    if one.kind == "path":
        search = compile_path(one.source).search
        return lambda record: search(_as_delivered(record))
    scope = FieldScope(stream=Stream(name="record", id="", open=True), options=_options(one))
    template = compile_template(one.source, scope)
    return lambda record: template.render({name: record.get(name) for name in one.reads})


def _options(one: SlowField) -> dict[str, OptionValue]:
    """The choices that the compiler has checked, as constants of their kind."""
    kinds: dict[type, FieldType] = {bool: "boolean", Decimal: "decimal", date: "date"}
    return {
        name: OptionValue(type=kinds.get(type(value), "text"), value=value)
        for name, value in one.options.items()
    }


def add_computed(staged: pa.Table, page: Page, functions: Mapping[str, Compute]) -> pa.Table:
    """The staged page with two columns a slow field: its value as text, and what went wrong."""
    if not functions:
        return staged
    records = _records(staged, page)
    for column, compute in functions.items():
        answers = [compute(record) for record in records]
        values = [None if isinstance(answer, ExprError) else text_of(answer) for answer in answers]
        errors = [str(answer) if isinstance(answer, ExprError) else None for answer in answers]
        staged = staged.append_column(column, pa.array(values, pa.string()))
        staged = staged.append_column(f"{column}!", pa.array(errors, pa.string()))
    return staged


def _as_delivered(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a path looks into: an amount is a number there, as the system delivered it, and no text."""
    fields = {name: value for name, value in record.items() if name != DELIVERED}
    return {**fields, **(record.get(DELIVERED) or {})}


def _records(staged: pa.Table, page: Page) -> list[dict[str, Any]]:
    """What templates and paths see: the nested record, with the staged fields by their dotted names on top."""
    flat: list[dict[str, Any]] = staged.to_pylist()
    if page.records is None:
        return flat
    return [
        {**nested, **fields, DELIVERED: nested} for nested, fields in zip(page.records, flat, strict=True)
    ]
