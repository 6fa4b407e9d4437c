"""What a trigger that was started by hand has done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.render.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.plan import ModulePlan
    from engine.run.report import ChangeLine, RunReport

_VERBS = {"create": "made", "change": "changed", "delete": "deleted"}


def done_text(module: ModulePlan, source: str, target: str | None, report: RunReport) -> str:
    """One sentence."""
    act = _VERBS[module.trigger.act] if module.trigger else "made"
    what = f"{act} {module.right.name}:{target}" if target is not None else "had nothing to do"
    return printable(f"{module.name} {what} for {module.left.name}:{source} (run {report.run}).") + "\n"


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
