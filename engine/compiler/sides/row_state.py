"""Row state: what a lens says of a record beside its values: what was not shown, what holds it, what it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from engine.compiler.draft.draft import place
from engine.compiler.fields.behind import lost
from engine.compiler.fields.refers import blocked, linked, own_id, unlinked
from engine.compiler.fields.terms import column, parsed
from engine.compiler.sides.lens_parts import Cause
from engine.compiler.sides.only import takes_part
from engine.expr.build import all_of, any_of, call, case, cast, is_null, named_type, not_null, scale_of, text
from engine.expr.canonical import too_long, unwritable
from engine.expr.lattice import FAMILY
from engine.plan import Trouble
from engine.record import other

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.catalog import Field
    from engine.compiler.draft.parts import CompiledLine, Lookup, Parent
    from engine.compiler.fields.behind import Walked
    from engine.compiler.sides.lens_parts import LensParts
    from engine.record import Side


def absent(parts: LensParts) -> exp.Expression:
    """Canonical columns that are not known: the system did not show a field, or an id has no link yet."""
    turns = []
    for nr, line in parts.shown:
        reads = _hidden_if_absent(parts, line.reads.get(parts.side, ()))
        if reads and line.spec.on == "always":
            names = exp.Array(expressions=[text(name) for name in reads])
            turns.append((call("LIST_HAS_ANY", column("_absent"), names), text(f"c{nr}")))
    # What is left out is empty there, and then an `_absent` that names it says nothing.
    hidden = exp.Is(this=column("_absent"), expression=exp.null()) if turns else exp.true()
    open_ids = [
        (unlinked(lookup), text(f"c{nr}")) for nr, line, lookup in _asked(parts) if not _insists(line)
    ]
    open_ids += [(lost(one), text(f"c{nr}")) for nr, line in parts.shown for one in _behind(parts, line)]
    none_open = [exp.Not(this=condition.copy()) for condition, _ in open_ids]
    return _listed(all_of(hidden, *none_open), [*turns, *open_ids])


def _hidden_if_absent(parts: LensParts, names: Sequence[str]) -> tuple[str, ...]:
    """Of these fields those that may have a value although they are not shown."""
    if not parts.stream.empty_is_absent:
        return tuple(names)
    return tuple(name for name in names if parts.field(name).detail_only)


def compared_fields(parts: LensParts) -> tuple[str, ...]:
    """Fields that a comparison needs: whoever does not show one of them cannot be told to be in step.

    Where a field that is not shown is not there, and a line may write it, the other side's value fills it instead.
    """
    names = [
        name
        for _, line in parts.shown
        if line.spec.on == "always" and not (parts.stream.fillable and parts.side in line.targets)
        for name in _hidden_if_absent(parts, line.reads.get(parts.side, ()))
        if parts.walk(name) is None
    ]
    return tuple(dict.fromkeys(names))


def _behind(parts: LensParts, line: CompiledLine) -> list[Walked]:
    """What a line reads through references; each reference once."""
    if line.spec.on != "always":
        return []
    walked = [parts.walk(name) for name in line.reads.get(parts.side, ())]
    return list({one.found: one for one in walked if one is not None}.values())


def _insists(line: CompiledLine) -> bool:
    return line.spec.required or line.spec.on == "create"


def _asked(parts: LensParts) -> list[tuple[int, CompiledLine, Lookup]]:
    """The ids that this side has to say in the other side's terms."""
    side = parts.side
    return [(nr, line, line.lookups[side]) for nr, line in parts.sent if side in line.lookups]


def roots(parts: LensParts) -> exp.Expression:
    """`MODULE/SIDE/ID` of every record that this one refers to and that has no link yet; NULL if there is none.

    A record that is skipped because its parent has no link names it, too, or it would never be looked at again;
    one that the view leaves out waits for nothing.
    """
    waits = _orphaned(parts.parent) if parts.parent and parts.parent.rules else {}
    waits.update({lookup: unlinked(lookup) for _, _, lookup in _asked(parts)})
    waits.update({lookup: unlinked(lookup) for lookup in parts.key_lookups})
    waits.update({lookup: unlinked(lookup) for lookup in parts.looked if lookup.awaited})
    turns = [(open_, _root(one)) for one, open_ in waits.items()]
    none_open = all_of(*(exp.Not(this=open_.copy()) for open_ in waits.values())) if waits else exp.true()
    if parts.view is not None:
        none_open = any_of(exp.Not(this=exp.Paren(this=parts.view.copy())), none_open)
    return _listed(none_open, turns)


def _orphaned(parent: Parent) -> dict[Lookup, exp.Expression]:
    """When each of the parent's ids is waited for: it has no link, and no other module that may know it has one."""
    return {one: all_of(unlinked(one), is_null(_home(parent))) for one in parent.lookups}


def _root(lookup: Lookup) -> exp.Expression:
    return call("CONCAT", text(f"{lookup.keeper}/{lookup.side}/"), own_id(lookup))


def _listed(nothing: exp.Expression, turns: list[tuple[exp.Expression, exp.Expression]]) -> exp.Expression:
    """The texts whose condition holds, as a list; NULL where nothing is known to hold."""
    empty = cast(exp.null(), named_type("TEXT[]"))
    if not turns:
        return empty
    each = exp.Array(expressions=[case(turn) for turn in turns])
    return case((nothing, empty), default=call("LIST_FILTER", each, _not_null_lambda()))


def _not_null_lambda() -> exp.Expression:
    return exp.Lambda(
        this=exp.Not(this=exp.Is(this=exp.column("x"), expression=exp.null())),
        expressions=[exp.to_identifier("x")],
    )


def in_view(parts: LensParts) -> exp.Expression:
    """Whether the record takes part: the view lets it through, and so does the parent where it may skip records."""
    seen = parts.view.copy() if parts.view is not None else exp.true()
    if parts.own is not None:
        seen = all_of(exp.Paren(this=seen), exp.Paren(this=takes_part(parts.side, parts.own)))
    if parts.parent is None or not (parts.parent.rules and parts.parent.skips):
        return seen
    return all_of(exp.Paren(this=seen), exp.Not(this=_astray(parts.parent)))


def parent_id(parent: Parent, side: Side) -> exp.Expression:
    """The parent in the right side's ids; NULL where it is not known."""
    if side == "left":
        return _home(parent)
    return call("COALESCE", *(own_id(one) for one in _first_of_each(parent)), exp.null())


def _astray(parent: Parent) -> exp.Expression:
    """Whether the parent has no link, or there is none; never NULL. One that the system did not show may have one."""
    names = exp.Array(expressions=[text(one.field) for one in _first_of_each(parent)])
    hidden = call("COALESCE", call("LIST_HAS_ANY", column("_absent"), names), exp.false())
    return all_of(is_null(_home(parent)), exp.Not(this=hidden))


def _home(parent: Parent) -> exp.Expression:
    """What the first field with a value was found to be on the other side; NULL where that has no link."""
    return case(
        *(
            (
                not_null(own_id(first)),
                call(
                    "COALESCE",
                    *(linked(one) for one in parent.lookups if one.field == first.field),
                    exp.null(),
                ),
            )
            for first in _first_of_each(parent)
        )
    )


def _first_of_each(parent: Parent) -> list[Lookup]:
    """One lookup for each field; several modules may look for the same one."""
    return list({one.field: one for one in reversed(parent.lookups)}.values())[::-1]


def trouble(parts: LensParts) -> exp.Expression:
    """Index of the first reason why a record cannot be compared; NULL if there is none."""
    turns = [(not_null(column("_unreadable")), column("_unreadable"))]
    # What a person has to do comes before what the record waits for.
    turns += [
        (exp.Not(this=exp.Paren(this=condition.copy())), parts.trouble(one, Cause(fields=reads)))
        for condition, reads, one in parts.needs
    ]
    if parts.parent is not None and parts.parent.rules and not parts.parent.skips:
        above = Cause(fields=tuple(one.field for one in _first_of_each(parts.parent)))
        turns.append((_astray(parts.parent), parts.trouble(parts.parent.blocked, above)))
    turns += [_waits(parts, line, one) for _, line, one in _asked(parts) if _holds(parts, line, one)]
    for _, line in parts.shown:
        cause = Cause(fields=line.reads.get(parts.side, ()))
        turns += [(wrong.copy(), parts.trouble(one, cause)) for wrong, one in line.fails.get(parts.side, ())]
        turns += _misfits(parts, line)
    return case(*turns)


def _holds(parts: LensParts, line: CompiledLine, lookup: Lookup) -> bool:
    """Whether an id without a link holds the record; of its parent, `under` says what it does."""
    return line.spec.required and line.spec.on == "always" and lookup not in parts.parents


def _waits(parts: LensParts, line: CompiledLine, lookup: Lookup) -> tuple[exp.Expression, exp.Expression]:
    one = blocked(lookup, place(line.spec.span))
    return unlinked(lookup), parts.trouble(one, Cause(fields=(lookup.field,)))


def _misfits(parts: LensParts, line: CompiledLine) -> list[tuple[exp.Expression, exp.Expression]]:
    """A value that has no exact form in the field it goes to is held, not rounded."""
    target = line.targets.get(other(parts.side))
    if target is None or line.spec.values or line.spec.refers or line.puts:
        return []
    if FAMILY[target.type] == "text":
        return _too_long(parts, line, target)
    if target.type == line.type and scale_of(target.scale) == scale_of(line.scale):
        return []
    wrong = unwritable(line.get[parts.side], line.type, target)
    if wrong == exp.false():
        return []
    one = Trouble(
        code="does-not-fit",
        message=f"The value of `{line.text}` has no exact form in `{target.name}` ({target.type}).",
        remedy="Correct the value, or convert it in the mapping with `value:`.",
        place=place(line.spec.span),
    )
    return [(wrong, parts.trouble(one, _cause(parts, line, target)))]


def _cause(parts: LensParts, line: CompiledLine, target: Field) -> Cause:
    """What a line reads; of one that computes, what came of it, too."""
    reads = line.reads.get(parts.side, ())
    if _is_plain(line):
        return Cause(fields=reads)
    number = next(nr for nr, one in parts.shown if one is line)
    return Cause(fields=reads, results=((line.text, f"c{number}"),), sensitive=target.sensitive)


def _is_plain(line: CompiledLine) -> bool:
    return line.spec.left is not None and line.spec.right is not None


def _too_long(
    parts: LensParts, line: CompiledLine, target: Field
) -> list[tuple[exp.Expression, exp.Expression]]:
    """A text that the target is known to refuse or to cut is held, unless the mapping says to cut it."""
    if target.max_length is None or line.spec.cut:
        return []
    longest = _own_length(parts, line)
    if longest is not None and longest <= target.max_length and line.type in ("text", "enum", "id"):
        return []
    known = f", and `{line.reads[parts.side][0]}` {longest}" if longest is not None else ""
    one = Trouble(
        code="does-not-fit",
        message=f"`{target.name}` takes {target.max_length} characters{known}: `{line.text}` gives more here.",
        remedy="Shorten the value, or say `cut: true` in the line of the mapping.",
        place=place(line.spec.span),
    )
    wrong = too_long(line.get[parts.side], line.type, target.max_length)
    return [(wrong, parts.trouble(one, _cause(parts, line, target)))]


def _own_length(parts: LensParts, line: CompiledLine) -> int | None:
    """How long the value may be by its own catalog; None = as long as it likes, or computed."""
    reads = line.reads.get(parts.side, ())
    plain = _is_plain(line) and len(reads) == 1
    return parts.field(reads[0]).max_length if plain else None


def lacks(parts: LensParts) -> exp.Expression:
    """Index of the first value that a new record on the other side cannot do without, if it is missing."""
    turns = [
        (unlinked(one), parts.trouble(blocked(one, parts.key_place(one)), Cause(fields=(one.field,))))
        for one in (parts.key_lookups if parts.makes else ())
    ]
    for _, line in parts.shown if parts.makes else ():
        targets = line.writes(other(parts.side))
        target = next((one for one in targets if one.required or line.spec.required), None)
        if target is None:
            continue
        one = Trouble(
            code="missing-value",
            message=f"`{target.name}` must have a value, and `{line.text}` gives none.",
            remedy="Fill in the field; the record is then synced automatically.",
            place=place(line.spec.span),
        )
        if parts.side in line.lookups:
            turns.append(_waits(parts, line, line.lookups[parts.side]))
        empty = Cause(fields=line.reads.get(parts.side, ()))
        turns.append((is_null(line.get[parts.side]), parts.trouble(one, empty)))
    turns += [
        (
            exp.Not(this=exp.Paren(this=parsed(check.alone))),
            parts.trouble(check.trouble, Cause(fields=check.reads.get(parts.side, ()))),
        )
        for check in (parts.together if parts.makes else ())
    ]
    turns += [
        (exp.Not(this=exp.Paren(this=condition.copy())), parts.trouble(one, Cause(fields=reads)))
        for condition, reads, one in parts.enrol
    ]
    return case(*turns) if turns else cast(exp.null(), named_type("BIGINT"))
