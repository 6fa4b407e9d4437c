"""Draft: what is fixed while a spec is compiled, and where a pass notes what it finds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from engine.catalog import Catalog, Stream
from engine.expr.scope import FieldScope, ManyScope, OptionValue, Walk
from engine.plan import NotBuilt
from engine.spec.diagnostic import Diagnostic, Severity, Span, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.compiler.draft.parts import Hand
    from engine.expr.error import ExprError
    from engine.spec.files import Load
    from engine.spec.model import Spec, StreamRef


@dataclass(slots=True, kw_only=True)
class Findings:
    """What one pass, or a part of it, finds; whoever runs it decides what of it counts."""

    already: bool = False  #: whether an error was found before
    found: list[Diagnostic] = field(default_factory=list)
    not_built: list[NotBuilt] = field(default_factory=list)  #: what is asked for and cannot be run yet

    def add(
        self, code: str, message: str, span: Span, *, hint: str | None = None, severity: Severity = "error"
    ) -> None:
        """Note one finding."""
        self.found.append(Diagnostic(severity=severity, code=code, message=message, span=span, hint=hint))

    def expression(self, error: ExprError, text: Text) -> None:
        """Note what is wrong with an expression, at the place inside its text."""
        span = text.at(error.offset, error.length) if error.length else text.span
        self.add(error.code, error.message, span, hint=error.hint)

    def not_yet(self, what: str, span: Span) -> None:
        """Note what is asked for and cannot be run yet."""
        self.not_built.append(NotBuilt(what=what, place=place(span)))

    def take(self, part: Findings, *, stands: bool = True) -> None:
        """Add those of a part; one that does not stand asks for nothing."""
        self.found += part.found
        self.not_built += part.not_built if stands else ()

    @property
    def wrong(self) -> bool:
        """Whether an error is among them, or was found before."""
        return self.already or any(one.severity == "error" for one in self.found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is fixed while one spec is compiled, and where the pass at work notes what it finds."""

    spec: Spec
    options: Mapping[str, OptionValue]
    catalogs: Mapping[str, Catalog]  #: by system; a system whose connector is unknown is left out
    load: Load  #: the files beside the spec
    beside: Callable[
        [str], Spec | None
    ]  #: the spec of another integration; None = there is none of that name
    locked: frozenset[str] = frozenset()  #: systems whose catalog was pulled and is kept beside the spec
    hand: Hand | None = None  #: None = the whole spec is compiled, for runs
    findings: Findings = field(default_factory=Findings)

    def part(self) -> Draft:
        """The same for a part of the work, whose findings are its own until they are taken."""
        return replace(self, findings=Findings(already=self.findings.wrong))

    def stream(self, ref: StreamRef) -> Stream | None:
        """The stream that a reference names; None where it is not known (a finding says so)."""
        catalog = self.catalogs.get(ref.system)
        if catalog is None:
            return None
        found = catalog.streams.get(ref.stream)
        if found is None and catalog.open:
            return replace(catalog.unmade or Stream(name="", id="", open=True), name=ref.stream)
        return found

    def scope(self, ref: StreamRef, stream: Stream, *functions: str, walk: bool = False) -> FieldScope:
        """What names mean beside the fields of a stream."""
        return FieldScope(
            stream=stream,
            options=self.options,
            system=ref.system,
            untold=ref.system in self.catalogs and self.catalogs[ref.system].tells_types,
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
