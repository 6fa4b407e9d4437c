"""What a trigger that was started by hand has done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.render.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.plan import ModulePlan
    from engine.run.session.report import ChangeLine, RunReport

_VERBS = {"create": "created", "change": "changed", "delete": "deleted"}


def done_text(module: ModulePlan, source: str, target: str | None, report: RunReport) -> str:
    """One sentence."""
    act = _VERBS[module.trigger.act] if module.trigger else "created"
    what = f"{act} {module.right.name}:{target}" if target is not None else "had nothing to do"
    return printable(f"{module.name} {what} for {module.left.name}:{source} (run {report.run}).") + "\n"


def enrolled_text(module: ModulePlan, source: str, target: str | None, report: RunReport) -> str:
    """One sentence; `source` and `target` as people write records."""
    where = f": it is now {target}" if target is not None else ""
    return printable(f"{source} is enrolled in `{module.name}`{where} (run {report.run}).") + "\n"


def withdrawn_text(module: ModulePlan, source: str, target: str | None, report: RunReport) -> str:
    """One sentence."""
    deleted = module.deletes == "propagate"
    fate = f"; {target} {'was deleted' if deleted else 'stays as it is'}" if target is not None else ""
    return printable(f"{source} is no longer enrolled in `{module.name}`{fate} (run {report.run}).") + "\n"


def enrolled_json(
    word: str, source: str, target: str | None, lines: Sequence[ChangeLine], report: RunReport
) -> dict[str, Any]:
    """The object that `do MODULE.enrol --format json` prints."""
    return {
        "did": word,
        "record": source,
        "target": target,
        "fields": {change.field: [change.before, change.after] for line in lines for change in line.fields},
        "run": report.run,
    }


def done_json(
    module: ModulePlan, source: str, target: str | None, lines: Sequence[ChangeLine], report: RunReport
) -> dict[str, Any]:
    """The object that `do --format json` prints."""
    return {
        "trigger": module.name,
        "record": f"{module.left.name}:{source}",
        "target": f"{module.right.name}:{target}" if target is not None else None,
        "fields": {change.field: [change.before, change.after] for line in lines for change in line.fields},
        "run": report.run,
    }
