"""Excerpts: findings of later stages get their line, and the hint that a value may have been cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.spec.hint import cut_by_hash
from engine.spec.report import in_order, with_excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.spec.diagnostic import Diagnostic
    from engine.spec.files import Load


def complete(findings: Iterable[Diagnostic], load: Load) -> tuple[Diagnostic, ...]:
    """The findings in order, each once, with excerpts; those of a file that is gone by now stay without."""
    lines: dict[str, tuple[str, ...]] = {}
    whole = []
    for found in findings:
        file = found.span.file
        if found.excerpt is None and file not in lines:
            lines[file] = _lines(file, load)
        whole.append(cut_by_hash(with_excerpt(found, lines.get(file, ()))))
    return in_order(whole)


def _lines(file: str, load: Load) -> tuple[str, ...]:
    try:
        return tuple(load(file).decode("utf-8-sig", "replace").replace("\r\n", "\n").split("\n"))
    except OSError:
        return ()  # it was readable a moment ago; the finding is worth more than its line
