"""Fetch: sync single records now, because a person asks for them, and tell what became of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.errors import UserError
from engine.run.operations.explain import explain
from engine.run.operations.preview import preview
from engine.run.session.aim import Aim
from engine.run.session.pair import LIVE
from engine.run.sync.execute import execute

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.plan import Plan
    from engine.run.operations.explain import Explained, Placed, RecordName
    from engine.run.session.report import Changeset, RunReport
    from engine.run.session.run_request import RunRequest

#: Records whose changes are shown before they are made.
SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What became of one record in one module."""

    record: str  #: SYSTEM.STREAM:ID
    label: str | None  #: how a person recognises it
    module: str
    to: str | None  #: SYSTEM.STREAM:ID of its counterpart; None = it did not come over
    why: str | None  #: why it did not, or what still keeps it from being in step; None = it is
    remedy: str | None


def aim_at(names: Sequence[RecordName]) -> Aim:
    """Just these records."""
    found: dict[str, set[str]] = {}
    for one in names:
        found.setdefault(f"{one.system}.{one.stream}", set()).add(one.id)
    return Aim(records={stream: frozenset(ids) for stream, ids in found.items()})


def foresee(plan: Plan, request: RunRequest, names: Sequence[RecordName]) -> Changeset:
    """What fetching them would change, and ask. Raises UserError for a record that its system does not have."""
    aimed = replace(request, aim=aim_at(names))
    changes = preview(plan, aimed, limit=SHOWN)
    if not any(sum(counts.read.values()) for counts in changes.modules.values()):
        named = ", ".join(str(one) for one in names)
        raise UserError(
            f"Nothing to fetch: there is no {named}, or no module takes records from there.",
            remedy="`engine search` finds records by name.",
        )
    return changes


def fetch(
    plan: Plan, request: RunRequest, names: Sequence[RecordName]
) -> tuple[RunReport, tuple[Fetched, ...]]:
    """Do it. Raises as `execute`: StoppedError where records meet for the first time and nobody has agreed."""
    report = execute(plan, replace(request, aim=aim_at(names)))
    return report, tuple(one for name in names for one in _became(plan, explain(plan, request, name)))


def _became(plan: Plan, explained: Explained) -> list[Fetched]:
    """By module; those that have nothing to do with the record only count where no other has."""
    triggers = {one.name for one in plan.modules if one.trigger is not None}
    told = [_in_module(explained, one) for one in explained.modules if one.module not in triggers]
    return [one for one in told if one.to is not None] or told


def _in_module(explained: Explained, one: Placed) -> Fetched:
    linked = one.link is not None and one.link.state in LIVE
    why, remedy = None, None
    if one.held is not None:
        why, remedy = one.held.message, one.held.remedy
    elif one.skipped is not None:
        why = f"left alone: {one.skipped}"
    elif not linked and one.now is not None:
        why = one.now.next
    return Fetched(
        record=str(explained.record),
        label=one.now.label if one.now else None,
        module=one.module,
        to=one.link.to if one.link is not None and linked else None,
        why=why,
        remedy=remedy,
    )
