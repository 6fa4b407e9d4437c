"""Systems: open the connectors that a plan names, with their references resolved."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.connectors.port import Connector, Surroundings
from engine.connectors.registry import connector_type
from engine.errors import UserError

if TYPE_CHECKING:
    from engine.event import Listener
    from engine.plan import Plan, SystemPlan

#: How addresses of this machine begin: a stand-in has another one each time.
_STAND_IN = ("http://127.0.0.1:", "http://localhost:")
REFERENCE = re.compile(r"\$\{(env|file):([^}]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a run may use of the machine it runs on."""

    folder: Path  #: where the ledger, tokens and the sandbox live
    environment: Mapping[str, str]
    #: system -> settings that replace those of the spec: how the sandbox stands in for a vendor
    overrides: Mapping[str, Mapping[str, Any]]
    listen: Listener


def open_systems(plan: Plan, world: World) -> dict[str, Connector]:
    """Every system of the plan, connected. Those already open are closed if one fails."""
    opened: dict[str, Connector] = {}
    try:
        for system in plan.systems.values():
            opened[system.name] = open_system(system, Path(plan.file).parent, world)
    except BaseException:
        close_systems(opened)
        raise
    return opened


def close_systems(systems: Mapping[str, Connector]) -> None:
    """Give every connection back."""
    for connector in systems.values():
        connector.close()


def open_system(system: SystemPlan, base: Path, world: World) -> Connector:
    """One system, connected; `base` = the folder of its spec."""
    override = world.overrides.get(system.name)
    settings = {**system.settings, **(override or {})}
    resolved = resolve(settings, base, world.environment, f"systems.{system.name} ({system.place})")
    surroundings = Surroundings(
        folder=world.folder,
        clock=time.time,
        sleep=time.sleep,
        sandbox=override is not None,
        emit=world.listen,
        catalog=system.catalog,
    )
    return connector_type(system.connector).open({**resolved, "_base": str(base)}, surroundings)


def settings_print(system: SystemPlan, base: Path, world: World) -> str:
    """A fingerprint of the settings that lead to an account, credentials included; where a stand-in answers is none."""
    settings = {**system.settings, **(world.overrides.get(system.name) or {})}
    resolved = resolve(settings, base, world.environment, f"systems.{system.name} ({system.place})")
    kept = {name: value for name, value in resolved.items() if not str(value).startswith(_STAND_IN)}
    return hashlib.sha256(json.dumps(kept, sort_keys=True, default=str).encode()).hexdigest()


def resolve(settings: Any, base: Path, environment: Mapping[str, str], where: str) -> Any:
    """Settings with `${env:NAME}` and `${file:PATH}` replaced by what they refer to.

    Raises UserError naming the reference, never a value, when it leads nowhere.
    """
    if isinstance(settings, Mapping):
        return {key: resolve(value, base, environment, where) for key, value in settings.items()}
    if isinstance(settings, list):
        return [resolve(value, base, environment, where) for value in settings]
    if not isinstance(settings, str):
        return settings
    return REFERENCE.sub(lambda found: _look_up(found, base, environment, where), settings)


def _look_up(found: re.Match[str], base: Path, environment: Mapping[str, str], where: str) -> str:
    kind, name = found.groups()
    if kind == "env":
        if name not in environment:
            raise UserError(
                f"{where} needs the environment variable {name}, which is not set.",
                remedy=f"Set {name}, or try the spec with --sandbox, which needs no credentials.",
            )
        return environment[name]
    path = base / name
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UserError(
            f"{where} needs the file {name}, which cannot be read: {error.strerror}.",
            remedy="Create it beside the spec, or correct the path.",
        ) from error


def environment() -> Mapping[str, str]:
    """The environment of this process."""
    return os.environ
