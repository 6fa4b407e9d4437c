"""Compile: a spec becomes a plan through a tuple of passes, each of which returns what it makes and finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.compiler.bind.choices import choose, defaults, holds
from engine.compiler.bind.habits import with_habits
from engine.compiler.bind.keeper import specs_beside
from engine.compiler.bind.lock import locked, read_lock
from engine.compiler.bind.profile import read_profile, spec_of
from engine.compiler.bind.systems import bind
from engine.compiler.by_hand import asked_for
from engine.compiler.draft.draft import Draft, Findings, place
from engine.compiler.module import build_module, check_module
from engine.compiler.order import closed_ring, ordered
from engine.compiler.rounds import check_rounds
from engine.compiler.rules.associations import compile_associations
from engine.compiler.rules.guards import check_guards
from engine.compiler.rules.lifecycle import accounts, compile_lifecycle
from engine.compiler.rules.mails import mail_server
from engine.compiler.rules.requirements import check_requirements, decide_requirement
from engine.compiler.rules.trigger import check_trigger
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
    from engine.plan import AssociationPlan, ModulePlan, NotBuilt, RequirementPlan
    from engine.plan.lifecycle import StagePlan
    from engine.spec.model import Module, Spec, System, Trigger


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


def _found(spec: Spec, options: Mapping[str, OptionValue], load: Load) -> tuple[Diagnostic, ...]:
    """What is wrong with a spec for some choices."""
    return checked_modules(spec, options, load)[1].found


def checked_modules(spec: Spec, options: Mapping[str, OptionValue], load: Load) -> tuple[Draft, Made]:
    """A spec for some choices, with every finding, and its modules and triggers that stand."""
    draft = _draft(spec, options, {}, load, None)
    return draft, _passed(draft, Made(found=tuple(draft.findings.found)), CHECKS)


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
    draft = _draft(spec, choose(spec, profile or {}), live or {}, load, hand)
    made = Made(found=(*findings, *draft.findings.found))
    for passes in (CHECKS, BUILDS):
        made = _passed(draft, made, passes)
        if made.wrong:
            raise SpecError(complete(made.found, load))
    return _plan(draft, made)


def _draft(
    spec: Spec,
    options: Mapping[str, OptionValue],
    live: Mapping[str, Catalog],
    load: Load,
    hand: Hand | None,
) -> Draft:
    findings = Findings()
    lock = locked(spec, load, findings)
    catalogs = with_habits(spec, bind(spec, findings, live, lock), findings)
    return Draft(
        spec=spec,
        options=options,
        catalogs=catalogs,
        load=load,
        beside=specs_beside(spec.file),
        locked=frozenset(lock) - set(live),
        hand=hand,
        findings=findings,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What the passes have made of a spec so far, and found."""

    standing: Mapping[str, Checked] = field(default_factory=dict)  #: modules and triggers that take part
    associations: tuple[AssociationPlan, ...] = ()
    lifecycle: Mapping[str, StagePlan] = field(default_factory=dict)
    requirements: tuple[RequirementPlan, ...] = ()
    modules: tuple[ModulePlan, ...] = ()  #: in the order they run
    found: tuple[Diagnostic, ...] = ()
    not_built: tuple[NotBuilt, ...] = ()  #: what is asked for and cannot be run yet

    @property
    def wrong(self) -> bool:
        """Whether an error was found."""
        return any(one.severity == "error" for one in self.found)


Pass = Callable[[Draft, Made], Made]


def _passed(draft: Draft, made: Made, passes: tuple[Pass, ...]) -> Made:
    """What is made once each pass has worked, with findings of its own."""
    for work in passes:
        own = replace(draft, findings=Findings(already=made.wrong))
        made = work(own, made)
        made = replace(
            made,
            found=(*made.found, *own.findings.found),
            not_built=(*made.not_built, *own.findings.not_built),
        )
    return made


def _options(draft: Draft, made: Made) -> Made:
    for option in draft.spec.options.values():
        holds(draft, option.needs)
    return made


def _modules(draft: Draft, made: Made) -> Made:
    found = (_standing(draft, check_module, one) for one in draft.spec.modules.values())
    return replace(made, standing={**made.standing, **{one.module.name: one for one in found if one}})


def _triggers(draft: Draft, made: Made) -> Made:
    found = (_standing(draft, check_trigger, one) for one in draft.spec.triggers.values())
    return replace(made, standing={**made.standing, **{one.module.name: one for one in found if one}})


def _standing(
    draft: Draft, check: Callable[[Draft, Any], Checked | None], one: Module | Trigger
) -> Checked | None:
    """A module or trigger that takes part; only one that a person asks for, if any, can lack what it needs."""
    part = draft.part()
    checked = check(part, one)
    stands = holds(draft, one.only_if)
    asked = draft.hand is None or draft.hand.trigger == one.name
    draft.findings.take(part.findings, stands=stands and asked and checked is not None)
    return checked if stands else None


def _rounds(draft: Draft, made: Made) -> Made:
    check_rounds(draft, tuple(made.standing.values()))
    return made


def _guards(draft: Draft, made: Made) -> Made:
    return replace(made, standing=check_guards(draft, made.standing))


def _associations(draft: Draft, made: Made) -> Made:
    return replace(made, associations=compile_associations(draft, made.standing))


def _lifecycle(draft: Draft, made: Made) -> Made:
    return replace(made, lifecycle=compile_lifecycle(draft))


def _decided(draft: Draft, made: Made) -> Made:
    for check in draft.spec.requires:
        decide_requirement(draft, check)
    return made


def _rings(draft: Draft, made: Made) -> Made:
    """Modules that wait for each other cannot run, whatever is chosen of what can be filled in later."""
    ring = closed_ring(draft.spec, made.standing)
    if ring and not made.wrong:
        first = made.standing[ring[0]].module
        draft.findings.add(
            "ring",
            f"Each of these waits for the one before it, so no record of them can be made: {' -> '.join(ring)}.",
            first.span,
            hint="Let one of them come later: a `refers` with neither `required` nor `on: create` can wait.",
        )
    return made


def _required(draft: Draft, made: Made) -> Made:
    return replace(made, requirements=check_requirements(draft))


def _by_hand(draft: Draft, made: Made) -> Made:
    return made if draft.hand is None else replace(made, standing=asked_for(draft, made.standing, draft.hand))


def _built(draft: Draft, made: Made) -> Made:
    names = ordered(draft.spec, made.standing)
    built = (build_module(draft, made.standing[name], made.standing) for name in names)
    return replace(made, modules=tuple(built))


#: All names, types and rules of a spec, for the choices made.
CHECKS: tuple[Pass, ...] = (
    _options,
    _modules,
    _triggers,
    _rounds,
    _guards,
    _associations,
    _lifecycle,
    _decided,
    _rings,
)
#: What a run needs of a spec that is right.
BUILDS: tuple[Pass, ...] = (_required, _by_hand, _built)


def _plan(draft: Draft, made: Made) -> Plan:
    spec = draft.spec
    idle = [name for name in (*spec.modules, *spec.triggers) if name not in made.standing]
    return Plan(
        name=spec.name,
        title=spec.title or spec.name,
        file=spec.file,
        options={name: _shown(option) for name, option in draft.options.items()},
        systems={name: _system(draft, one) for name, one in spec.systems.items()},
        requirements=made.requirements,
        modules=made.modules,
        not_built=tuple(dict.fromkeys(made.not_built)),
        switched_off=tuple(idle),
        asleep=tuple(name for name in idle if name in spec.triggers) if draft.hand is None else (),
        mail=mail_server(spec),
        associations=made.associations,
        discloses=tuple(f"{one.to.value}: {one.what.value}" for one in spec.discloses),
        accounts=accounts(draft),
        lifecycle=made.lifecycle,
    )


def _system(draft: Draft, one: System) -> SystemPlan:
    return SystemPlan(
        name=one.name,
        connector=one.connector.value,
        settings=one.settings,
        place=place(one.span),
        catalog=draft.catalogs.get(one.name) if one.name in draft.locked else None,
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
