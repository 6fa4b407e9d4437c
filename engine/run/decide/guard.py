"""Guard: which changes a module's guards refuse, found from what the written records would become."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.guard import Letter, Refusal, refused_keys, without
from engine.run.decide.newcomers import creates_sql
from engine.run.decide.refusal_notices import Refused, Subject, quoted, rule_of, shown_by, told
from engine.run.read.computed_fields import compile_computed
from engine.run.session.batches import batch_size, portions
from engine.run.session.columns import sql_name
from engine.run.session.held import offending_values
from engine.run.session.tables import ABSENT, BECOMING, STAGED, UNDONE
from engine.run.session.write_columns import SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.plan import GuardPlan, SidePlan, SlowField, WalkPlan
    from engine.run.session.pair import Decided
    from engine.run.session.sync_pass import SyncPass

    #: Reads the records of a side that the rows of a table refer to, anew.
    Refer = Callable[[SyncPass, SidePlan, Sequence[WalkPlan], str], None]


#: Of a record that a guard looks at: its number in what was asked, and the address of who changed it.
NUMBER, ADDRESSEE = "_nr", "_to"
#: Of a pair: the record whose values are sent, and the one that gets them.
SENDER, RECEIVER = "_sender", "_receiver"


def guarded(sync: SyncPass, decided: Sequence[Decided], refer: Refer) -> list[Decided]:
    """The decisions without what guards refuse; whatever else is written may still make another guard refuse."""
    found = list(decided)
    again = range(len(found)) if sync.module.guards else range(0)
    while again:
        hit: dict[int, None] = {}
        for guard in sync.module.guards:
            for one in _refused(sync, guard, found, again, refer):
                found[one.number] = _without(sync, found[one.number], guard, one)
                hit[one.number] = None
        again = tuple(hit)  # type: ignore[assignment]  # places in `found`, as before
    return found


def _refused(
    sync: SyncPass, guard: GuardPlan, decided: Sequence[Decided], places: Sequence[int], refer: Refer
) -> list[Hit]:
    """The pairs, by place, whose decision a guard does not let through as it is."""
    by_table: dict[str, list[int]] = {}
    for number in places:
        writes = decided[number].writes(guard.side)
        if writes and (guard.whole or set(writes) & set(guard.keys)):
            by_table.setdefault(decided[number].pair.values, []).append(number)
    found: list[Hit] = []
    for values, numbers in by_table.items():
        sent, shown = (values, "fresh") if guard.side == sync.target.side else ("fresh", values)
        sync.columns.show("judged", _judged(sync, guard, decided, numbers))
        written = _sent(sync, guard, sent)
        becoming = (
            f"SELECT {', '.join(guard.becoming)}, n.nr AS {NUMBER}, n.{ADDRESSEE} FROM ({written}) AS n"
        )
        _become(sync, guard, f"{becoming} JOIN {shown} AS o ON o.id = n.{RECEIVER}", refer)
        sync.columns.hide("judged")
        found += _hits(sync, guard)
    return found


def _judged(sync: SyncPass, guard: GuardPlan, decided: Sequence[Decided], numbers: Sequence[int]) -> pa.Table:
    """The pairs in question: where the values stand that are sent, and what of them is."""
    forth = guard.side == sync.target.side
    ids = [(decided[nr].pair.mine.id, decided[nr].pair.other_id) for nr in numbers]
    return pa.table(
        {
            "nr": pa.array(numbers, pa.int64()),
            SENDER: pa.array([one[0] if forth else one[1] for one in ids], pa.string()),
            RECEIVER: pa.array([one[1] if forth else one[0] for one in ids], pa.string()),
            "keys": pa.array([list(decided[nr].writes(guard.side)) for nr in numbers], pa.list_(pa.string())),
        }
    )


def _sent(sync: SyncPass, guard: GuardPlan, values: str) -> str:
    """What is sent to each record, a column per field, and who is written to."""
    lines = [line for line in sync.module.compared if guard.side in line.writes]
    fields = [one for line in lines for one in line.writes[guard.side].fields]
    columns = "".join(f", {one.sql} AS {sql_name(f'sent {one.to}')}" for one in fields)
    to = "NULL::VARCHAR" if values == UNDONE else _addressee(guard)
    return (
        f"SELECT j.nr, j.{RECEIVER}, j.keys, {to} AS {ADDRESSEE}{columns} "
        f"FROM judged AS j JOIN {values} AS w ON w.id = j.{SENDER}"
    )


def _addressee(guard: GuardPlan) -> str:
    """The address that the changed record `w` holds."""
    return f"CAST(w.{sql_name(f'field {guard.mail.to}')} AS VARCHAR)" if guard.mail else "NULL::VARCHAR"


def _become(sync: SyncPass, guard: GuardPlan, sql: str, refer: Refer) -> None:
    """The table `becoming`, and beside it the records that it refers to, read just now."""
    sync.columns.drop(BECOMING)
    sync.columns.add(BECOMING, sql)
    refer(sync, sync.module.side(guard.side), guard.walks, BECOMING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A record that a guard refuses, as it would become."""

    number: int  #: its place among those that were judged
    shows: Mapping[str, str | None]  #: what the guard's texts may show, by name
    sentence: str
    letter: Letter | None


def _hits(sync: SyncPass, guard: GuardPlan) -> list[Hit]:
    """The rows of `becoming` that are refused."""
    shows = "".join(
        f", CAST({sql_name(column)} AS VARCHAR) AS {sql_name(name)}" for name, column in guard.shows
    )
    behind = "".join(f", {one}" for one in guard.behind)
    rows = sync.columns.table(
        f"SELECT {NUMBER}, {ADDRESSEE}{shows} FROM (SELECT *{behind} FROM {BECOMING} AS typed) "
        f"WHERE {guard.condition} ORDER BY {NUMBER}"
    ).to_pylist()
    sync.columns.drop(BECOMING)
    return [_hit(guard, int(row.pop(NUMBER)), row.pop(ADDRESSEE), row) for row in rows]


def _hit(guard: GuardPlan, number: int, to: str | None, row: Mapping[str, Any]) -> Hit:
    sentence = f"Guard `{guard.name}` refuses this change."
    if guard.sentence:
        sentence = _text(guard.sentence, row) or sentence
    mail = guard.mail
    letter = Letter(to=to, subject=_text(mail.subject, row), body=_text(mail.body, row)) if mail else None
    return Hit(number=number, shows=row, sentence=sentence, letter=letter)


def _text(template: SlowField, row: Mapping[str, Any]) -> str:
    """What a person reads; a template that fails on this record says so."""
    return str(compile_computed([template])["text"](row)).strip()


def _without(sync: SyncPass, one: Decided, guard: GuardPlan, hit: Hit) -> Decided:
    """A decision less what a guard refuses of it. What was refused before is not put back a second time."""
    groups = {line.key: line.group for line in sync.module.compared if line.group}
    keys = refused_keys(one.decision, guard.side, () if guard.whole else guard.keys, groups)
    sent, before = one.sent(guard.side), {key for refusal in one.refusals for key in refusal.keys}
    refusal = Refusal(
        guard=guard.name,
        side=guard.side,
        keys=keys,
        values={key: sent[key] for key in keys},
        sentence=hit.sentence,
        letter=hit.letter,
        restored=guard.restores and not before & set(keys),
    )
    kept = shown_by(sync, one, guard.side).seen()
    decision = without(one.decision, refusal, one.bases, kept)
    return replace(one, decision=decision, refusals=(*one.refusals, refusal))


def refused_creates(sync: SyncPass, refer: Refer) -> list[Refused]:
    """Newcomers that guards do not let be made; they are no longer among those that are."""
    found: list[Refused] = []
    for guard in sync.module.guards:
        if guard.side == sync.target.side:
            for first, last in portions(sync, ABSENT, batch_size(sync)):
                found += _refused_creates(sync, guard, (first, last), refer)
    return found


def _refused_creates(
    sync: SyncPass, guard: GuardPlan, places: tuple[int, int], refer: Refer
) -> list[Refused]:
    if not guard.whole and not guard.targets:
        return []
    first, last = places
    sent = creates_sql(sync, first, last)
    # Its number is the record's place in `staged`.
    made = f"SELECT {', '.join(guard.made)}, w.rowid AS {NUMBER}, {_addressee(guard)} AS {ADDRESSEE} FROM ({sent}) AS n"
    within = f"w.id = n.{SOURCE} AND w.rowid BETWEEN {first} AND {last}"
    _become(sync, guard, f"{made} JOIN {STAGED} AS w ON {within} WHERE {_wanted(guard)}", refer)
    hits = {one.number: one for one in _hits(sync, guard)}
    if not hits:
        return []
    refused = ", ".join(map(str, hits))
    rows = sync.columns.rows(
        f"SELECT rowid, id, label, hash FROM {STAGED} WHERE rowid IN ({refused}) ORDER BY rowid"
    )
    sync.columns.run(f"DELETE FROM {ABSENT} WHERE place IN ({refused})")
    return [_refused_create(sync, guard, row, hits[int(row[0])]) for row in rows]


def _wanted(guard: GuardPlan) -> str:
    """Which of the rows `n` that would be made a guard looks at."""
    return "true" if guard.whole else " OR ".join(f"n.{sql_name(name)} IS NOT NULL" for name in guard.targets)


def refused_rows(sync: SyncPass, rows: pa.Table, refer: Refer) -> dict[int, str]:
    """Of rows that would be made just as they are, those that guards refuse: place -> the reason, a sentence."""
    found: dict[int, str] = {}
    numbered = rows.append_column(NUMBER, pa.array(range(rows.num_rows), pa.int64()))
    for guard in sync.module.guards:
        if guard.side == sync.target.side and (guard.whole or guard.targets):
            sync.columns.show("judged", numbered)
            made = (
                f"SELECT {', '.join(guard.made)}, n.{NUMBER}, NULL::VARCHAR AS {ADDRESSEE} FROM judged AS n"
            )
            _become(sync, guard, f"{made} WHERE {_wanted(guard)}", refer)
            sync.columns.hide("judged")
            found |= {one.number: one.sentence for one in _hits(sync, guard)}
    return found


def _refused_create(sync: SyncPass, guard: GuardPlan, row: tuple[Any, ...], hit: Hit) -> Refused:
    _, record, label, content = row
    names = guard.targets
    values = {name: hit.shows.get(name) for name in names} if names else {"": content.hex()}
    refusal = Refusal(
        guard=guard.name,
        side=guard.side,
        keys=names,
        values=values,
        sentence=hit.sentence,
        letter=hit.letter,
        restored=False,
    )
    made = ((line, one.to) for line, one in sync.module.making(guard.side))
    shown = offending_values(made, {name: values[name] for name in names})
    words = ", ".join(f"`{name}` would be {quoted(value)}" for name, value in shown.items())
    words = words or "it would be created"
    subject = Subject(side=sync.source_side, id=record, label=label, content=content, offending=shown)
    return told(sync, rule_of(sync, guard), subject, refusal, f"{words}, so it is not created", ())
