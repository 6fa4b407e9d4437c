"""Outlook: what a run would do with one record, as both sides show it now. Only reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.reconcile import Missing
from engine.record import SIDES, other
from engine.run.decide.compare import decide
from engine.run.decide.expected_changes import pair_changes
from engine.run.decide.guard import guarded
from engine.run.decide.yielding import yielded
from engine.run.read.counterparts import fetch
from engine.run.read.enrolled import enrolments
from engine.run.read.referenced_records import read_referenced_anew
from engine.run.read.waits import show_references
from engine.run.session.held import GUARDED
from engine.run.session.pair import Pair
from engine.run.sync.look import recall

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.ledger import HeldRow
    from engine.plan import TriggerPlan
    from engine.record import Side
    from engine.run.session.changes import Change
    from engine.run.session.pair import Decided, Shown
    from engine.run.session.sync_pass import SyncPass


#: When a record is looked at again that is held for such a reason.
_ASKED_AGAIN = {
    GUARDED: "Every run asks the guard again. ",
    "blocked": "It is synced automatically once what it waits for has a link. Until then: ",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferingField:
    """A field that the two sides do not hold alike, or that is written."""

    line: str  #: as a person reads it
    place: str  #: file:line of the spec or mapping that decides
    left: str | None
    right: str | None
    why: str  #: what was decided
    write: Side | None  #: the side that gets the other's value


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """A record as it is now, and what becomes of it."""

    exists: bool
    label: str | None
    version: str | None
    in_view: bool
    keys: tuple[
        tuple[str, str], ...
    ]  #: what a record without a link is recognised by: (the match key, its value)
    fields: tuple[DifferingField, ...]
    next: str  #: what a run does with it now, a sentence or two


def look_at(
    passes: Sequence[SyncPass],
    side: Side,
    record: str,
    link: Mapping[str, Any] | None,
    held: HeldRow | None,
    skipped: str | None,
) -> Outlook:
    """Read the record and its counterpart by their ids, and decide as a run would."""
    show_references(passes[0])
    recall(passes)
    sync = next((one for one in passes if one.source_side == side), passes[0])
    end = sync.module.side(side)
    shown = fetch(sync, [record], side=end, into="again").get(record)
    keys, lacks = _keys(sync) if shown else ((), None)
    fields: tuple[DifferingField, ...] = ()
    if shown is None:
        told = _gone(sync, side, link)
    elif sync.module.trigger is not None:
        told = _triggered(sync, sync.module.trigger, side, link, skipped)
    elif link is not None:
        fields, told = _linked(sync, side, shown, link)
    else:
        told = _alone(sync, side, shown, skipped, lacks)
    return Outlook(
        exists=shown is not None,
        label=shown.label if shown else None,
        version=shown.version if shown else None,
        in_view=bool(shown and _in_view(sync)),
        keys=keys if link is None else (),
        fields=fields,
        next=f"{_waiting(sync, held, shown)}{told}",
    )


def _triggered(
    sync: SyncPass, trigger: TriggerPlan, side: Side, link: Mapping[str, Any] | None, skipped: str | None
) -> str:
    """What a trigger does with a record that exists."""
    if link is not None:
        return "The trigger has acted on it; the two are not compared again."
    if side not in sync.module.sources:
        return "The trigger has nothing to do with it."
    if trigger.becomes is None:
        return "The trigger acts on it only when a person asks."
    if skipped is not None:
        return f"The trigger leaves it alone: {skipped}."
    if not _in_view(sync):
        return f"The trigger acts on it once this becomes true: {trigger.becomes}"
    return f"The trigger acts on it with the next run, for this is true, and new: {trigger.becomes}"


def _in_view(sync: SyncPass) -> bool:
    return bool(sync.columns.one("SELECT in_view FROM again"))


def _keys(sync: SyncPass) -> tuple[tuple[tuple[str, str], ...], int | None]:
    """(the match keys of the record that was read, the trouble that keeps it from being made)."""
    names = [f"k{index}" for index in range(len(sync.module.keys))]
    (row,) = sync.columns.rows(f"SELECT {', '.join(['lacks', *names])} FROM again")
    known = zip(sync.module.keys, row[1:], strict=True)
    return tuple((key.line, str(value)) for key, value in known if value is not None), row[0]


def _waiting(sync: SyncPass, held: HeldRow | None, shown: Shown | None) -> str:
    """A record that is held and looks as it did is not tried by every run."""
    if held is None or shown is None or held.plan_fingerprint != sync.module.fingerprint:
        return ""
    if held.code in _ASKED_AGAIN:
        return _ASKED_AGAIN[held.code]
    same = held.record_id != shown.id or held.content_hash in (None, shown.content)
    if not same and held.code != "conflict":
        return "It has changed since it was held, so it is tried again. "
    if held.next_try is None:
        return "It is held and not retried before it or the spec changes. Then: "
    if held.next_try > sync.clock.text():
        return f"It is held and not retried before {held.next_try}. Then: "
    return "It is held and due for a retry. "


def _gone(sync: SyncPass, side: Side, link: Mapping[str, Any] | None) -> str:
    its = sync.module.side(other(side)).name
    if link is None or link["state"] == f"gone-{side}":
        return "It does not exist; a run does nothing."
    if sync.module.deletes == "propagate" and side in sync.module.sources:
        return f"It does not exist any more. Once that is certain, a run deletes its counterpart in {its}."
    return f"It does not exist any more. Its counterpart in {its} stays, and it is not made again."


def _linked(
    sync: SyncPass, side: Side, shown: Shown, link: Mapping[str, Any]
) -> tuple[tuple[DifferingField, ...], str]:
    """What becomes of a linked record: decided from both sides as they are now."""
    its = sync.module.side(other(side))
    record = link[f"{other(side)}_id"]
    if link["state"] == f"gone-{other(side)}":
        why = f"Its counterpart {its.name}:{record} was deleted, and is never recreated automatically."
        return (), f"{why} Remove the link (`engine links remove`) if it should be."
    counterpart = fetch(sync, [record], side=its, into="fresh").get(record)
    if counterpart is None:
        return (
            (),
            f"Its counterpart {its.name}:{record} does not exist any more; a run does not make it again.",
        )
    sides = {side: shown, other(side): counterpart}
    for end, one in sides.items():
        if one.trouble is not None:
            trouble = sync.module.side(end).troubles[one.trouble]
            return (), f"A run holds it: {sync.module.side(end).name}:{one.id}: {trouble.message}"
        if not one.in_view:
            name = f"{sync.module.side(end).name}:{one.id}"
            return (), f"A run leaves the pair alone: {name} is outside the view."
    return _decided(sync, sides, link, side)


def _decided(
    sync: SyncPass, sides: Mapping[Side, Shown], link: Mapping[str, Any], asked: Side
) -> tuple[tuple[DifferingField, ...], str]:
    """The record of the side `asked` stands in the table `again`, its counterpart in `fresh`."""
    mine, its = sides[sync.source_side], sides[sync.target.side]
    pair = Pair(link_id=link["link_id"], mine=mine, other_id=its.id, other=its, values="again")
    (one,) = decide(sync, [pair])
    if asked == sync.source_side:  # guards look at what is sent where a run has it
        (one,) = guarded(sync, [one], read_referenced_anew)
    (change,) = pair_changes(sync, [one])
    yields = " ".join(yielded(sync))
    return _differing(sync, one, sides), yields or _told(sync, change, one)


def _differing(sync: SyncPass, one: Decided, sides: Mapping[Side, Shown]) -> tuple[DifferingField, ...]:
    lines = {line.key: line for line in sync.module.compared}
    found = []
    for field in one.decision.fields:
        left, right = (sides[side].seen().get(field.key, Missing.UNKNOWN) for side in SIDES)
        if left != right or field.write or field.conflict:
            found.append(
                DifferingField(
                    line=lines[field.key].line,
                    place=lines[field.key].place,
                    left=_text(left),
                    right=_text(right),
                    why=field.why if field.write or field.conflict else _quiet(one, field.key, field.why),
                    write=field.write,
                )
            )
    return tuple(found)


def _quiet(one: Decided, key: str, why: str) -> str:
    """Why two values that differ are left as they are."""
    if why != "unchanged" or any(key not in (base or {}) for base in one.bases.values()):
        return why
    return "neither has changed since the two were last in step"


def _text(value: object) -> str | None:
    return None if value is None or isinstance(value, Missing) else str(value)


def _told(sync: SyncPass, change: Change | None, one: Decided) -> str:
    waits = " A field waits for a person: `engine conflicts` decides." if one.decision.conflicts else ""
    waits += "".join(
        f" Guard `{refusal.guard}` refuses a change: {refusal.sentence}" for refusal in one.refusals
    )
    if change is None or not change.writes:
        return f"A run changes nothing.{waits}" if waits else "A run has nothing to do: the two are in step."
    parts = []
    for side in change.writes:
        names = ", ".join(str(field.to) for field in change.fields if field.write == side)
        record = change.left_id if side == "left" else change.right_id
        parts.append(f"{names} of {sync.module.side(side).name}:{record}")
    return f"A run writes {' and '.join(parts)}, because it {change.why}.{waits}"


def _alone(sync: SyncPass, side: Side, shown: Shown, skipped: str | None, lacks: int | None) -> str:
    """What becomes of a record without a link."""
    end, its = sync.module.side(side), sync.module.side(other(side))
    if skipped is not None:
        return f"A run leaves it alone: {skipped}."
    if not _in_view(sync):
        return "A run skips it: it is outside the view."
    if shown.trouble is not None:
        return f"A run holds it: {end.troubles[shown.trouble].message}"
    if sync.module.enrol is not None and sync.source_side == side:
        enrolled = {one.record_id for one in enrolments(sync)}
        if shown.id not in enrolled:
            return _not_enrolled(sync, side)
    if side not in sync.module.sources:
        return f"A run only looks at it when a new record of {its.name} is its match."
    return _newcomer(sync, side, lacks)


def _not_enrolled(sync: SyncPass, side: Side) -> str:
    """Why a record that no person has added is left alone."""
    enrol, name = sync.module.enrol, sync.module.side(side).name
    if enrol is None or side not in enrol.sides:
        there = sync.module.side(other(side)).name
        return f"A run leaves it alone: of `{sync.module.name}` only records of {there} are enrolled."
    order = f"engine do SPEC {sync.module.name}.enrol --record {name}:ID"
    return f"A run leaves it alone: it has not been enrolled; `{order}` lets it take part."


def _newcomer(sync: SyncPass, side: Side, lacks: int | None) -> str:
    its = sync.module.side(other(side))
    makes = its.side in sync.module.creates
    if makes and lacks is not None:
        trouble = sync.module.side(side).troubles[lacks]
        return f"Unless it has a match in {its.name}, a run holds it: {trouble.message}"
    if not sync.module.keys:
        return f"It has no link yet; a run {'makes it in ' + its.name if makes else 'does nothing'}."
    rest = "makes it there if it has none" if makes else "does no more, for the module makes none there"
    return f"It has no link yet. A run looks for its match in {its.name}, and {rest}."
