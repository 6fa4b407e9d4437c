"""Systems: bind each system of a spec to its connector's catalog, and check its settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.connectors.registry import connector_types
from engine.errors import EngineError
from engine.spec.model import StreamRef
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from engine.catalog import Catalog
    from engine.compiler.bind.lock import Lock
    from engine.compiler.draft.draft import Findings
    from engine.spec.model import Spec, System


def bind(spec: Spec, findings: Findings, live: Mapping[str, Catalog], lock: Lock) -> dict[str, Catalog]:
    """The catalog of each system: the live one where it is known, else what ships, under what was pulled."""
    bound: dict[str, Catalog] = {}
    used = used_streams(spec) if lock else {}
    for system in spec.systems.values():
        catalog = live.get(system.name) or _shipped(system, findings)
        pulled = lock.get(system.name)
        if catalog is not None and pulled is not None and system.name not in live:
            catalog = pulled.over(catalog, system.settings.get("streams") or ())
            # Once every stream of the spec is known, nothing needs to be asked of the system.
            catalog = replace(catalog, open=catalog.open and not used[system.name] <= set(catalog.streams))
        if catalog is not None:
            bound[system.name] = catalog
    return bound


def used_streams(spec: Spec) -> dict[str, set[str]]:
    """By system, the streams that a spec names."""
    used: dict[str, set[str]] = {name: set() for name in spec.systems}
    for check in spec.requires:
        for system, stream in re.findall(r"\b([a-z][\w-]*)\.(\w+)\.\w", check.check.value):
            used.get(system, set()).add(stream)
    waiting: list[Any] = [spec]
    while waiting:
        part = waiting.pop()
        if isinstance(part, StreamRef):
            used.get(part.system, set()).add(part.stream)
        elif is_dataclass(part):
            waiting += (getattr(part, one.name) for one in fields(part))
        elif isinstance(part, Mapping):
            waiting += part.values()
        elif isinstance(part, (tuple, list)):
            waiting += part
    return used


def _shipped(system: System, findings: Findings) -> Catalog | None:
    types = connector_types()
    name = system.connector.value
    if name not in types:
        hint = did_you_mean(name, types) or f"There are: {', '.join(types)}."
        findings.add(
            "unknown-connector", f"There is no connector `{name}`.", system.connector.span, hint=hint
        )
        return None
    try:
        kind = types[name]
        _check_settings(system, kind.settings, findings)
        if not _check_streams(system, kind.settings.get("properties", {}).get("streams"), findings):
            return None
        return kind.describe(system.settings)
    except EngineError as error:
        findings.add("connector", error.message, system.connector.span, hint=error.remedy)
        return None


def _check_settings(system: System, schema: Mapping[str, Any], findings: Findings) -> None:
    """Unknown and missing keys of `with:`; their values are references and are only known at run time."""
    known: Mapping[str, Any] = schema.get("properties", {})
    closed = schema.get("additionalProperties") is False
    for key in system.settings:
        if closed and key not in known:
            findings.add(
                "unknown-key",
                f"The connector `{system.connector}` has no setting `{key}`.",
                system.settings_at[key],
                hint=did_you_mean(key, known),
            )
    for key in schema.get("required", ()):
        if key not in system.settings:
            findings.add(
                "missing-key",
                f"The connector `{system.connector}` needs the setting `{key}`.",
                system.connector.span,
                hint=known.get(key, {}).get("description"),
            )


def _check_streams(system: System, schema: Mapping[str, Any] | None, findings: Findings) -> bool:
    """Whether `streams:` has the form that the connector takes; nothing in it may be a reference of another type."""
    from jsonschema import Draft202012Validator  # the check of the spec's own form has loaded it

    said = system.settings.get("streams")
    if schema is None or said is None:
        return True
    errors = sorted(Draft202012Validator(schema).iter_errors(said), key=lambda one: list(map(str, one.path)))
    for error in errors:
        place = ".".join(("streams", *map(str, error.absolute_path)))
        code, words = _said_of(error)
        findings.add(
            code, f"`{place}` {words}.", system.settings_at["streams"], hint=error.schema.get("description")
        )
    return not errors


def _said_of(error: Any) -> tuple[str, str]:
    """The code and the sentence of one mistake in the form of a setting."""
    if error.validator == "additionalProperties":
        unknown = next(iter(set(error.instance) - set(error.schema.get("properties", {}))))
        return "unknown-key", f"has no key `{unknown}`"
    if error.validator == "required":
        return "missing-key", f"needs {' and '.join(f'`{key}`' for key in error.validator_value)}"
    if error.validator == "enum":
        return "wrong-choice", f"is one of: {', '.join(map(str, error.validator_value))}"
    if error.validator == "type":
        wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
        names = {"string": "a text", "array": "a list", "object": "a mapping", "boolean": "true or false"}
        return "wrong-type", f"must be {' or '.join(names.get(one, 'a whole number') for one in wanted)}"
    return "wrong-form", "does not have the form that it takes"
