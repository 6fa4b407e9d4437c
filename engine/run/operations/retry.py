"""Retry: try records again that are held, at once and however long they would still wait, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.errors import UserError
from engine.ledger import open_ledger
from engine.run.session.aim import Aim
from engine.run.sync.execute import execute

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.ledger import HeldRow
    from engine.plan import Plan
    from engine.run.operations.explain import RecordName
    from engine.run.session.report import RunReport
    from engine.run.session.run_request import RunRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which of the held records are meant; both empty = all of them."""

    records: tuple[RecordName, ...] = ()
    codes: frozenset[str] = frozenset()  #: why they are held


def retry(plan: Plan, request: RunRequest, chosen: Chosen) -> RunReport:
    """Try them again. Raises UserError where none is held that is meant, and what `execute` raises."""
    with open_ledger(request.ledger_url, readonly=True) as ledger:
        rows = [row for row in ledger.held_rows(plan.name) if _is_meant(plan, row, chosen)]
    if not rows:
        raise UserError(
            "No record is held that is meant here; nothing was tried.",
            remedy=f"`engine errors {plan.file}` lists those that are, each with its code.",
        )
    return execute(plan, replace(request, aim=aim_at(plan, rows)))


def _is_meant(plan: Plan, row: HeldRow, chosen: Chosen) -> bool:
    name = _stream(plan, row)
    named = {(f"{one.system}.{one.stream}", one.id) for one in chosen.records}
    fits = not chosen.codes or row.code in chosen.codes
    return name is not None and fits and (not named or (name, row.record_id) in named)


def _stream(plan: Plan, row: HeldRow) -> str | None:
    """The stream that a held record is of; None = its module does not take part any more."""
    found = (module.side(row.side).name for module in plan.modules if module.name == row.module)
    return next(found, None)


def aim_at(plan: Plan, rows: Sequence[HeldRow]) -> Aim:
    """Just these records, in the modules that hold them; a trigger is worked off in full."""
    held = {row.module for row in rows}
    triggers = {module.name for module in plan.modules if module.trigger is not None}
    streams = {_stream(plan, row) for row in rows if row.module not in triggers}
    return Aim(
        modules=frozenset(held & triggers),
        within=frozenset(held - triggers),
        records={name: _ids(rows, plan, name) for name in streams if name is not None},
        retried={name: frozenset(row.record_id for row in rows if row.module == name) for name in held},
    )


def _ids(rows: Iterable[HeldRow], plan: Plan, stream: str) -> frozenset[str]:
    return frozenset(row.record_id for row in rows if _stream(plan, row) == stream)
