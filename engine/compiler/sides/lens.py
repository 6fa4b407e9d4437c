"""Lens: the SELECT that turns a staged page of one side into canonical columns. Built with sqlglot, printed as text.

From the inside out: `typed` reads each field as its catalog type; `canon` computes what the mapping compares and
what keys, view and checks say; the outermost adds the hash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from engine.catalog import Field
from engine.compiler.fields.behind import columns as behind
from engine.compiler.fields.refers import found_id, own_id
from engine.compiler.fields.terms import column
from engine.compiler.sides.lens_parts import BROKEN, Cause, LensParts
from engine.compiler.sides.offending import cause_columns, offending, raw_columns
from engine.compiler.sides.row_state import absent, in_view, lacks, parent_id, roots, trouble
from engine.expr.build import WHOLE_DIGITS, call, case, cast, literal, named_type, not_null, scale_of, text
from engine.expr.canonical import compared, match_key, read, unreadable
from engine.plan import Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.compiler.draft.parts import CompiledKey, CompiledLine, KeyPart, Lookup

# sqlglot copies whatever it is given, trees and all; here each part is made for one place, so it need not.


def named(value: exp.Expression, name: str, *, quoted: bool | None = None) -> exp.Expression:
    """`value AS name`; the value becomes a part of it."""
    return exp.Alias(this=value, alias=exp.to_identifier(name, quoted=quoted))


def select(*columns: str | exp.Expr, source: str | exp.Expr) -> exp.Select:
    """`SELECT columns FROM source`; the columns and the source become parts of it."""
    return exp.Select().select(*columns, copy=False).from_(source, copy=False)


def lens(parts: LensParts) -> str:
    """The whole SELECT; see `SidePlan.lens` for its columns."""
    shown, causes, typed = _canon(parts)
    kept = [exp.column(exp.to_identifier(one.alias, quoted=True)) for one in shown]
    hashed = named(_hash(parts), "hash")
    held_for = named(offending(parts, [one.alias for one in causes]), "offending")
    canon = select(*shown, *causes, source=typed.subquery("typed", copy=False))
    whole = select(*kept, hashed, held_for, source=canon.subquery("canon", copy=False))
    return whole.sql(dialect="duckdb", copy=False)


def key_lens(parts: LensParts) -> str:
    """The SELECT for recognising records: id, version, moment, keys, and whether the view lets them through."""
    lookups = tuple(dict.fromkeys([*parts.parents, *parts.key_lookups]))
    typed = _looked_up(_typed(parts, parts.key_reads, slow=False), lookups)
    seen = named(parts.view.copy() if parts.view is not None else exp.true(), "in_view")
    chosen = select(*_identity(parts), seen, *_keys(parts), source=typed.subquery("typed", copy=False))
    return chosen.sql(dialect="duckdb", copy=False)


def clock(parts: LensParts) -> str:
    """The SELECT for the server's time alone: id, version and moment of every record."""
    return select(*_identity(parts), source="page").sql(dialect="duckdb", copy=False)


def _typed(parts: LensParts, names: Sequence[str], *, slow: bool) -> exp.Select:
    """Each field as its catalog type, and the first one that cannot be read."""
    empty = parts.stream.empty_is_null
    columns: list[exp.Expr] = [
        named(
            read(column(name), parts.field(name), empty_is_null=empty, physical="VARCHAR"), name, quoted=True
        )
        for name in names
    ]
    columns += [column(_folded(name)) for name in parts.folded]
    columns += [column(one) for one in ("_id", "_version", "_absent", "_broken")]
    columns += [named(value.copy(), slot, quoted=True) for slot, value in sorted(parts.slots.items())]
    if slow:
        slows = [line.slow[parts.side].column for line in parts.lines if parts.side in line.slow]
        columns += [column(name) for one in slows for name in (one, f"{one}!")]
        columns.append(named(_unreadable(parts, names), "_unreadable", quoted=True))
        columns += raw_columns(parts)
    return select(*columns, source="page")


def _walked(parts: LensParts, typed: exp.Select) -> exp.Select:
    """With a column for each field that is read through a reference."""
    walks = list(parts.walks.values())
    if not walks:
        return typed
    return select("*", *behind(walks, parts.side), source=typed.subquery("typed", copy=False))


def _looked_up(typed: exp.Select, lookups: Sequence[Lookup]) -> exp.Select:
    """With a column for each id that is looked up; every lookup is made once, however often its answer is used."""
    if not lookups:
        return typed
    found = [named(found_id(one, own_id(one, "typed")), one.column, quoted=True) for one in lookups]
    return select("*", *found, source=typed.subquery("typed", copy=False))


def _unreadable(parts: LensParts, names: Sequence[str]) -> exp.Expression:
    turns = [(not_null(column("_broken")), parts.trouble(BROKEN, Cause(fields=("_broken",))))]
    for name in names:
        one = parts.field(name)
        wrong = unreadable(column(name), one, empty_is_null=parts.stream.empty_is_null, physical="VARCHAR")
        if wrong != exp.false():
            turns.append((wrong, parts.trouble(_cannot_read(parts, one), Cause(fields=(name,)))))
    return case(*turns)


def _cannot_read(parts: LensParts, one: Field) -> Trouble:
    digits = f"a number of at most {WHOLE_DIGITS} digits before the point and {scale_of(one.scale)} after it"
    words = {
        "money": "an amount of money",
        "decimal": digits,
        "instant": "a moment with its zone",
        "date": "a calendar day",
    }
    return Trouble(
        code="unreadable",
        message=f"`{parts.stream.name}.{one.name}` cannot be read as {words.get(one.type, f'type {one.type}')}.",
        remedy="Correct the value in its own system, or the field's type in the catalog.",
        place=None,
    )


def _label(parts: LensParts) -> exp.Expression:
    """What a person recognises the record by."""
    open_ = [name for name in parts.label if not parts.field(name).sensitive]
    texts = [cast(column(name), named_type("TEXT")) for name in open_ or ("_id",)]
    if len(texts) == 1:
        return texts[0]
    return call("COALESCE", *(call("NULLIF", one, literal("", "text")) for one in texts))


def _canon(parts: LensParts) -> tuple[list[exp.Expr], list[exp.Expr], exp.Select]:
    """(the columns that the lens answers, what its `offending` looks at besides, and where both stand)."""
    columns = [
        *_identity(parts),
        named(absent(parts), "absent"),
        named(trouble(parts), "trouble"),
        named(lacks(parts), "lacks"),
        named(roots(parts), "roots"),
        named(in_view(parts), "in_view"),
        named(_label(parts), "label"),
        *_keys(parts),
        *(named(line.get[parts.side].copy(), f"c{nr}") for nr, line in parts.shown),
        *(named(column(name), f"field {name}", quoted=True) for name in parts.beside),
    ]
    typed = _walked(parts, _typed(parts, parts.reads, slow=True))
    typed = _looked_up(typed, parts.lookups)
    return columns, cause_columns(parts), typed


def _identity(parts: LensParts) -> list[exp.Expr]:
    version = parts.stream.modified
    known = parts.stream.fields.get(version) if version else None
    # The field's own type decides what is later: moments by time, other values as they sort.
    clock = Field(name="_version", type=known.type, zone=known.zone) if known else Field(name="", type="text")
    moment = read(column("_version"), clock, empty_is_null=True) if version else exp.null()
    return [
        named(column("_id"), "id"),
        named(column("_version"), "version"),
        named(moment, "moment"),
    ]


def _keys(parts: LensParts) -> list[exp.Expr]:
    """One text per key; null where any of its fields is empty, because an empty key recognises nobody.

    What lives below another record is recognised below the same one only, so its key begins with the parent. Of a
    key that is met by `~` a second column says what `=` would compare.
    """
    columns: list[exp.Expr] = [named(_key(parts, key), f"k{index}") for index, key in enumerate(parts.keys)]
    columns += [
        named(_joined([_part(parts, one, alike=False) for one in key.parts]), f"e{index}")
        for index, key in enumerate(parts.keys)
        if key.plan.alike
    ]
    return columns


def _folded(name: str) -> str:
    return f"folded␟{name}"


def _key(parts: LensParts, key: CompiledKey) -> exp.Expression:
    each = [parent_id(parts.parent, parts.side)] if parts.parent else []
    return _joined([*each, *(_part(parts, one, alike=one.alike) for one in key.parts)])


def _part(parts: LensParts, one: KeyPart, *, alike: bool) -> exp.Expression:
    if alike and one.folded:
        return match_key(column(_folded(one.names[parts.side])), one.type, alike=True)
    value = one.get[parts.side].copy()
    return match_key(value, one.type, alike=alike, caseless=one.caseless)


def _joined(each: Sequence[exp.Expression]) -> exp.Expression:
    joined = each[0]
    for one in each[1:]:
        joined = exp.DPipe(this=exp.DPipe(this=joined, expression=text("\x1f")), expression=one)
    return joined


def _hash(parts: LensParts) -> exp.Expression:
    """16 bytes over the compared values as text; equal values, equal bytes. Of a trigger, over all that it shows."""
    values = [
        call("COALESCE", cast(_text(line, nr), named_type("TEXT")), call("CHR", exp.Literal.number(0)))
        for nr, line in parts.shown
        if line.spec.on == "always" or parts.once
    ]
    if parts.once:
        values.insert(0, call("COALESCE", column("version"), text("")))
    joined = call("CONCAT_WS", call("CHR", exp.Literal.number(30)), *values) if values else text("")
    return call("UNHEX", call("MD5", joined))


def _text(line: CompiledLine, number: int) -> exp.Expression:
    return compared(exp.column(f"c{number}"), line.type, caseless=line.caseless)


def snapshot(lines: Sequence[CompiledLine], telling: Sequence[int] = ()) -> str:
    """JSON object of the values as the text that is compared, by key, over the columns of a lens called `w`.

    `telling`: lines that are in it although they are only written when a record is made.
    """
    parts: list[exp.Expression] = []
    for nr, line in enumerate(lines):
        if line.spec.on == "always" or nr in telling:
            words = compared(exp.column(f"c{nr}", table="w"), line.type, caseless=line.caseless)
            parts += [text(line.key), cast(words, named_type("TEXT"))]
    return cast(call("JSON_OBJECT", *parts), named_type("TEXT")).sql(dialect="duckdb", copy=False)
