"""Requirements: what must hold before anything is written, asked of the systems themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import UserError
from engine.run.single import read_told, value_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.connectors.port import Connector
    from engine.plan import Plan
    from engine.run.columns import Columns


def check_requirements(plan: Plan, systems: Mapping[str, Connector], columns: Columns) -> None:
    """Raises UserError with every requirement that does not hold."""
    if not plan.requirements:
        return
    known = read_told((read for one in plan.requirements for read in one.reads), systems)
    failed = [one for one in plan.requirements if not value_of(one, known, columns)]
    if failed:
        raise UserError(
            "Nothing was written, because a requirement does not hold: "
            + " ".join(f"{one.message} ({one.text}, {one.place})" for one in failed),
            remedy="Settle it in the systems concerned, then run again.",
        )
