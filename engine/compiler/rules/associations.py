"""Associations: checked against the catalogs, and compiled to what reads both ends and tells which go together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlglot import exp

from engine.catalog import Field
from engine.compiler.bind.choices import holds
from engine.compiler.bind.keeper import keeper_of, side_of
from engine.compiler.draft.draft import Draft, place
from engine.compiler.draft.label import label_of
from engine.compiler.draft.names import end_of, resolve
from engine.compiler.fields.terms import cast_to, column, parsed
from engine.expr.build import cast, named_type
from engine.expr.canonical import read
from engine.expr.error import ExprError
from engine.expr.lattice import FAMILY
from engine.expr.scope import FieldScope, ManyScope
from engine.expr.sql import Expr, compile_condition
from engine.plan import AssociationPlan, AttachedPlan, AttachPlan, Reference
from engine.record import SIDES, Side, other
from engine.spec.diagnostic import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.catalog import Stream
    from engine.compiler.draft.parts import Checked, End
    from engine.expr.scope import Call
    from engine.spec.model import Association, StreamRef

TODAY = "CAST(getvariable('today') AS DATE)"


def compile_associations(draft: Draft, standing: Mapping[str, Checked]) -> tuple[AssociationPlan, ...]:
    """Those that stand for the choices made, and what triggers put together; all are checked."""
    plans = []
    for one in draft.spec.associations.values():
        part = draft.part()
        plan, stands = _association(part, one), holds(part, one.only_if)
        draft.findings.take(part.findings, stands=plan is not None and stands)
        if plan is not None and stands:
            plans.append(plan)
    return (*plans, *(_of_trigger(draft, one) for one in standing.values() if _associates(one)))


def _associates(checked: Checked) -> bool:
    return (
        checked.trigger is not None and checked.trigger.associate != "no" and checked.trigger.act == "create"
    )


def _of_trigger(draft: Draft, checked: Checked) -> AssociationPlan:
    """What a trigger puts together by making one record of the other: how the two are recognised."""
    left, right = (_attached(draft, checked.ends[side], (), None, None) for side in SIDES)
    return AssociationPlan(
        name=checked.module.name,
        left=left,
        to=(AttachPlan(right=right, condition="FALSE", references=(), shows=None),),
        when=None,
        offer=None,
        place=place(checked.module.span),
        by_trigger=True,
    )


def _association(draft: Draft, one: Association) -> AssociationPlan | None:
    left = end_of(draft, one.of, "left")
    rights = [end for end in (end_of(draft, ref, "right") for ref in one.to) if end is not None]
    if left is None or not rights:
        return None
    offer = _condition(draft, one.offer, draft.scope(left.ref, left.stream), one) if one.offer else None
    attached = [_attach(draft, one, left, right) for right in rights]
    names = {name for names, _ in attached for name in names}
    shown = _shows(draft, one, "left", left)
    return AssociationPlan(
        name=one.name,
        left=_attached(draft, left, names, offer, shown),
        to=tuple(plan for _, plan in attached),
        when=_words(one.when),
        offer=_words(one.offer),
        place=place(one.span),
    )


def _words(text: Text | None) -> str | None:
    return " ".join(text.value.split()) if text is not None else None


def _condition(draft: Draft, text: Text, scope: object, one: Association) -> Expr | None:
    """A condition over what the records show themselves; None after a finding, or where it asks for more."""
    try:
        expr = compile_condition(text.value, scope)  # type: ignore[arg-type] # one of two kinds of scope
    except ExprError as error:
        draft.findings.expression(error, text)
        return None
    if expr.via:
        what = f"association `{one.name}`: a condition that looks behind references"
        draft.findings.not_yet(what, text.span)
        return None
    return expr


def _attach(draft: Draft, one: Association, left: End, right: End) -> tuple[tuple[str, ...], AttachPlan]:
    """(the left fields that it looks at, how records of this stream take others)."""
    ends: dict[Side, End] = {"left": left, "right": right}
    scopes: dict[str, FieldScope] = {
        side: replace(draft.scope(end.ref, end.stream, "linked"), prefix=f"{side}.")
        for side, end in ends.items()
    }
    scope = ManyScope(scopes=scopes, options=draft.options, functions=frozenset({"today", "linked"}))
    expr = _condition(draft, one.when, scope, one) if one.when else None
    looks = [_look(draft, call, one, ends) for call in (expr.calls if expr else ()) if call.name != "today"]
    answers = {look.slot: look for look in looks if look is not None}
    names = {side: _names(expr, looks, f"{side}.") for side in SIDES}
    shown = _shows(draft, one, "right", right)
    plan = AttachPlan(
        right=_attached(draft, right, names["right"], None, shown),
        condition=_replaced(expr.sql, answers) if expr else "TRUE",
        references=tuple({look.table: look.reference for look in answers.values()}.values()),
        shows=shown,
    )
    return names["left"], plan


def _names(expr: Expr | None, looks: Sequence[Look | None], start: str) -> tuple[str, ...]:
    """Fields of a side that the condition and its calls look at."""
    read_ = [*(expr.reads if expr else ()), *(name for look in looks if look for name in look.ids.values())]
    return tuple(dict.fromkeys(name.removeprefix(start) for name in read_ if name.startswith(start)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A call of `linked`: which columns hold ids of which side of whose links."""

    slot: str
    reference: Reference
    ids: dict[Side, str]  #: column by the side of those links
    types: dict[Side, Field]

    @property
    def table(self) -> str:
        """Where the links stand."""
        return self.reference.table


def _look(draft: Draft, call: Call, one: Association, ends: dict[Side, End]) -> Look | None:
    """What a call asks; None after a finding."""
    name, *columns = call.args
    if one.when is None or name is None or not columns or columns[0] is None:
        return None
    keeper = keeper_of(draft, name, one.when)
    first, field = _field(ends, columns[0])
    found = side_of(keeper, draft, first.ref, field.refers or _own(first, field)) if keeper else None
    if keeper is None or found is None:
        if keeper is not None:
            message = (
                f"`{keeper.name}` has no links of `{first.ref.system}` records such as `{columns[0]}` names."
            )
            draft.findings.add("reference-does-not-fit", message, one.when.span)
        return None
    ids: dict[Side, str] = {found: columns[0]}
    types: dict[Side, Field] = {found: field}
    if columns[1:] and columns[1] is not None:
        ids[other(found)], types[other(found)] = columns[1], _field(ends, columns[1])[1]
    table = f"links of {keeper.name}"
    reference = Reference(module=keeper.rule.name, table=table, integration=keeper.integration)
    return Look(slot=call.slot, reference=reference, ids=ids, types=types)


def _field(ends: dict[Side, End], name: str) -> tuple[End, Field]:
    side: Side = "left" if name.startswith("left.") else "right"
    plain = name.removeprefix(f"{side}.")
    return ends[side], ends[side].stream.fields.get(plain) or Field(name=plain, type="unknown")


def _own(end: End, field: Field) -> str | None:
    return end.stream.name if field.name == end.stream.id else None


def _replaced(sql: str, looks: dict[str, Look]) -> str:
    """The SQL with each call as a look into the table of links."""

    def answer(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name in looks:
            return _exists(looks[node.name])
        return node

    return parsed(sql).transform(answer).sql(dialect="duckdb").replace('"_today"', TODAY)


def _exists(look: Look) -> exp.Expression:
    """Whether a link has these ids; one that is empty is in no link."""
    links = exp.Table(
        this=exp.to_identifier(look.table, quoted=True), alias=exp.TableAlias(this=exp.to_identifier("k"))
    )
    found = exp.Select().select("1").from_(links)
    for side, name in look.ids.items():
        own = cast_to(column(name), look.types[side].type, "id", None)
        found = found.where(exp.EQ(this=exp.column(f"{side}_id", table="k"), expression=own))
    return exp.Exists(this=found)


def _shows(draft: Draft, one: Association, side: Side, end: End) -> str | None:
    """The field of a side that `shows` names: left, whose value is written; right, where to. None after a finding."""
    if one.shows is None:
        return None
    written, arrow, target = one.shows.value.partition("->")
    name = Text(value=(written if side == "left" else target).strip(), span=one.shows.span)
    found = resolve(draft, draft.scope(end.ref, end.stream), name) if arrow else None
    if found is not None and side == "right" and not (found.writable and end.stream.can.update):
        message = f"`{found.name}` of `{end.ref.system}.{end.stream.name}` is read-only, so nothing can be shown there."
        draft.findings.add("read-only", message, one.shows.span)
    if found is not None and FAMILY[found.type] != "text":
        message = f"`{found.name}` is a {found.type}; what is shown is a text or an id."
        draft.findings.add("type-mismatch", message, one.shows.span)
    return found.name if found is not None else None


def _attached(
    draft: Draft, end: End, names: Iterable[str], offer: Expr | None, shown: str | None
) -> AttachedPlan:
    label = _label(draft, end.ref, end.stream)
    also = [*(offer.reads if offer else ()), *([label] if label else []), *([shown] if shown else [])]
    listed = tuple(sorted({*names, *also}))
    return AttachedPlan(
        system=end.ref.system,
        stream=end.stream.name,
        id_field=end.stream.id,
        version_field=end.stream.modified,
        reads=listed,
        shown=shown,
        lens=_lens(end, listed, label, offer.sql.replace('"_today"', TODAY) if offer else "TRUE", shown),
    )


def _lens(end: End, names: Sequence[str], label: str | None, offer: str, shown: str | None) -> str:
    typed = [_as(_read(end, name), name) for name in names]
    rows = exp.Select().select("_id", "_version", *typed).from_("page").subquery("typed")
    prefixed = [_as(column(name), f"{end.side}.{name}") for name in names]
    words = [
        _as(cast(column(name) if name else exp.null(), named_type("TEXT")), said)
        for said, name in (("label", label), ("shown", shown))
    ]
    offered = _as(exp.Paren(this=parsed(offer)), "offered")
    return (
        exp.Select().select("_id", "_version", *words, offered, *prefixed).from_(rows).sql(dialect="duckdb")
    )


def _read(end: End, name: str) -> exp.Expression:
    field = end.stream.fields.get(name) or Field(name=name, type="unknown")
    return read(column(name), field, empty_is_null=end.stream.empty_is_null, physical="VARCHAR")


def _as(value: exp.Expression, name: str) -> exp.Expression:
    return exp.Alias(this=value, alias=exp.to_identifier(name, quoted=True))


def _label(draft: Draft, ref: StreamRef, stream: Stream) -> str | None:
    """How a person recognises a record."""
    matched = (
        (module.match[0].pairs[0].left if side == "left" else module.match[0].pairs[0].right).value
        for module in draft.spec.modules.values()
        for side, end in zip(SIDES, (module.left, module.right), strict=True)
        if (end.system, end.stream) == (ref.system, ref.stream) and module.match
    )
    return next(iter(label_of(stream, matched=next(matched, None))), None)
