"""Guard: find the changes that a module's guards refuse, from what the written records would become."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.expr.error import ExprError
from engine.guard import Refusal, notice_key, refused_keys, without
from engine.ledger import Settlement
from engine.ledger.model import Notice
from engine.plan import Trouble
from engine.record import other
from engine.run.compare import portions
from engine.run.held import hold
from engine.run.push import creates_sql
from engine.run.slow import compile_slow
from engine.run.walk import begin, walk_on
from engine.run.write import batch_size, tell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.ledger import HeldRow
    from engine.plan import GuardPlan
    from engine.record import Side
    from engine.run.compare import Decided, Shown
    from engine.run.work import Pen, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """One record that a guard holds, and what is told of it once."""

    held: HeldRow | None  #: None = its value is put back, so nothing stays different
    notice: Notice


def guarded(work: Work, decided: Sequence[Decided]) -> list[Decided]:
    """The decisions without what guards refuse; whatever else is written may still make another guard refuse."""
    found = list(decided)
    again = range(len(found)) if work.module.guards else range(0)
    while again:
        hit: dict[int, None] = {}
        for guard in work.module.guards:
            for number, sentence in _refused(work, guard, found, again):
                found[number] = _without(work, found[number], guard, sentence)
                hit[number] = None
        again = tuple(hit)  # type: ignore[assignment]  # places in `found`, as before
    return found


def _refused(
    work: Work, guard: GuardPlan, decided: Sequence[Decided], places: Sequence[int]
) -> list[tuple[int, str]]:
    """(place, sentence) of the pairs whose decision a guard does not let through as it is."""
    by_table: dict[str, list[int]] = {}
    for number in places:
        writes = decided[number].writes(guard.side)
        if writes and (guard.whole or set(writes) & set(guard.keys)):
            by_table.setdefault(decided[number].pair.values, []).append(number)
    found: list[tuple[int, str]] = []
    for values, numbers in by_table.items():
        sent, shown = (values, "fresh") if guard.side == work.target.side else ("fresh", values)
        work.columns.show("judged", _judged(work, guard, decided, numbers))
        _become(work, guard, f"SELECT {', '.join(guard.becoming)}, n.nr AS _nr FROM ({_sent(work, guard, sent)}) AS n "
                f"JOIN {shown} AS o ON o.id = n._other")  # fmt: skip
        work.columns.hide("judged")
        found += [(int(row["_nr"]), sentence) for row, sentence in _hits(work, guard)]
    return found


def _judged(work: Work, guard: GuardPlan, decided: Sequence[Decided], numbers: Sequence[int]) -> pa.Table:
    """The pairs in question: where the values stand that are sent, and what of them is."""
    forth = guard.side == work.target.side
    ids = [(decided[nr].pair.mine.id, decided[nr].pair.other_id) for nr in numbers]
    return pa.table(
        {
            "nr": pa.array(numbers, pa.int64()),
            "_from": pa.array([one[0] if forth else one[1] for one in ids], pa.string()),
            "_other": pa.array([one[1] if forth else one[0] for one in ids], pa.string()),
            "keys": pa.array([list(decided[nr].writes(guard.side)) for nr in numbers], pa.list_(pa.string())),
        }
    )


def _sent(work: Work, guard: GuardPlan, values: str) -> str:
    """What is sent to each record, a column per key."""
    lines = [line for line in work.module.compared if guard.side in line.writes]
    columns = "".join(f', {line.writes[guard.side].sql} AS "{line.key}"' for line in lines)
    return f"SELECT j.nr, j._other, j.keys{columns} FROM judged AS j JOIN {values} AS w ON w.id = j._from"


def _become(work: Work, guard: GuardPlan, sql: str) -> None:
    """The table `becoming`, and beside it the records that it refers to, read just now."""
    work.columns.drop("becoming")
    work.columns.add("becoming", sql)
    begin(work, guard.walks)
    for one in guard.walks:
        ids = f'SELECT DISTINCT CAST("{one.by}" AS VARCHAR) AS "{one.by}" FROM becoming'
        walk_on(work, work.module.side(guard.side), (one,), work.columns.table(ids))


def _hits(work: Work, guard: GuardPlan) -> list[tuple[dict[str, Any], str]]:
    """The rows of `becoming` that are refused, with the sentence that says why."""
    shows = "".join(f', CAST("{column}" AS VARCHAR) AS "{name}"' for name, column in guard.shows)
    behind = "".join(f", {one}" for one in guard.behind)
    rows = work.columns.table(
        f"SELECT _nr{shows} FROM (SELECT *{behind} FROM becoming AS typed) WHERE {guard.condition} ORDER BY _nr"
    ).to_pylist()
    work.columns.drop("becoming")
    return [(row, _sentence(guard, row)) for row in rows]


def _sentence(guard: GuardPlan, row: Mapping[str, Any]) -> str:
    said = compile_slow([guard.sentence])["text"](row) if guard.sentence else None
    fallback = f"Guard `{guard.name}` does not let this change through."
    return fallback if said is None or isinstance(said, ExprError) else str(said).strip()


def _without(work: Work, one: Decided, guard: GuardPlan, sentence: str) -> Decided:
    """A decision less what a guard refuses of it. What was refused before is not put back a second time."""
    groups = {line.key: line.group for line in work.module.compared if line.group}
    keys = refused_keys(one.decision, guard.side, () if guard.whole else guard.keys, groups)
    sent, before = one.sent(guard.side), {key for refusal in one.refusals for key in refusal.keys}
    refusal = Refusal(
        guard=guard.name,
        side=guard.side,
        keys=keys,
        values={key: sent[key] for key in keys},
        sentence=sentence,
        restored=guard.restores and not before & set(keys),
    )
    kept = _shown(work, one, guard.side).seen()
    decision = without(one.decision, refusal, one.bases, kept)
    return replace(one, decision=decision, refusals=(*one.refusals, refusal))


def _shown(work: Work, one: Decided, side: Side) -> Shown:
    return one.pair.mine if side == work.source_side else one.pair.its


def refusals(work: Work, decided: Sequence[Decided]) -> list[Refused]:
    """What guards hold of these pairs, and what is told of it."""
    plans = {guard.name: guard for guard in work.module.guards}
    return [_refusal(work, one, refusal, plans[refusal.guard]) for one in decided for refusal in one.refusals]


def _refusal(work: Work, one: Decided, refusal: Refusal, guard: GuardPlan) -> Refused:
    """The record whose change is refused: that of the other side."""
    changed = other(guard.side)
    record = _shown(work, one, changed)
    bases = one.bases.get(guard.side) or {}
    since = [bases.get(key) for key in refusal.keys]
    since += [record.version] if refusal.restored else []  # put back, it may be tried again
    lines = {line.key: line for line in work.module.compared}
    words = ", ".join(
        f"`{lines[key].line}` would bring {_quoted(refusal.values[key])}" for key in refusal.keys
    )
    subject = Subject(side=changed, id=record.id, label=record.label, content=record.content)
    return _told(work, guard, subject, refusal, words, since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The record whose change is refused."""

    side: Side
    id: str
    label: str | None
    content: bytes  #: the hash of what it shows


def _quoted(value: str | None) -> str:
    return "nothing" if value is None else f"`{value}`"


def _told(
    work: Work, guard: GuardPlan, one: Subject, refusal: Refusal, words: str, since: Sequence[object]
) -> Refused:
    """`since`: what makes the same words another change."""
    system = work.module.side(one.side).system
    trouble = Trouble(
        code="guarded",
        message=f"{refusal.sentence} Guard `{guard.name}`: {words}.",
        remedy=f"Change it in {system}, or what the guard looks at; then it comes over by itself.",
        place=guard.place,
    )
    notice = Notice(
        key=notice_key(work.module.name, one.id, refusal, since),
        module=work.module.name,
        side=one.side,
        record_id=one.id,
        label=one.label,
        rule=guard.name,
        message=trouble.message,
        place=guard.place,
        at=work.clock.text(),
        run=work.run,
    )
    # Whoever changes what the guard looks at does not touch this record, so it is looked at again by and by.
    held = hold(work, one.id, one.label, one.content, trouble, temporary=True, side=one.side)
    return Refused(held=None if refusal.restored else held, notice=notice)


def note_refusals(work: Work, pen: Pen, found: Sequence[Refused]) -> None:
    """Remember what was refused before anything else of these records is written; each change is told once."""
    if not found:
        return
    held = tuple(one.held for one in found if one.held is not None)
    notices = {one.notice.key: one.notice for one in found}
    known = work.ledger.known_notices(work.integration, tuple(notices))
    settlement = Settlement(run=work.run, module=work.module.name, held=held, notices=tuple(notices.values()))
    work.ledger.settle(pen.keep(), None, settlement)
    tell(work, [one.held for one in found if one.held is not None and one.notice.key not in known])


def refused_creates(work: Work) -> list[Refused]:
    """Newcomers that guards do not let be made; they are no longer among those that are."""
    found: list[Refused] = []
    for guard in work.module.guards:
        if guard.side == work.target.side:
            for first, last in portions(work, "absent", batch_size(work)):
                found += _refused_creates(work, guard, first, last)
    return found


def _refused_creates(work: Work, guard: GuardPlan, first: int, last: int) -> list[Refused]:
    if not guard.whole and not guard.targets:
        return []
    wanted = "true" if guard.whole else " OR ".join(f'n."{name}" IS NOT NULL' for name in guard.targets)
    sent = creates_sql(work, first, last)
    # `_nr` is the record's place in `work`.
    _become(work, guard, f"SELECT {', '.join(guard.made)}, w.rowid AS _nr FROM ({sent}) AS n "
            f"JOIN work AS w ON w.id = n._source AND w.rowid BETWEEN {first} AND {last} WHERE {wanted}")  # fmt: skip
    hits = {int(row["_nr"]): (row, sentence) for row, sentence in _hits(work, guard)}
    if not hits:
        return []
    places = ", ".join(map(str, hits))
    rows = work.columns.rows(
        f"SELECT rowid, id, label, hash FROM work WHERE rowid IN ({places}) ORDER BY rowid"
    )
    work.columns.run(f"DELETE FROM absent WHERE place IN ({places})")
    return [_refused_create(work, guard, row, *hits[int(row[0])]) for row in rows]


def _refused_create(
    work: Work, guard: GuardPlan, row: tuple[Any, ...], becoming: Mapping[str, Any], sentence: str
) -> Refused:
    _, record, label, content = row
    names = guard.targets
    values = {name: becoming.get(name) for name in names} if names else {"": content.hex()}
    refusal = Refusal(
        guard=guard.name, side=guard.side, keys=names, values=values, sentence=sentence, restored=False
    )
    words = ", ".join(f"`{name}` would be {_quoted(values[name])}" for name in names) or "it would be made"
    subject = Subject(side=work.source_side, id=record, label=label, content=content)
    return _told(work, guard, subject, refusal, f"{words}, so it is not made", ())
