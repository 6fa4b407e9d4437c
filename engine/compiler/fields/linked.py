"""Linked: conditions that ask for links, and for what stands behind a reference, as columns of a lens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from engine.compiler.bind.keeper import Keeper, keeper_of, side_of
from engine.compiler.draft.parts import Lookup
from engine.compiler.fields.behind import field_of
from engine.compiler.fields.refers import own_id
from engine.compiler.fields.terms import column, parsed
from engine.expr.build import all_of, case, is_null, not_null
from engine.expr.build import text as words
from engine.record import Side, other

if TYPE_CHECKING:
    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import End
    from engine.expr.scope import Call
    from engine.expr.sql import Expr
    from engine.spec.diagnostic import Text
    from engine.spec.model import Module, StreamRef, Trigger

#: `linked('MODULE', FIELD)`
_ARGUMENTS = 2

#: What stands in the SQL in the place of a call, and the links that it looks at.
CallSql = tuple[exp.Expr, tuple[Lookup, ...]]


def with_links(
    draft: Draft, expr: Expr, text: Text, ref: StreamRef, what: str, own: Module | Trigger | None = None
) -> tuple[str, tuple[Lookup, ...]] | None:
    """The expression as SQL over the lens, and the links that it looks at; `own` keeps the links of the records.

    None where it asks what cannot be answered, which is a finding or noted: `what` says whose it is.
    """
    answers = {call.slot: _answer(draft, call, text, ref, own) for call in expr.calls if call.name != "today"}
    if None in answers.values() or walks_far(draft, expr.via, ref):
        if not draft.findings.wrong:
            message = f"{what}: a condition that looks at other records"
            draft.findings.not_yet(message, text.span)
        return None
    known = {slot: answer for slot, answer in answers.items() if answer is not None}
    looked = [lookup for _, several in known.values() for lookup in several]
    return _replaced(expr.sql, known), tuple(dict.fromkeys(looked))


def walks_far(draft: Draft, via: tuple[str, ...], ref: StreamRef) -> bool:
    """Whether a path goes through more than one reference."""
    stream = draft.stream(ref)
    return any(stream is None or step not in stream.fields for step in via)


def _replaced(sql: str, answers: dict[str, CallSql]) -> str:
    """The SQL with each call as a look at the columns that hold what was found."""

    def answer(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name in answers:
            return exp.Paren(this=answers[node.name][0].copy())
        return node

    return parsed(sql).transform(answer).sql(dialect="duckdb") if answers else sql


def _answer(
    draft: Draft, call: Call, text: Text, ref: StreamRef, own: Module | Trigger | None
) -> CallSql | None:
    """What a call means; None = not answered here, or a finding says why."""
    if call.name == "origin" or not call.args:
        return _of_itself(draft, call, ref, own)
    if call.name != "linked" or call.args[0] is None or call.args[1] is None:
        return None
    keeper = keeper_of(draft, call.args[0], text)
    first = _lookup(draft, keeper, call.args[1], text, ref) if keeper else None
    if keeper is None or first is None:
        return None
    across = call.args[2] if len(call.args) > _ARGUMENTS else None
    if across is None:
        return not_null(column(first.column)), (first,)
    second = _across(draft, first, across, ref)
    same = exp.EQ(this=column(first.column), expression=own_id(second))
    return all_of(not_null(column(first.column)), not_null(own_id(second)), same), (first, second)


def _of_itself(draft: Draft, call: Call, ref: StreamRef, own: Module | Trigger | None) -> CallSql | None:
    """`linked()` and `origin()`: the record's own link, in the module that it is looked at for."""
    stream = draft.stream(ref)
    keeper = keeper_of(draft, own.name, None) if own is not None else None
    side = side_of(keeper, draft, ref, stream.name if stream else None) if keeper else None
    if keeper is None or side is None or stream is None or not stream.id:
        return None
    field = stream.fields.get(stream.id)
    mine = Lookup(
        field=stream.id,
        type=field.type if field else "unknown",
        module=keeper.rule.name,
        side=side,
        awaited=False,
    )
    if call.name == "linked":
        return not_null(column(mine.column)), (mine,)
    return _origin(keeper, mine, side)


def _origin(keeper: Keeper, mine: Lookup, side: Side) -> CallSql:
    """The system whose record came first: where a run made one of the two, the other; alone, it is its own.

    Of two that were there before and were paired nobody knows: that is null.
    """
    made = Lookup(
        field=mine.field, type=mine.type, module=mine.module, side=side, gives="made", awaited=False
    )
    here, there = (keeper.ends[one].system for one in (side, other(side)))
    came = case(
        (is_null(column(mine.column)), words(here)),
        (exp.EQ(this=column(made.column), expression=words(side)), words(there)),
        (exp.EQ(this=column(made.column), expression=words(other(side))), words(here)),
    )
    return came, (mine, made)


def _lookup(draft: Draft, keeper: Keeper, name: str, text: Text, ref: StreamRef) -> Lookup | None:
    """The field looked up in the links of a module; None after a finding."""
    field = field_of(draft, ref, name)
    stream = draft.stream(ref)
    own = stream.name if stream is not None and name == stream.id else None
    side = side_of(keeper, draft, ref, field.refers or own)
    if side is None:
        message = f"`{keeper.name}` has no links of `{ref.system}` records such as `{name}` names."
        draft.findings.add("reference-does-not-fit", message, text.span)
        return None
    return Lookup(
        field=name, type=field.type, module=keeper.rule.name, side=side, integration=keeper.integration
    )


def _across(draft: Draft, first: Lookup, name: str, ref: StreamRef) -> Lookup:
    """The field that holds an id of the other side of the same links."""
    return Lookup(
        field=name,
        type=field_of(draft, ref, name).type,
        module=first.module,
        side=other(first.side),
        integration=first.integration,
    )


def end_lookup(end: End, module: str, side: Side, *, awaited: bool = True) -> Lookup:
    """The records of an end themselves, looked up in the links of a module."""
    field = end.stream.fields.get(end.stream.id)
    return Lookup(
        field=end.stream.id,
        type=field.type if field else "unknown",
        module=module,
        side=side,
        awaited=awaited,
    )
