"""Report: where findings gather while one file is read; it never stops at the first."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from engine.spec.diagnostic import Diagnostic, Severity, Span
from engine.spec.hint import cut_by_hash

if TYPE_CHECKING:
    from collections.abc import Iterable

#: More findings than this in one file tell a person nothing new, and cost time and memory.
MOST_FINDINGS = 200


@dataclass(slots=True, kw_only=True)
class Report:
    """The findings of one file so far."""

    file: str  #: its name in findings
    lines: tuple[str, ...] = ()  #: for excerpts
    findings: list[Diagnostic] = field(default_factory=list)

    def add(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        hint: str | None = None,
        related: Iterable[Span] = (),
        severity: Severity = "error",
        secret: bool = False,
    ) -> None:
        """Note one finding; beyond the limit it is dropped. `secret`: the excerpt hides what it points at."""
        if self.full:
            return
        found = Diagnostic(
            severity=severity, code=code, message=message, span=span, hint=hint, related=tuple(related)
        )
        found = cut_by_hash(with_excerpt(found, self.lines))
        self.findings.append(_masked(found) if secret else found)

    def span(self, stretch: tuple[int, int, int]) -> Span:
        """A stretch of one line, counted from 0 (line, first column, column behind the last), as a place."""
        line, column, end = stretch
        return Span(file=self.file, line=line + 1, column=column + 1, end_line=line + 1, end_column=end + 1)

    @property
    def full(self) -> bool:
        """Whether further findings would be dropped; looking for them would only cost time."""
        return len(self.findings) >= MOST_FINDINGS

    @property
    def wrong(self) -> bool:
        """Whether an error is among the findings."""
        return any(found.severity == "error" for found in self.findings)


def with_excerpt(found: Diagnostic, lines: tuple[str, ...]) -> Diagnostic:
    """The same finding with the line it starts on; unchanged where it has one or the line does not exist."""
    if found.excerpt is not None or not 1 <= found.span.line <= len(lines):
        return found
    return replace(found, excerpt=lines[found.span.line - 1])


def _masked(found: Diagnostic) -> Diagnostic:
    line = found.excerpt or ""
    start, end = found.span.column - 1, found.span.end_column - 1
    return replace(found, excerpt=line[:start] + "*" * (end - start) + line[end:])


def in_order(findings: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each finding once, by file and place."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda found: (found.span, found.code, found.message)))
