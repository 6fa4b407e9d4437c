"""The compiled spec as a whole."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from engine.plan.words import digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.catalog import Catalog
    from engine.plan.association import AssociationPlan
    from engine.plan.lifecycle import AccountPlan, StagePlan
    from engine.plan.module import ModulePlan
    from engine.plan.requirement import RequirementPlan
    from engine.plan.rule import MailServer


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPlan:
    """A system as the spec names it; references in its settings are resolved only when it is opened."""

    name: str
    connector: str
    settings: Mapping[str, Any]
    place: str
    #: as it was pulled and is kept beside the spec; None = the connector knows its own
    catalog: Catalog | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotBuilt:
    """A construct that is checked but cannot be run by this version."""

    what: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The compiled spec."""

    name: str
    title: str
    file: str
    options: Mapping[str, Any]
    systems: Mapping[str, SystemPlan]
    requirements: tuple[RequirementPlan, ...]
    modules: tuple[ModulePlan, ...]  #: in the order they run; triggers are among them
    not_built: tuple[NotBuilt, ...] = ()
    switched_off: tuple[str, ...] = field(default=())  #: modules and triggers whose `if` does not hold
    asleep: tuple[str, ...] = ()  #: the triggers among them: they begin anew once they are switched on again
    mail: MailServer | None = None  #: None = nobody is written to
    discloses: tuple[str, ...] = ()  #: what connecting shows, as `system: sentence`
    associations: tuple[AssociationPlan, ...] = ()  #: that stand for the choices made
    accounts: tuple[AccountPlan, ...] = ()  #: of the systems that tell whose account they are
    lifecycle: Mapping[str, StagePlan] = field(default_factory=dict)  #: the stages that the spec speaks of

    @property
    def fingerprint(self) -> str:
        """A digest of everything the plan says."""
        return digest(self.describe())

    def describe(self) -> dict[str, Any]:
        """The whole plan as JSON values, in a stable order. Settings are shown as written, never resolved."""
        said = asdict(self)
        for system in said["systems"].values():
            pulled = system.pop("catalog")
            if pulled is not None:
                system["catalog"] = digest(pulled)  # the lock beside the spec shows it in full
        return said
