"""Expected changes: what a pass over a module would do, as changes that a person can read and a file can keep."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import simplejson

from engine.reconcile import Missing
from engine.record import SIDES
from engine.run.decide.compare import rules
from engine.run.decide.named_as_foreseen import hash_as_foreseen, named
from engine.run.decide.newcomers import creates_sql
from engine.run.read.enrolled import placed
from engine.run.session.changes import Change, ChangedField, Sight
from engine.run.session.report import ChangeLine, FieldChange
from engine.run.session.write_columns import BASE, HASH, LABEL, SEEN, SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.plan import FieldPlan
    from engine.reconcile import FieldDecision, Seen
    from engine.record import Side
    from engine.run.session.pair import Decided, Pair, Shown
    from engine.run.session.sync_pass import SyncPass


def creates(sync: SyncPass, first: int, last: int) -> Iterator[Change]:
    """The records of `absent` between two places, as they would be made."""
    side, mine = sync.target.side, sync.source_side
    lines = {one.to: line for line, one in sync.module.making(side)}
    for row in sync.columns.table(creates_sql(sync, first, last, named=True)).to_pylist():
        yield Change(
            module=sync.module.name,
            kind="create",
            writes=(side,),
            left_id=row[SOURCE] if mine == "left" else None,
            right_id=row[SOURCE] if mine == "right" else None,
            linked=False,
            label=row[LABEL] or row[SOURCE],
            why=_cause(sync),
            seen={mine: Sight(hash=_hash(sync, row), version=row[SEEN])},
            fields=(
                *(
                    _made(sync, line, name, named(sync, line, shown(row[name]), side))
                    for name, line in lines.items()
                    if row[name] is not None
                ),
                *(_chosen(sync, name, row[name]) for name in placed(sync) if row[name] is not None),
            ),
        )


def _hash(sync: SyncPass, row: Mapping[str, Any]) -> str:
    return (
        hash_as_foreseen(sync, simplejson.loads(row[BASE]), row[HASH])
        if sync.shared.named
        else row[HASH].hex()
    )


def _cause(sync: SyncPass) -> str:
    """Why a record is made, in a few words."""
    trigger = sync.module.trigger
    if trigger is None:
        return "a person enrolled it" if sync.module.enrol else f"new in {sync.source.name}"
    return f"the condition became true: {trigger.becomes}" if trigger.becomes else "requested by a person"


def _made(sync: SyncPass, line: FieldPlan, name: str, value: str) -> ChangedField:
    return ChangedField(
        key=line.key,
        line=line.line,
        place=line.place,
        rule=sync.module.policy(line),
        why=_cause(sync),
        write=sync.target.side,
        to=name,
        values={},
        result=value,
    )


def _chosen(sync: SyncPass, name: str, value: str) -> ChangedField:
    """A field that a person has filled in who enrolled the record."""
    return ChangedField(
        key=name,
        line=f"enrol: {name}",
        place=sync.module.place,
        rule="enrol",
        why=_cause(sync),
        write=sync.target.side,
        to=name,
        values={},
        result=value,
    )


def shown(value: Any) -> str:
    """A value as a person compares it: decimals without the zeros that their column adds."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value).lower() if isinstance(value, bool) else str(value)


def pair_changes(sync: SyncPass, decided: Sequence[Decided]) -> list[Change | None]:
    """What becomes of each pair; None = nothing that a person would see."""
    policies = {
        met: {rule.key: rule.policy for rule in rules(sync, first_contact=met)} for met in (True, False)
    }
    return [_pair(sync, one, policies[_met(one)]) for one in decided]


def _met(one: Decided) -> bool:
    """Whether the pair was never in step."""
    return all(base is None for base in one.bases.values())


def _pair(sync: SyncPass, one: Decided, policies: Mapping[str, str]) -> Change | None:
    written = tuple(side for side in SIDES if one.writes(side))
    if not written and one.pair.link_id is not None:
        return None
    sides = _sides(sync, one.pair.mine, one.pair.its)
    lines = {line.key: line for line in sync.module.compared}
    moved = [line for line in one.decision.fields if line.write or line.conflict]
    return Change(
        module=sync.module.name,
        kind="update" if written else "link",
        writes=written,
        left_id=sides["left"].id,
        right_id=sides["right"].id,
        linked=one.pair.link_id is not None,
        label=one.pair.mine.label or one.pair.mine.id,
        why=_why(sync, one) if moved else "both sides are equal",
        seen={side: _sight(sync, record) for side, record in sides.items()},
        fields=tuple(_moved(sync, one, line, lines[line.key], sides, policies[line.key]) for line in moved),
    )


def _why(sync: SyncPass, one: Decided) -> str:
    return one.decision.why if sync.module.trigger is None else _cause(sync)


def _sides(sync: SyncPass, mine: Shown, its: Shown) -> dict[Side, Shown]:
    return {"left": mine, "right": its} if sync.source_side == "left" else {"left": its, "right": mine}


def _sight(sync: SyncPass, record: Shown) -> Sight:
    return Sight(hash=hash_as_foreseen(sync, record.texts, record.content), version=record.version)


def _moved(
    sync: SyncPass,
    one: Decided,
    decision: FieldDecision,
    line: FieldPlan,
    sides: Mapping[Side, Shown],
    rule: str,
) -> ChangedField:
    key = decision.key
    known: dict[str, Seen] = {}
    for side, record in sides.items():
        known[f"base_{side}"] = (one.bases.get(side) or {}).get(key, Missing.NO_BASE)
        known[side] = record.seen().get(key, Missing.UNKNOWN)
    return ChangedField(
        key=key,
        line=line.line,
        place=line.place,
        rule=rule,
        why=decision.why,
        write=decision.write,
        to=line.writes[decision.write].name if decision.write else None,
        values={
            name: named(sync, line, value) for name, value in known.items() if not isinstance(value, Missing)
        },
        result=named(sync, line, one.sent(decision.write)[key]) if decision.write else None,
    )


def delete_change(sync: SyncPass, pair: Pair) -> Change:
    """A counterpart that would be deleted, with all it holds."""
    side, mine = sync.target.side, sync.source_side
    ids = {mine: pair.mine.id, side: pair.other_id}
    why = f"deleted in {sync.source.name}" if sync.module.trigger is None else _cause(sync)
    fields = (
        ChangedField(
            key=line.key,
            line=line.line,
            place=line.place,
            rule="deletes: propagate" if sync.module.trigger is None else "trigger",
            why=why,
            write=side,
            to=line.writes[side].name if side in line.writes else None,
            values={side: pair.its.texts[line.key]},
            result=None,
        )
        for line in sync.module.compared
        if pair.its.texts.get(line.key) is not None
    )
    return Change(
        module=sync.module.name,
        kind="delete",
        writes=(side,),
        left_id=ids["left"],
        right_id=ids["right"],
        linked=pair.link_id is not None,
        label=pair.its.label or pair.other_id,
        why=why,
        seen={side: _sight(sync, pair.its)},
        fields=tuple(fields),
    )


def lines_of(change: Change) -> list[ChangeLine]:
    """The change as a person reads it: one line a written side."""
    return [
        ChangeLine(
            module=change.module,
            side=side,
            kind=change.kind if change.kind != "link" else "update",
            id=change.left_id if side == "left" else change.right_id,
            label=change.label,
            why=change.why,
            fields=tuple(
                FieldChange(field=one.to or one.key, before=one.values.get(side), after=one.result)
                for one in change.fields
                if one.write == side and change.kind != "delete"
            ),
        )
        for side in change.writes
    ]
