"""What a command looks up in the compiled plan of SPEC: its modules, their ends, the names of their systems."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.shared.spec import find_spec
from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.plan import ModulePlan, Plan


def plan_of(spec: str, choices: Mapping[str, str]) -> Plan:
    """The plan, compiled offline."""
    from engine.compiler import compile_file

    return compile_file(str(find_spec(spec)), profile=choices)


def plan_if_file(spec: str, choices: Mapping[str, str]) -> Plan | None:
    """The plan; None where SPEC is only the name of an integration that has run."""
    name = Path(spec)
    if not name.is_file() and not name.suffix and name.parent == Path():
        return None
    return plan_of(spec, choices)


def module_of(plan: Plan, name: str) -> ModulePlan:
    """The module of that name. Raises UserError if it does not run."""
    for one in plan.modules:
        if one.name == name:
            return one
    off = " It is switched off by the options." if name in plan.switched_off else ""
    raise UserError(
        f"{plan.file} has no module `{name}` that runs.{off}",
        remedy=f"These do: {', '.join(one.name for one in plan.modules)}.",
    )
