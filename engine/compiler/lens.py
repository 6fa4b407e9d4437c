"""Lens: the SELECT that turns a staged page of one side into canonical columns. Built with sqlglot, printed as text.

From the inside out: `typed` reads each field as its catalog type; `canon` computes what the mapping compares and
what keys, view and checks say; the outermost adds the hash.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from engine.catalog import Field, Stream
from engine.compiler.terms import column
from engine.expr.build import call, case, cast, literal, named_type, not_null, text
from engine.expr.canonical import as_text, match_key, read, unreadable, unwritable
from engine.expr.lattice import FAMILY
from engine.plan import Trouble
from engine.record import Side, other

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.compiler.parts import Line

BROKEN = Trouble(
    code="unreadable",
    message="A text of this record is no valid Unicode.",
    remedy="Correct it in its own system.",
    place=None,
)


#: A condition that a record must meet, the fields it reads, and what to say if it does not.
Need = tuple[exp.Expression, tuple[str, ...], Trouble]


@dataclass(slots=True, kw_only=True)
class LensParts:
    """What one side's lens is made of."""

    side: Side
    stream: Stream
    lines: Sequence[Line]
    keys: Sequence[tuple[str, ...]]  #: field names of this side, by key
    view: exp.Expression | None
    view_reads: tuple[str, ...]
    needs: Sequence[Need]
    label: str | None
    slots: dict[str, exp.Expression]  #: columns that engine functions ask for
    troubles: list[Trouble] = field(default_factory=lambda: [BROKEN])

    @property
    def shown(self) -> list[tuple[int, Line]]:
        """The lines with a canonical value on this side, by number. What a target gets only once is not read there."""
        return [
            (number, line)
            for number, line in enumerate(self.lines)
            if self.side in line.get and not (line.spec.on == "create" and self.side in line.targets)
        ]

    @property
    def reads(self) -> tuple[str, ...]:
        """Every field that the lens looks at, in a stable order."""
        names = [name for _, line in self.shown for name in line.reads.get(self.side, ())]
        names += [name for _, reads, _ in self.needs for name in reads]
        names += [self.label] if self.label else []
        return tuple(dict.fromkeys([*names, *self.key_reads]))

    @property
    def key_reads(self) -> tuple[str, ...]:
        """The fields that recognising a record needs."""
        names = [name for key in self.keys for name in key]
        return tuple(dict.fromkeys([*names, *self.view_reads]))

    def field(self, name: str) -> Field:
        """The catalog's field; text where an open stream does not list it."""
        return self.stream.fields.get(name) or Field(name=name, type="unknown")

    def trouble(self, one: Trouble) -> exp.Expression:
        """The index of a trouble, as SQL."""
        if one not in self.troubles:
            self.troubles.append(one)
        return literal(self.troubles.index(one), "integer")


# sqlglot copies whatever it is given, trees and all; here each part is made for one place, so it need not.


def named(value: exp.Expression, name: str, *, quoted: bool | None = None) -> exp.Expression:
    """`value AS name`; the value becomes a part of it."""
    return exp.Alias(this=value, alias=exp.to_identifier(name, quoted=quoted))


def select(*columns: str | exp.Expr, source: str | exp.Expr) -> exp.Select:
    """`SELECT columns FROM source`; the columns and the source become parts of it."""
    return exp.Select().select(*columns, copy=False).from_(source, copy=False)


def lens(parts: LensParts) -> str:
    """The whole SELECT; see `SidePlan.lens` for its columns."""
    canon = _canon(parts)
    hashed = named(_hash(parts), "hash")
    return select("*", hashed, source=canon.subquery("canon", copy=False)).sql(dialect="duckdb", copy=False)


def key_lens(parts: LensParts) -> str:
    """The SELECT for recognising records: id, version, moment and keys, of what the view lets through."""
    typed = _typed(parts, parts.key_reads, slow=False)
    chosen = select(*_identity(parts), *_keys(parts), source=typed.subquery("typed", copy=False))
    return (chosen.where(parts.view.copy(), copy=False) if parts.view is not None else chosen).sql(
        dialect="duckdb", copy=False
    )


def clock(parts: LensParts) -> str:
    """The SELECT for the server's time alone: id, version and moment of every record."""
    return select(*_identity(parts), source="page").sql(dialect="duckdb", copy=False)


def _typed(parts: LensParts, names: Sequence[str], *, slow: bool) -> exp.Select:
    """Each field as its catalog type, and the first one that cannot be read."""
    empty = parts.stream.empty_is_null
    columns = [
        named(
            read(column(name), parts.field(name), empty_is_null=empty, physical="VARCHAR"), name, quoted=True
        )
        for name in names
    ]
    columns += [column(one) for one in ("_id", "_version", "_absent", "_broken")]
    columns += [named(value.copy(), slot, quoted=True) for slot, value in sorted(parts.slots.items())]
    if slow:
        slows = [line.slow[parts.side].column for line in parts.lines if parts.side in line.slow]
        columns += [column(name) for one in slows for name in (one, f"{one}!")]
        columns.append(named(_unreadable(parts, names), "_unreadable", quoted=True))
    return select(*columns, source="page")


def _unreadable(parts: LensParts, names: Sequence[str]) -> exp.Expression:
    turns = [(not_null(column("_broken")), parts.trouble(BROKEN))]
    for name in names:
        one = parts.field(name)
        wrong = unreadable(column(name), one, empty_is_null=parts.stream.empty_is_null, physical="VARCHAR")
        if wrong != exp.false():
            turns.append((wrong, parts.trouble(_cannot_read(parts, one))))
    return case(*turns)


def _cannot_read(parts: LensParts, one: Field) -> Trouble:
    words = {"money": "an amount of money", "instant": "a moment with its zone", "date": "a calendar day"}
    return Trouble(
        code="unreadable",
        message=f"`{parts.stream.name}.{one.name}` cannot be read as {words.get(one.type, f'type {one.type}')}.",
        remedy="Correct the value in its own system, or the field's type in the catalog.",
        place=None,
    )


def _canon(parts: LensParts) -> exp.Select:
    columns = [
        *_identity(parts),
        named(_absent(parts), "absent"),
        named(_trouble(parts), "trouble"),
        named(_lacks(parts), "lacks"),
        named(parts.view.copy() if parts.view is not None else exp.true(), "in_view"),
        named(cast(column(parts.label) if parts.label else column("_id"), named_type("TEXT")), "label"),
        *_keys(parts),
        *(named(line.get[parts.side].copy(), f"c{nr}") for nr, line in parts.shown),
    ]
    return select(*columns, source=_typed(parts, parts.reads, slow=True).subquery("typed", copy=False))


def _identity(parts: LensParts) -> list[exp.Expr]:
    version = parts.stream.modified
    known = parts.stream.fields.get(version) if version else None
    # The field's own type decides what is later: moments by time, other values as they sort.
    clock = Field(name="_version", type=known.type if known else "text")
    moment = read(column("_version"), clock, empty_is_null=True) if version else exp.null()
    return [
        named(column("_id"), "id"),
        named(column("_version"), "version"),
        named(moment, "moment"),
    ]


def _keys(parts: LensParts) -> list[exp.Expr]:
    """One text per key; null where any of its fields is empty, because an empty key recognises nobody."""
    return [named(_key(parts, names), f"k{index}") for index, names in enumerate(parts.keys)]


def _key(parts: LensParts, names: tuple[str, ...]) -> exp.Expression:
    each = [match_key(column(name), parts.field(name).type) for name in names]
    joined = each[0]
    for one in each[1:]:
        joined = exp.DPipe(this=exp.DPipe(this=joined, expression=text("\x1f")), expression=one)
    return joined


def _absent(parts: LensParts) -> exp.Expression:
    """Canonical columns that rest on a field the system did not show."""
    turns = []
    for nr, line in parts.shown:
        reads = line.reads.get(parts.side, ())
        if reads and line.spec.on == "always":
            names = exp.Array(expressions=[text(name) for name in reads])
            turns.append(case((call("LIST_HAS_ANY", column("_absent"), names), text(f"c{nr}"))))
    shown = exp.Is(this=column("_absent"), expression=exp.null())
    listed = call("LIST_FILTER", exp.Array(expressions=turns), _not_null_lambda()) if turns else exp.null()
    return case((shown, cast(exp.null(), named_type("TEXT[]"))), default=listed)


def _not_null_lambda() -> exp.Expression:
    return exp.Lambda(
        this=exp.Not(this=exp.Is(this=exp.column("x"), expression=exp.null())),
        expressions=[exp.to_identifier("x")],
    )


def _trouble(parts: LensParts) -> exp.Expression:
    turns = [(not_null(column("_unreadable")), column("_unreadable"))]
    for line in parts.lines:
        for wrong, trouble in line.fails.get(parts.side, ()):
            turns.append((wrong.copy(), parts.trouble(trouble)))
        turns += _misfits(parts, line)
    for condition, _, trouble in parts.needs:
        turns.append((exp.Not(this=exp.Paren(this=condition.copy())), parts.trouble(trouble)))
    return case(*turns)


def _misfits(parts: LensParts, line: Line) -> list[tuple[exp.Expression, exp.Expression]]:
    """A value that has no exact form in the field it goes to is held, not rounded."""
    target = line.targets.get(other(parts.side))
    if target is None or parts.side not in line.get or parts.side in line.back:
        return []
    if FAMILY[target.type] == "text" or (target.type == line.type and target.scale == line.scale):
        return []
    wrong = unwritable(line.get[parts.side], line.type, target)
    if wrong == exp.false():
        return []
    trouble = Trouble(
        code="does-not-fit",
        message=f"The value of `{line.text}` has no exact form in `{target.name}` ({target.type}).",
        remedy="Correct the value, or convert it in the mapping with `value:`.",
        place=f"{line.spec.span.file}:{line.spec.span.line}",
    )
    return [(wrong, parts.trouble(trouble))]


def _lacks(parts: LensParts) -> exp.Expression:
    """The first value that a new record on the other side cannot do without, if it is missing."""
    turns = []
    for line in parts.lines:
        target = line.targets.get(other(parts.side))
        if target is None or parts.side not in line.get or not (target.required or line.spec.required):
            continue
        trouble = Trouble(
            code="missing-value",
            message=f"`{target.name}` must have a value, and `{line.text}` gives none.",
            remedy="Fill in the field; the record comes over by itself then.",
            place=f"{line.spec.span.file}:{line.spec.span.line}",
        )
        empty = exp.Is(this=line.get[parts.side].copy(), expression=exp.null())
        turns.append((exp.Paren(this=empty), parts.trouble(trouble)))
    return case(*turns) if turns else cast(exp.null(), named_type("BIGINT"))


def _hash(parts: LensParts) -> exp.Expression:
    """16 bytes over the compared values as text; equal values, equal bytes."""
    values = [
        call("COALESCE", cast(_text(line, nr), named_type("TEXT")), call("CHR", exp.Literal.number(0)))
        for nr, line in parts.shown
        if line.spec.on == "always"
    ]
    joined = call("CONCAT_WS", call("CHR", exp.Literal.number(30)), *values) if values else text("")
    return call("UNHEX", call("MD5", joined))


def _text(line: Line, number: int) -> exp.Expression:
    return as_text(exp.column(f"c{number}"), line.type)


def snapshot(lines: Sequence[Line]) -> str:
    """JSON object of the compared values as canonical text, by key, over the columns of a lens called `w`."""
    parts: list[exp.Expression] = []
    for nr, line in enumerate(lines):
        if line.spec.on == "always":
            parts += [
                text(line.key),
                cast(as_text(exp.column(f"c{nr}", table="w"), line.type), named_type("TEXT")),
            ]
    return cast(call("JSON_OBJECT", *parts), named_type("TEXT")).sql(dialect="duckdb", copy=False)
