"""Compile: one spec file to a plan, through a short list of passes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.compiler.choices import choose, defaults, holds
from engine.compiler.draft import Draft, Findings
from engine.compiler.habits import with_habits
from engine.compiler.lock import locked, read_lock
from engine.compiler.module import build_module, check_module
from engine.compiler.order import ordered
from engine.compiler.requirements import check_requirements, compile_requirement
from engine.compiler.rules import check_rules
from engine.compiler.systems import bind
from engine.plan import Plan, SystemPlan
from engine.spec.diagnostic import Diagnostic, SpecError
from engine.spec.excerpt import complete
from engine.spec.files import LOCK_SUFFIX, Load, loader_for
from engine.spec.read import read_mapping, read_spec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.catalog import Catalog
    from engine.compiler.parts import Checked
    from engine.expr.scope import OptionValue
    from engine.spec.model import Spec


def check_file(file: str, load: Load | None = None) -> tuple[Diagnostic, ...]:
    """Every finding about a spec or mapping file; empty = nothing to say."""
    load = load or loader_for(file)
    if file.endswith(LOCK_SUFFIX):
        return read_lock(file, load)[1]
    if _is_mapping(file, load):
        return read_mapping(file, load)[1]
    spec, findings = read_spec(file, load)
    if spec is None:
        return findings
    draft = _draft(spec, defaults(spec), {}, load)
    _check(draft)
    return complete((*findings, *draft.findings.found), load)


def compile_file(
    file: str, *, profile: Mapping[str, str] | None = None, live: Mapping[str, Catalog] | None = None
) -> Plan:
    """The plan of a spec for the choices made.

    `live`: catalogs as the systems themselves tell them, by system name. Raises SpecError with all findings if one
    of them is an error, UserError for a choice that does not exist.
    """
    load = loader_for(file)
    spec, findings = read_spec(file, load)
    if spec is None or any(one.severity == "error" for one in findings):
        raise SpecError(findings)
    draft = _draft(spec, choose(spec, profile or {}), live or {}, load)
    checked = _check(draft)
    if draft.findings.wrong:
        raise SpecError(complete((*findings, *draft.findings.found), load))
    return _plan(draft, checked)


def _draft(spec: Spec, options: Mapping[str, OptionValue], live: Mapping[str, Catalog], load: Load) -> Draft:
    findings = Findings()
    lock = locked(spec, load, findings)
    catalogs = with_habits(spec, bind(spec, findings, live, lock), findings)
    return Draft(
        spec=spec, options=options, catalogs=catalogs, locked=frozenset(lock) - set(live), findings=findings
    )


def _check(draft: Draft) -> dict[str, Checked]:
    """All names, types and rules of the whole spec; modules that stand for the choices made, checked."""
    for option in draft.spec.options.values():
        holds(draft, option.needs)
    standing: dict[str, Checked] = {}
    for module in draft.spec.modules.values():
        before = len(draft.not_built)
        checked = check_module(draft, module)
        if checked is not None and holds(draft, module.only_if):
            standing[module.name] = checked
        else:
            del draft.not_built[before:]  # a module that is switched off asks for nothing
    check_rules(draft)
    for check in draft.spec.requires:
        holds(draft, check.only_if)
        compile_requirement(draft, check)
    return standing


def _plan(draft: Draft, standing: Mapping[str, Checked]) -> Plan:
    spec = draft.spec
    requirements = check_requirements(draft)
    modules = tuple(build_module(draft, standing[name]) for name in ordered(spec, standing))
    if draft.findings.wrong:
        raise SpecError(complete(draft.findings.found, loader_for(spec.file)))
    return Plan(
        name=spec.name,
        title=spec.title or spec.name,
        file=spec.file,
        options={name: _shown(option) for name, option in draft.options.items()},
        systems={
            one.name: SystemPlan(
                name=one.name,
                connector=one.connector.value,
                settings=one.settings,
                place=f"{one.span.file}:{one.span.line}",
                catalog=draft.catalogs.get(one.name) if one.name in draft.locked else None,
            )
            for one in spec.systems.values()
        },
        requirements=requirements,
        modules=modules,
        not_built=tuple(dict.fromkeys(draft.not_built)),
        switched_off=tuple(name for name in spec.modules if name not in standing),
        discloses=tuple(f"{one.to.value}: {one.what.value}" for one in spec.discloses),
    )


def _shown(option: OptionValue) -> Any:
    value = option.value
    return value if value is None or isinstance(value, (bool, str)) else str(value)


def _is_mapping(file: str, load: Load) -> bool:
    """Whether a file starts like a mapping; an unreadable one is told so by the reader."""
    try:
        text = load(file).decode("utf-8", "replace")
    except OSError:
        return Path(file).parent.name == "mappings"
    keys = [line.partition(":")[0] for line in text.splitlines() if line[:1].isalpha()]
    return "mapping" in keys and "spec" not in keys
