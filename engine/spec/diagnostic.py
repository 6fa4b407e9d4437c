"""Findings about a spec are values: gathered all at once, each at its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Span:
    """A stretch of a file; lines and columns count from 1, the end column is exclusive."""

    file: str  #: the path as the caller gave it
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        """The form that editors make clickable."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A string of a spec together with its place: every expression, name and template is one."""

    value: str
    span: Span
    #: (line, column) of the first character inside quotes or block; None = folded or escaped, offsets are unknown.
    start: tuple[int, int] | None = None
    #: columns that each further line of a literal block is indented by
    indent: int = 0

    def __str__(self) -> str:
        """The text itself."""
        return self.value

    def at(self, offset: int, length: int = 1) -> Span:
        """The place of a part of this text; of the whole text where offsets cannot be known."""
        if self.start is None:
            return self.span
        before = self.value[:offset]
        newlines = before.count("\n")
        line = self.start[0] + newlines
        column = len(before) - (before.rfind("\n") + 1) + (self.start[1] if not newlines else self.indent + 1)
        return Span(
            file=self.span.file, line=line, column=column, end_line=line, end_column=column + max(length, 1)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One finding: what is wrong, where, and what was probably meant."""

    severity: Severity
    code: str  #: stable, such as `unknown-key`; listed in docs/findings.md
    message: str  #: one sentence, names in backticks
    span: Span
    hint: str | None = None  #: what to write instead; None = the message says it
    excerpt: str | None = None  #: the line of the file the span starts on; None = the file could not be read
    related: tuple[Span, ...] = field(
        default=()
    )  #: other places that matter, such as the first of two duplicates


class SpecError(Exception):
    """The spec has findings of severity error. Carries every finding, not only the errors."""

    def __init__(self, findings: tuple[Diagnostic, ...]) -> None:
        super().__init__(f"{len(findings)} findings")
        self.findings = findings
