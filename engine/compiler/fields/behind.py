"""Behind: a field of the record that a reference leads to, as a column beside those of the page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlglot import exp

from engine.catalog import Field, Stream
from engine.compiler.fields.terms import cast_to, column
from engine.expr.build import all_of, call, not_null
from engine.expr.canonical import read
from engine.plan import WalkPlan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.compiler.draft.draft import Draft
    from engine.spec.model import StreamRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """A field that is read through a reference."""

    name: str  #: the column, such as `project.id.client.id`
    by: Field  #: this side's field that holds the id
    stream: Stream  #: where the record is
    field: Field  #: there

    @property
    def table(self) -> str:
        """The table in which the record stands; each side of a module has its own."""
        return f"behind {self.by.name}"

    @property
    def found(self) -> str:
        """The column that tells whether the record was there."""
        return f"{self.by.name} found"


def behind(draft: Draft, ref: StreamRef, name: str) -> Walked | None:
    """What a name leads to through one reference of a stream; None = it is a field of the stream itself."""
    stream, catalog = draft.stream(ref), draft.catalogs.get(ref.system)
    if stream is None or catalog is None or name in stream.fields:
        return None
    for by in stream.fields.values():
        there = catalog.streams.get(by.refers or "")
        rest = name.removeprefix(f"{by.name}.")
        if there is not None and rest != name and (rest in there.fields or there.open):
            field = there.fields.get(rest) or Field(name=rest, type="unknown")
            return Walked(name=name, by=by, stream=there, field=field)
    return None


def field_of(draft: Draft, ref: StreamRef, name: str) -> Field:
    """The field behind a column: the stream's own, one that is walked to, or an unlisted one."""
    walked = behind(draft, ref, name)
    if walked is not None:
        return replace(walked.field, name=name)
    stream = draft.stream(ref)
    found = stream.fields.get(name) if stream else None
    return found or Field(name=name, type="unknown")


def _id(one: Walked, table: str | None = None) -> exp.Expression:
    name = column(one.by.name)
    if table is not None:
        name.set("table", exp.to_identifier(table))
    return cast_to(name, one.by.type, "id", None)


def columns(several: Sequence[Walked], side: str) -> list[exp.Expr]:
    """What was found behind each reference of a row of the table `typed`, under the names of the columns."""
    found = {one.found: _of(one, side, "_found") for one in several}
    found |= {one.name: _of(one, side, one.field.name) for one in several}
    return [
        exp.Alias(this=value, alias=exp.to_identifier(name, quoted=True)) for name, value in found.items()
    ]


def _of(one: Walked, side: str, name: str) -> exp.Expression:
    table = exp.Table(
        this=exp.to_identifier(f"{side} {one.table}", quoted=True),
        alias=exp.TableAlias(this=exp.to_identifier("b")),
    )
    value = exp.column(exp.to_identifier(name, quoted=True), table="b")
    mine = exp.EQ(this=exp.column("_id", table="b"), expression=_id(one, "typed"))
    return exp.Subquery(this=exp.Select().select(call("ANY_VALUE", value)).from_(table).where(mine))


def lost(one: Walked) -> exp.Expression:
    """Whether there is an id whose record was not found; never NULL."""
    there = exp.Is(this=column(one.found), expression=exp.true())
    return all_of(not_null(_id(one)), exp.Not(this=there))


def walk_plans(several: Iterable[Walked], side: str, system: str) -> tuple[WalkPlan, ...]:
    """What to read behind each reference."""
    by_field: dict[str, list[Walked]] = {}
    for one in several:
        by_field.setdefault(one.by.name, []).append(one)
    return tuple(_plan(walked, side, system) for walked in by_field.values())


def _plan(several: Sequence[Walked], side: str, system: str) -> WalkPlan:
    first = several[0]
    fields = {one.field.name: one.field for one in several}
    return WalkPlan(
        name=f"{system}.{first.stream.name}",
        stream=first.stream.name,
        by=first.by.name,
        table=f"{side} {first.table}",
        id_field=first.stream.id,
        reads=tuple(fields),
        lens=_lens(first.stream, list(fields.values())),
        by_ids=first.stream.can.by_ids > 0,
    )


def _lens(stream: Stream, fields: Sequence[Field]) -> str:
    """SELECT over the staged page of those records."""
    named = [
        exp.Alias(
            this=read(column(one.name), one, empty_is_null=stream.empty_is_null, physical="VARCHAR"),
            alias=exp.to_identifier(one.name, quoted=True),
        )
        for one in fields
    ]
    identity = exp.Alias(this=column("_id"), alias=exp.to_identifier("_id", quoted=True))
    found = exp.Alias(this=exp.true(), alias=exp.to_identifier("_found", quoted=True))
    return exp.Select().select(identity, found, *named, copy=False).from_("page").sql(dialect="duckdb")
