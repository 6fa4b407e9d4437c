"""Excerpts: findings of later stages get their line, and the hint that a value may have been cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.spec.hint import cut_by_hash
from engine.spec.report import in_order, with_excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.spec.diagnostic import Diagnostic, Span
    from engine.spec.files import Load


def complete(findings: Iterable[Diagnostic], load: Load) -> tuple[Diagnostic, ...]:
    """The findings in order, each once, with excerpts; those of a file that is gone by now stay without."""
    earlier, later = _stages(findings)
    lines: dict[str, tuple[str, ...]] = {}
    whole = list(earlier)
    for found in later:
        file = found.span.file
        if file not in lines:
            lines[file] = _lines(file, load)
        whole.append(cut_by_hash(with_excerpt(found, lines.get(file, ()))))
    return in_order(whole)


def _stages(findings: Iterable[Diagnostic]) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """Findings of the reader, which have excerpts, and what later stages add to them.

    A place that the reader has found wrong is not told again: a later stage stumbles over the same mistake.
    """
    every = list(findings)
    earlier = [found for found in every if found.excerpt is not None]
    wrong = [found.span for found in earlier if found.severity == "error"]
    later = [found for found in every if found.excerpt is None]
    return earlier, [found for found in later if not any(_inside(found.span, span) for span in wrong)]


def _inside(inner: Span, outer: Span) -> bool:
    same_line = (inner.file, inner.line) == (outer.file, outer.line)
    return same_line and outer.column <= inner.column < outer.end_column


def _lines(file: str, load: Load) -> tuple[str, ...]:
    try:
        return tuple(load(file).decode("utf-8-sig", "replace").replace("\r\n", "\n").split("\n"))
    except OSError:
        return ()  # it was readable a moment ago; the finding is worth more than its line
