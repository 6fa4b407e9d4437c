"""Compile: one spec file to a plan, through a short list of passes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.compiler.bind.choices import choose, defaults, holds
from engine.compiler.bind.habits import with_habits
from engine.compiler.bind.lock import locked, read_lock
from engine.compiler.bind.profile import read_profile, spec_of
from engine.compiler.bind.systems import bind
from engine.compiler.draft.draft import Draft, Findings
from engine.compiler.module import build_module, check_module
from engine.compiler.order import ordered
from engine.compiler.rules.associations import compile_associations
from engine.compiler.rules.guards import check_guards
from engine.compiler.rules.lifecycle import accounts, compile_lifecycle
from engine.compiler.rules.mails import mail_server
from engine.compiler.rules.requirements import check_requirements, decide_requirement
from engine.compiler.rules.trigger import check_trigger
from engine.errors import UserError
from engine.plan import Plan, SystemPlan
from engine.spec.diagnostic import Diagnostic, SpecError
from engine.spec.excerpt import complete
from engine.spec.files import LOCK_SUFFIX, PROFILE_SUFFIX, Load, loader_for
from engine.spec.read import read_mapping, read_spec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.catalog import Catalog
    from engine.compiler.draft.parts import Checked, Hand
    from engine.expr.scope import OptionValue
    from engine.spec.diagnostic import Text
    from engine.spec.model import Spec


def check_file(file: str, load: Load | None = None) -> tuple[Diagnostic, ...]:
    """Every finding about a spec or mapping file; empty = nothing to say."""
    load = load or loader_for(file)
    if file.endswith(LOCK_SUFFIX):
        return read_lock(file, load)[1]
    if file.endswith(PROFILE_SUFFIX):
        return _check_profile(file, load)
    if _is_mapping(file, load):
        return read_mapping(file, load)[1]
    spec, findings = read_spec(file, load)
    if spec is None:
        return findings
    return complete((*findings, *_found(spec, defaults(spec), load)), load)


def _found(spec: Spec, options: Mapping[str, OptionValue], load: Load) -> list[Diagnostic]:
    """What is wrong with a spec for some choices."""
    return checked_modules(spec, options, load)[0].findings.found


def checked_modules(
    spec: Spec, options: Mapping[str, OptionValue], load: Load
) -> tuple[Draft, dict[str, Checked]]:
    """A spec for some choices, with every finding, and its modules and triggers that stand."""
    draft = _draft(spec, options, {}, load)
    return draft, _check(draft)


def _check_profile(file: str, load: Load) -> tuple[Diagnostic, ...]:
    """What is wrong with a profile, and with the spec beside it once these choices are made."""
    spec, findings = spec_of(file, load)
    if spec is None:
        return findings
    given, findings = read_profile(file, spec, load)
    if given is None:
        return findings
    known = _found(spec, defaults(spec), load)
    found = [one for one in _found(spec, choose(spec, given), load) if one not in known]
    return complete((*findings, *found), load)


def compile_file(
    file: str,
    *,
    profile: Mapping[str, str] | None = None,
    live: Mapping[str, Catalog] | None = None,
    hand: Hand | None = None,
) -> Plan:
    """The plan of a spec for the choices made; with `hand`, of the one trigger that a person asks for.

    `live`: catalogs as the systems themselves tell them, by system name. Raises SpecError with all findings if one
    of them is an error, UserError for a choice or a trigger that does not exist.
    """
    load = loader_for(file)
    spec, findings = read_spec(file, load)
    if spec is None or any(one.severity == "error" for one in findings):
        raise SpecError(findings)
    draft = _draft(spec, choose(spec, profile or {}), live or {}, load)
    draft.hand = hand
    checked = _check(draft)
    if draft.findings.wrong:
        raise SpecError(complete((*findings, *draft.findings.found), load))
    return _plan(draft, checked)


def _draft(spec: Spec, options: Mapping[str, OptionValue], live: Mapping[str, Catalog], load: Load) -> Draft:
    findings = Findings()
    lock = locked(spec, load, findings)
    catalogs = with_habits(spec, bind(spec, findings, live, lock), findings)
    return Draft(
        spec=spec,
        options=options,
        catalogs=catalogs,
        locked=frozenset(lock) - set(live),
        findings=findings,
        load=load,
    )


def _check(draft: Draft) -> dict[str, Checked]:
    """All names, types and rules of the whole spec; modules that stand for the choices made, checked."""
    for option in draft.spec.options.values():
        holds(draft, option.needs)
    standing: dict[str, Checked] = {}
    for module in draft.spec.modules.values():
        before = len(draft.not_built)
        _stand(draft, standing, check_module(draft, module), module.only_if, before)
    for trigger in draft.spec.triggers.values():
        before = len(draft.not_built)
        _stand(draft, standing, check_trigger(draft, trigger), trigger.only_if, before)
    before = len(draft.not_built)
    check_guards(draft, standing)
    draft.associations = compile_associations(draft, standing)
    draft.lifecycle = compile_lifecycle(draft)
    if draft.hand is not None:
        del draft.not_built[before:]
    for check in draft.spec.requires:
        decide_requirement(draft, check)
    return standing


def _stand(
    draft: Draft, standing: dict[str, Checked], checked: Checked | None, only_if: Text | None, before: int
) -> None:
    """Keep a module or trigger that stands; one that takes no part asks for nothing that is not built."""
    stands = holds(draft, only_if) and checked is not None
    if stands and checked is not None:
        standing[checked.module.name] = checked
    asked_for = checked is not None and draft.hand is not None and checked.module.name == draft.hand.trigger
    if not stands or (draft.hand is not None and not asked_for):
        del draft.not_built[before:]


def _plan(draft: Draft, standing: Mapping[str, Checked]) -> Plan:
    spec = draft.spec
    requirements = check_requirements(draft)
    if draft.hand is not None:
        standing = _alone(draft, standing, draft.hand)
    draft.standing = standing
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
        switched_off=tuple(name for name in (*spec.modules, *spec.triggers) if name not in standing),
        asleep=tuple(name for name in spec.triggers if name not in standing) if draft.hand is None else (),
        mail=mail_server(spec),
        associations=draft.associations,
        discloses=tuple(f"{one.to.value}: {one.what.value}" for one in spec.discloses),
        accounts=accounts(draft),
        lifecycle=draft.lifecycle,
    )


def _alone(draft: Draft, standing: Mapping[str, Checked], hand: Hand) -> dict[str, Checked]:
    """Only the trigger that a person asks for. Raises UserError if there is none that takes orders."""
    found = standing.get(hand.trigger)
    if hand.enrol:
        return {hand.trigger: _enrolling(draft, standing, hand.trigger)}
    if found is not None and found.trigger is not None and found.trigger.by_hand:
        return {hand.trigger: found}
    known = [name for name, one in standing.items() if one.trigger is not None and one.trigger.by_hand]
    why = "it does not say `by: hand`" if found is not None else "no such trigger takes part"
    raise UserError(
        f"`{draft.spec.name}` has nothing to do by hand that is called `{hand.trigger}`: {why}.",
        remedy=f"These can be started by hand: {', '.join(known) or 'none'}.",
    )


def _enrolling(draft: Draft, standing: Mapping[str, Checked], name: str) -> Checked:
    """The module to which a person adds a record. Raises UserError if its records take part by themselves."""
    found = standing.get(name)
    if found is not None and found.enrol is not None:
        return found
    known = [name for name, one in standing.items() if one.enrol is not None]
    raise UserError(
        f"`{draft.spec.name}` has no module `{name}` whose records are enrolled by hand.",
        remedy=f"These have records that are enrolled: {', '.join(known) or 'none'}.",
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
