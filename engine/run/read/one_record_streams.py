"""One-record streams: what they tell, such as the organisation itself, and expressions over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from engine.connectors.read_port import Reader, ReadRequest
from engine.errors import UserError
from engine.run.read.text_columns import pick, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.run.session.columns import Columns

StreamField = tuple[str, str, str]  #: (system, stream, field)


class FieldExpression(Protocol):
    """An expression over one-record streams."""

    @property
    def sql(self) -> str:
        """Over one-row columns named SYSTEM.STREAM.FIELD."""
        ...

    @property
    def reads(self) -> tuple[StreamField, ...]:
        """The fields that it looks at."""
        ...

    @property
    def canonical(self) -> tuple[str, ...]:
        """SELECT list: how each of them becomes canonical, over text columns of the same names."""
        ...


def read_fields(reads: Iterable[StreamField], systems: Mapping[str, Reader]) -> dict[StreamField, str | None]:
    """The wanted fields as text, each stream read once. Raises UserError where a stream has no record."""
    wanted: dict[tuple[str, str], set[str]] = {}
    for system, stream, field in reads:
        wanted.setdefault((system, stream), set()).add(field)
    found: dict[StreamField, str | None] = {}
    for (system, stream), fields in sorted(wanted.items()):
        record = _single(systems[system], system, stream, tuple(sorted(fields)))
        for field in fields:
            value = pick(record, field.split("."))
            found[system, stream, field] = None if value is None else text_of(value)
    return found


def _single(connector: Reader, system: str, stream: str, fields: tuple[str, ...]) -> Mapping[str, object]:
    for page in connector.read(ReadRequest(stream=stream, fields=fields)):
        if page.records:
            return page.records[0]
        if page.table is not None and page.table.num_rows:
            return dict(page.table.slice(0, 1).to_pylist()[0])
    raise UserError(
        f"{system}.{stream} returned no record, but the spec reads its fields.",
        remedy="Check that the account is the right one and that its user may see the organisation.",
    )


def value_of(one: FieldExpression, known: Mapping[StreamField, str | None], columns: Columns) -> Any:
    """The value of an expression; None where it cannot be told."""
    row = {".".join(read): pa.array([known[read]], pa.string()) for read in one.reads}
    names = ", ".join(one.canonical) or "nothing"
    with columns.shown("page", pa.table(row or {"nothing": pa.array([None], pa.string())})):
        return columns.one(f"SELECT {one.sql} FROM (SELECT {names} FROM page)")
