"""Refusal notices: what is held of a change that a guard refuses, and the mail that tells who made it."""

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
    return [_refusal(sync, one, refusal, plans[refusal.guard]) for one in decided for refusal in one.refusals]


def _refusal(sync: SyncPass, one: Decided, refusal: Refusal, guard: GuardPlan) -> Refused:
    """The record whose change is refused: that of the other side."""
    changed = other(guard.side)
    record = shown_by(sync, one, changed)
    bases = one.bases.get(guard.side) or {}
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
    return told(sync, guard, subject, refusal, words, since)


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
    sync: SyncPass, guard: GuardPlan, one: Subject, refusal: Refusal, words: str, since: Sequence[object]
) -> Refused:
    """A refusal as it is kept and told; `since`: what makes the same words another change."""
    system = sync.module.side(one.side).system
    trouble = Trouble(
        code=GUARDED,
        message=f"{refusal.sentence} Guard `{guard.name}`: {words}.",
        remedy=f"Change it in {system}, or change what the guard checks; it will then be synced automatically.",
        place=guard.place,
    )
    notice = Notice(
        key=notice_key(sync.module.name, one.id, refusal, since),
        module=sync.module.name,
        side=one.side,
        record_id=one.id,
        label=one.label,
        rule=guard.name,
        message=trouble.message,
        place=guard.place,
        at=sync.clock.text(),
        run=sync.run,
        **_mailing(refusal.letter),
    )
    # Whoever changes what the guard looks at does not touch this record, so it is asked again by every run.
    held = hold(
        sync,
        one.id,
        one.label,
        one.content,
        trouble,
        temporary=True,
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
