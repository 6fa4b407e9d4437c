"""Draft: what the compiler knows while its passes work, and where findings gather."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from engine.catalog import Catalog, Stream
from engine.expr.scope import FieldScope, ManyScope, OptionValue, Walk
from engine.spec.diagnostic import Diagnostic, Severity, Span, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.compiler.draft.parts import Checked, Hand
    from engine.expr.error import ExprError
    from engine.plan import AssociationPlan, NotBuilt
    from engine.plan.lifecycle import StagePlan
    from engine.spec.files import Load
    from engine.spec.model import Spec, StreamRef


@dataclass(slots=True, kw_only=True)
class Findings:
    """Findings of all files of one spec so far."""

    found: list[Diagnostic] = field(default_factory=list)

    def add(
        self, code: str, message: str, span: Span, *, hint: str | None = None, severity: Severity = "error"
    ) -> None:
        """Note one finding."""
        self.found.append(Diagnostic(severity=severity, code=code, message=message, span=span, hint=hint))

    def expression(self, error: ExprError, text: Text) -> None:
        """Note what is wrong with an expression, at the place inside its text."""
        span = text.at(error.offset, error.length) if error.length else text.span
        self.add(error.code, error.message, span, hint=error.hint)

    @property
    def wrong(self) -> bool:
        """Whether an error is among them."""
        return any(one.severity == "error" for one in self.found)


@dataclass(slots=True, kw_only=True)
class Draft:
    """One spec on its way to a plan."""

    spec: Spec
    options: Mapping[str, OptionValue]
    catalogs: Mapping[str, Catalog]  #: by system; a system whose connector is unknown is left out
    findings: Findings
    load: Load | None = None  #: the files beside the spec; None = as they are on the disk
    locked: frozenset[str] = frozenset()  #: systems whose catalog was pulled and is kept beside the spec
    not_built: list[NotBuilt] = field(default_factory=list)
    #: specs of other integrations that were looked for beside this one; None = there is none of that name
    beside: dict[str, Spec | None] = field(default_factory=dict)
    standing: Mapping[str, Checked] = field(
        default_factory=dict
    )  #: modules and triggers that take part, checked
    lifecycle: Mapping[str, StagePlan] = field(default_factory=dict)  #: the stages that the spec speaks of
    associations: tuple[AssociationPlan, ...] = ()  #: that stand for the choices made
    hand: Hand | None = None  #: None = the whole spec is compiled, for runs

    def stream(self, ref: StreamRef) -> Stream | None:
        """The stream that a reference names; None where it is not known (a finding says so)."""
        catalog = self.catalogs.get(ref.system)
        if catalog is None:
            return None
        found = catalog.streams.get(ref.stream)
        if found is None and catalog.open:
            return Stream(name=ref.stream, id="", open=True)
        return found

    def scope(self, ref: StreamRef, stream: Stream, *functions: str, walk: bool = False) -> FieldScope:
        """What names mean beside the fields of a stream."""
        return FieldScope(
            stream=stream,
            options=self.options,
            system=ref.system,
            functions=frozenset({"today", *functions}),
            walk=self.walker(ref.system) if walk else None,
        )

    def pair_scope(self, refs: Mapping[str, StreamRef], own: str) -> ManyScope:
        """What names mean for a record that would be copied: its own fields, or `left.` and `right.` ones."""
        scopes = {}
        for side, ref in refs.items():
            stream = self.stream(ref)
            if stream is not None:
                scopes[side] = replace(
                    self.scope(ref, stream, "linked", "origin", walk=True), prefix=f"{side}."
                )
        scopes[""] = replace(scopes[own], prefix="")
        return ManyScope(scopes=scopes, options=self.options, functions=scopes[own].functions)

    def walker(self, system: str) -> Walk:
        """The stream behind a reference field of a system."""
        catalog = self.catalogs[system]
        return lambda reference: catalog.streams.get(reference.refers or "")


def place(span: Span) -> str:
    """file:line, as plans and held records show it."""
    return f"{span.file}:{span.line}"
