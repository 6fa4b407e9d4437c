"""Aim: what a run is about where it is not about everything: some modules, or some records of them alone.

A module that is not aimed at still takes part where a record of one that is lives below its records and fetches
them; then nothing else of it is looked at. No cursor moves where only single records are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.record import SIDES, other

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.ledger.store import Ledger
    from engine.plan import ModulePlan, Plan, ReferrerPlan
    from engine.record import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What somebody asks for."""

    modules: frozenset[str] = frozenset()  #: worked off in full
    records: Mapping[str, frozenset[str]] = field(default_factory=dict)  #: ids by `system.stream`
    within: frozenset[str] | None = (
        None  #: the modules in which those are looked at; None = all that have the stream
    )
    #: held records that are tried again, whenever they are due: ids by module
    retried: Mapping[str, frozenset[str]] = field(default_factory=dict)


def modules_of(plan: Plan, aim: Aim | None) -> tuple[ModulePlan, ...]:
    """The modules that take part, in their order."""
    if aim is None:
        return plan.modules
    names = {one.name for one in plan.modules if _is_meant(one, aim)}
    while more := {one.name for one in plan.modules if _is_fetched(one, names)} - names:
        names |= more
    return tuple(one for one in plan.modules if one.name in names)


def _is_meant(module: ModulePlan, aim: Aim) -> bool:
    if module.name in aim.modules:
        return True
    if aim.within is not None and module.name not in aim.within:
        return False
    return module.trigger is None and any(module.side(side).name in aim.records for side in SIDES)


def _is_fetched(module: ModulePlan, names: set[str]) -> bool:
    return any(one.module in names for side in SIDES for one in module.side(side).fetched_by)


def only_of(
    plan: Plan, module: ModulePlan, aim: Aim | None, ledger: Ledger
) -> Mapping[Side, frozenset[str]] | None:
    """Which records of a module are looked at: those that are named, and what they are linked to."""
    if aim is None or module.name in aim.modules:
        return None
    named = {side: aim.records.get(module.side(side).name, frozenset()) for side in SIDES}
    alike = [one.name for one in plan.modules if _ends(one) == _ends(module) and one.trigger is None]
    return {
        side: named[side] | _counterparts(ledger, plan.name, alike, other(side), named[other(side)])
        for side in SIDES
    }


def _ends(module: ModulePlan) -> tuple[str, str]:
    return module.left.name, module.right.name


def _counterparts(
    ledger: Ledger, integration: str, modules: list[str], side: Side, ids: frozenset[str]
) -> frozenset[str]:
    """What records of a side are linked to, by any of these modules."""
    if not ids:
        return frozenset()
    asked = pa.array(sorted(ids), pa.string())
    tables = [ledger.links_table(integration, name, asked, side) for name in modules]
    return frozenset(str(one) for table in tables for one in table[f"{other(side)}_id"].to_pylist())


def referring(one: ReferrerPlan, system: str, aim: Aim | None) -> tuple[bool, frozenset[str] | None]:
    """(whether records of a referring module count in this run, which of them; None = all)."""
    if aim is None or one.module in aim.modules:
        return True, None
    ids = aim.records.get(f"{system}.{one.stream}", frozenset())
    return bool(ids), ids
