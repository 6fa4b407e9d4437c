"""Requirements: what must hold before anything is written, asked of the systems themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import UserError
from engine.run.read.one_record_streams import read_fields, value_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.connectors.read_port import Reader
    from engine.plan import Plan, RequirementPlan
    from engine.run.read.one_record_streams import StreamField
    from engine.run.session.columns import Columns


def requirement_reads(requirements: Sequence[RequirementPlan]) -> list[StreamField]:
    """What these requirements look at."""
    return [read for one in requirements for read in one.reads]


def check_requirements(
    plan: Plan,
    systems: Mapping[str, Reader],
    columns: Columns,
    told: Mapping[StreamField, str | None] | None = None,
) -> None:
    """Raises UserError with every requirement that does not hold; `told`: what they look at, if it was read."""
    if plan.requirements:
        known = told if told is not None else read_fields(requirement_reads(plan.requirements), systems)
        demand(plan.requirements, known, columns)


def demand(
    requirements: Sequence[RequirementPlan], known: Mapping[StreamField, str | None], columns: Columns
) -> None:
    """Raises UserError with every one of these that does not hold."""
    failed = [one for one in requirements if not value_of(one, known, columns)]
    if failed:
        raise UserError(
            "Nothing was written: a requirement is not met. "
            + " ".join(f"{one.message} ({one.text}, {one.place})" for one in failed),
            remedy=" ".join(one.remedy for one in failed if one.remedy)
            or "Fix it in the systems concerned, then run again.",
        )
