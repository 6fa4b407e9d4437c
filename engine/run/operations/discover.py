"""Discover: compile against the catalogs that only the systems themselves know, such as a database's tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.compiler import compile_file
from engine.connectors.registry import connector_type
from engine.run.session.systems import close_systems, open_systems
from engine.run.sync.opened import refuse_unbuilt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.catalog import Catalog
    from engine.compiler.draft.parts import Hand
    from engine.plan import Plan
    from engine.run.session.run_request import RunRequest


def compile_live(
    file: str, profile: Mapping[str, str], request: RunRequest, hand: Hand | None = None
) -> Plan:
    """The plan of a spec, against what its systems really have. Raises as `against_live`."""
    return against_live(compile_file(file, profile=profile, hand=hand), profile, request, hand)


def against_live(
    plan: Plan, profile: Mapping[str, str], request: RunRequest, hand: Hand | None = None
) -> Plan:
    """The plan compiled again with the catalogs of systems that only know them once connected.

    Raises SpecError with the findings, UserError or TemporaryError if a system cannot be asked.
    """
    refuse_unbuilt(plan)
    asked = {name for name, system in plan.systems.items() if _is_open(plan, name, system.connector)}
    if not asked:
        return plan
    request.folder.mkdir(parents=True, exist_ok=True)
    some = replace(plan, systems={name: plan.systems[name] for name in sorted(asked)})
    systems = open_systems(some, request.world())
    try:
        live: dict[str, Catalog] = {name: connector.catalog() for name, connector in systems.items()}
    finally:
        close_systems(systems)
    return compile_file(plan.file, profile=profile, live=live, hand=hand)


def _is_open(plan: Plan, name: str, connector: str) -> bool:
    pulled = plan.systems[name].catalog
    return (pulled or connector_type(connector).describe(plan.systems[name].settings)).open
