"""Completion: whoever ordered a stage is told that it is over, by a notice that is kept and may be mailed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.ledger import Settlement
from engine.ledger.model import Notice
from engine.plan import digest
from engine.run.read.computed_fields import compile_computed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.ledger.standing import Standing
    from engine.plan import Plan, SlowField
    from engine.run.operations.stage_progress import Order, StepDone
    from engine.run.session.ledger_writer import LedgerWriter

#: What a step has done, after the number of records.
_DONE = {
    "delete": "deleted",
    "set": "changed",
    "convert": "made plain records",
    "forget": "forgotten",
    "import": "linked",
}


def done_words(one: StepDone) -> str:
    """What became of a step."""
    noun = "link" if one.step.act in ("forget", "convert") else "record"
    records = f"{one.records:,} {noun}{'' if one.records == 1 else 's'}"
    stay = f", {len(one.refused):,} stay as they are" if one.refused else ""
    return f"{one.step.text}: {records} {_DONE[one.step.act]}{stay}"


def note_done(
    plan: Plan, order: Order, begun: Standing, done: Sequence[StepDone], run: str, writer: LedgerWriter
) -> None:
    """Keep the notice; the same stage, finished twice after a kill, is told once."""
    letter = order.stage.letter
    if letter is None:
        return
    at = writer.clock.text()
    words = "\n".join(f"{done_words(one)}." for one in done)
    shown = {
        "name": plan.name,
        "title": plan.title,
        "stage": order.stage.stage,
        "choice": order.choice or "",
        "at": at,
        "done": words,
    }
    notice = Notice(
        key=digest([plan.name, order.stage.stage, begun.since]),
        module="",
        side="left",
        record_id="",
        label=plan.title,
        rule=f"lifecycle: {order.stage.stage}",
        message=f"`engine {order.stage.stage}` of {plan.title} is done. {' '.join(words.split())}",
        place=order.stage.place,
        at=at,
        run=run,
        state="pending" if begun.by else "kept",
        mail_to=begun.by,
        subject=" ".join(_text(letter.subject, shown).split()),
        body=_text(letter.body, shown),
    )
    writer.ledger.note(writer.renew(), Settlement(run=run, module="", notices=(notice,)))


def _text(template: SlowField, shown: dict[str, Any]) -> str:
    """The text; a template that cannot be rendered gives its own words."""
    said = compile_computed([template])[template.column](shown)
    return said if isinstance(said, str) else template.source
