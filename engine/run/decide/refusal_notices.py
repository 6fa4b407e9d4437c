"""Refusal notices: what is held of a change that a guard or the damper refuses, and the mail that tells who made it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.guard import Letter, Refusal, notice_key
from engine.ledger.model import Notice
from engine.plan import Trouble
from engine.record import other
from engine.run.session.held import GUARDED, cut, hold, offending_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.ledger import HeldRow
    from engine.ledger.model import NoticeState
    from engine.plan import GuardPlan
    from engine.record import Side
    from engine.run.session.pair import Decided, Shown
    from engine.run.session.sync_pass import SyncPass


#: The name, in the place of a guard's, of what refuses a value that goes round.
ROUNDS = "goes-round"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """One record that a guard holds, and what is told of it once."""

    held: HeldRow | None  #: None = its value is put back, so nothing stays different
    notice: Notice


def shown_by(sync: SyncPass, one: Decided, side: Side) -> Shown:
    """The record of a pair on that side."""
    return one.pair.mine if side == sync.source_side else one.pair.its


def refusals(sync: SyncPass, decided: Sequence[Decided]) -> list[Refused]:
    """What guards hold of these pairs, and what is told of it."""
    plans = {guard.name: guard for guard in sync.module.guards}
    return [
        _refusal(sync, one, refusal, rule_of(sync, plans.get(refusal.guard)))
        for one in decided
        for refusal in one.refusals
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What refuses a change, and what a person does about it."""

    name: str
    place: str
    code: str
    remedy: str
    temporary: (
        bool  #: whoever changes what it looks at does not touch the record, so it is asked again by every run
    )


def rule_of(sync: SyncPass, guard: GuardPlan | None) -> Rule:
    """A guard, or the damper: what goes round."""
    if guard is None:
        remedy = "Let one line with `<->` keep the value in step, or remove one of these lines. "
        remedy += "It is synced again once somebody changes the value."
        return Rule(name=ROUNDS, place=sync.module.place, code=ROUNDS, remedy=remedy, temporary=False)
    system = sync.module.side(other(guard.side)).system
    remedy = f"Change it in {system}, or change what the guard checks; it will then be synced automatically."
    return Rule(name=guard.name, place=guard.place, code=GUARDED, remedy=remedy, temporary=True)


def _refusal(sync: SyncPass, one: Decided, refusal: Refusal, rule: Rule) -> Refused:
    """The record whose change is refused: that of the other side."""
    changed = other(refusal.side)
    record = shown_by(sync, one, changed)
    bases = one.bases.get(refusal.side) or {}
    since = [bases.get(key) for key in refusal.keys]
    since += [record.version] if refusal.restored else []  # put back, it may be tried again
    lines = {line.key: line for line in sync.module.compared}
    shown = offending_values(
        ((line, line.key) for line in lines.values()), {key: refusal.values[key] for key in refusal.keys}
    )
    words = ", ".join(f"`{lines[key].line}` would write {quoted(value)}" for key, value in shown.items())
    subject = Subject(
        side=changed,
        id=record.id,
        label=record.label,
        content=record.content,
        offending={lines[key].line: value for key, value in shown.items()},
    )
    return told(sync, rule, subject, refusal, words, since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The record whose change is refused."""

    side: Side
    id: str
    label: str | None
    content: bytes  #: the hash of what it shows
    offending: Mapping[str, str | None]  #: the values that are refused, as they may be shown


def quoted(value: str | None) -> str:
    """A value in a sentence."""
    return "nothing" if value is None else f"`{cut(value)}`"


def told(
    sync: SyncPass, rule: Rule, one: Subject, refusal: Refusal, words: str, since: Sequence[object]
) -> Refused:
    """A refusal as it is kept and told; `since`: what makes the same words another change."""
    named = "" if rule.name == ROUNDS else f"Guard `{rule.name}`: "
    trouble = Trouble(
        code=rule.code,
        message=f"{refusal.sentence} {named}{words}.",
        remedy=rule.remedy,
        place=rule.place,
    )
    notice = Notice(
        key=notice_key(sync.module.name, one.id, refusal, since),
        module=sync.module.name,
        side=one.side,
        record_id=one.id,
        label=one.label,
        rule=rule.name,
        message=trouble.message,
        place=rule.place,
        at=sync.clock.text(),
        run=sync.run,
        **_mailing(refusal.letter),
    )
    held = hold(
        sync,
        one.id,
        one.label,
        one.content,
        trouble,
        temporary=rule.temporary,
        side=one.side,
        offending=one.offending,
    )
    return Refused(held=None if refusal.restored else held, notice=notice)


def _mailing(letter: Letter | None) -> dict[str, Any]:
    """The part of a notice that is about its mail."""
    if letter is None:
        return {}
    lost = None if letter.to else "The record has no address of the person who changed it."
    state: NoticeState = "pending" if letter.to else "failed"
    subject = " ".join(letter.subject.split())
    return {"state": state, "mail_to": letter.to, "subject": subject, "body": letter.body, "error": lost}
