"""How a run ended: the table whose counts add up, what happened in one sentence, and what to do next."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from engine.record import Counts, Side
from engine.render.held import causes_of, causes_text
from engine.render.table import Column, Row, Screen, number, table
from engine.render.text import count, duration, listed, printable, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.run.session.report import Applied, RunReport, Spared

_CAUSES_SHOWN = 5  #: causes of held records that are named; the rest is counted
_SPARED_SHOWN = 20  #: records named that were left alone; the rest is counted


def run_text(report: RunReport, screen: Screen, *, spec: str) -> str:
    """The end of a run for a person; `spec` is how she named it on the command line."""
    # The counts add up for a run that handles every record; one that is bound to a file passes over the others.
    parts = [counts_text(report.modules, screen)] if report.modules and not report.applied else []
    parts += [why] if (why := skipped_text(report.modules)) and not report.applied else []
    parts += [f"{printable(note)}\n" for note in report.notes]
    parts += [applied_text(report.applied)] if report.applied else []
    parts += [_held_text(report, spec)] if report.held else []
    parts.append(f"{_sentence(report)}\n")
    parts += [f"{step}\n" for step in _next(report, spec)]
    return "\n".join(parts)


def _held_text(report: RunReport, spec: str) -> str:
    """Every cause that holds records now, with how often it does."""
    causes = causes_of((one.module, one.held.id, one.held) for one in report.held)
    return f"{count(len(report.held), 'record')} held\n" + causes_text(
        causes, _CAUSES_SHOWN, f"engine errors {spec}"
    )


def applied_text(applied: Applied) -> str:
    """What became of a saved changeset, and which of its changes no longer held."""
    head = f"{applied.done:,} of {count(applied.changes, 'change')} of {printable(applied.file)} done"
    head += f", {applied.already:,} were up to date already" if applied.already else ""
    if not applied.refused:
        return f"{head}.\n"
    stale = f"{head}; {applied.refused:,} no longer apply, and were not written:\n"
    return stale + spared_text(applied.stale, applied.refused)


def spared_text(spared: Sequence[Spared], total: int, words: Mapping[str, str] | None = None) -> str:
    """Records that were left alone, each with the reason; `total`: of so many. `words`: how to call each kind."""
    lines = [
        f"  {printable(one.module)}: {(words or {}).get(one.what, one.what)} "
        f"{shorten(printable(one.label), 60)}: {printable(one.why)}\n"
        for one in spared[:_SPARED_SHOWN]
    ]
    rest = total - len(lines)
    return "".join(lines) + (f"  … and {rest:,} more\n" if rest > 0 else "")


def counts_text(modules: Mapping[str, Counts], screen: Screen) -> str:
    """One row a module; a figure of both sides is written left/right."""
    deletes = any(sum(counts.deleted.values()) for counts in modules.values())
    columns = [Column(title="module"), number("read l/r"), number("created l/r"), number("updated l/r")]
    columns += [number("deleted l/r")] if deletes else []
    columns += [number(title) for title in ("unchanged", "skipped", "held", "conflicts")]
    rows = [_row(name, counts, deletes=deletes) for name, counts in modules.items()]
    total = _row("total", add(modules), deletes=deletes) if len(rows) > 1 else None
    return table(columns, rows, screen, total=total)


def add(modules: Mapping[str, Counts]) -> Counts:
    """The counts of all modules together."""
    every = list(modules.values())

    def pair(pick: Callable[[Counts], dict[Side, int]]) -> dict[Side, int]:
        return {
            "left": sum(pick(one)["left"] for one in every),
            "right": sum(pick(one)["right"] for one in every),
        }

    return Counts(
        read=pair(lambda one: one.read),
        created=pair(lambda one: one.created),
        updated=pair(lambda one: one.updated),
        deleted=pair(lambda one: one.deleted),
        unchanged=sum(one.unchanged for one in every),
        skipped=sum(one.skipped for one in every),
        skipped_for=dict(sum((Counter(one.skipped_for) for one in every), Counter())),
        held=sum(one.held for one in every),
        conflicts=sum(one.conflicts for one in every),
        not_comparable=sum(one.not_comparable for one in every),
        missing=pair(lambda one: one.missing),
    )


def apart(modules: Mapping[str, Counts]) -> list[str]:
    """What keeps anybody from saying that a record is in step, and what no column shows: `2 not comparable`."""
    total = add(modules)
    figures = {
        "not comparable (a field is not shown)": total.not_comparable,
        "missing on the left": total.missing["left"],
        "missing on the right": total.missing["right"],
    }
    return [f"{amount:,} {what}" for what, amount in figures.items() if amount]


def _row(name: str, counts: Counts, *, deletes: bool) -> Row:
    pairs = [counts.read, counts.created, counts.updated, *([counts.deleted] if deletes else [])]
    single = [counts.unchanged, counts.skipped, counts.held, counts.conflicts]
    both = [f"{pair['left']:,}/{pair['right']:,}" for pair in pairs]
    return [name, *both, *(f"{one:,}" for one in single)]


def written(total: Counts) -> str:
    """`274 created and 45 updated`; empty where nothing was."""
    figures = {"created": total.created, "updated": total.updated, "deleted": total.deleted}
    return listed([f"{sum(pair.values()):,} {verb}" for verb, pair in figures.items() if sum(pair.values())])


def _sentence(report: RunReport) -> str:
    if report.outcome == "interrupted":
        return (
            f"Stopped on request after {duration(report.seconds)}: the batch in flight was finished, "
            f"{_wrote(report)}; all of it is recorded."
        )
    if report.outcome == "parked":
        return f"A system allows no more calls for now: {_wrote(report)}, and the rest waits."
    if report.applied is None and not report.wrote:
        return _nothing(report)
    done = "Done" if report.outcome == "done" else "Finished"
    left_out = "".join(f"; {one}" for one in apart(report.modules))
    return f"{done} in {duration(report.seconds)}: {_wrote(report)}{left_out}{_calls(report)}."


def _nothing(report: RunReport) -> str:
    if not report.modules:
        return "Nothing to do: the options switch every module of this spec off."
    if not any(sum(one.read.values()) for one in report.modules.values()):
        return f"Nothing to do: nothing changed since the last run{_calls(report)}."
    skipped = add(report.modules).skipped
    left_out = [*([f"{skipped:,} skipped"] if skipped else []), *apart(report.modules)]
    if not report.held and left_out:
        return f"Nothing to do: all others are in step; {listed(left_out)}{_calls(report)}."
    if not report.held:
        return f"Nothing to do: both sides are in step{_calls(report)}."
    return f"Finished in {duration(report.seconds)}: {_wrote(report)}{_calls(report)}."


def skipped_text(modules: Mapping[str, Counts]) -> str:
    """Why records were left out: `Skipped: 10 outside the view and 2 left alone.`; empty where none was."""
    reasons = add(modules).skipped_for
    why = listed([f"{amount:,} {reason}" for reason, amount in reasons.items()])
    return f"Skipped: {why}.\n" if why else ""


def _wrote(report: RunReport) -> str:
    return written(add(report.modules)) or "nothing was written"


def _calls(report: RunReport) -> str:
    made = [
        f"{count(calls, 'call')} to {printable(system)}" for system, calls in report.calls.items() if calls
    ]
    return f" ({listed(made)})" if made else ""


def _next(report: RunReport, spec: str) -> list[str]:
    steps = []
    if report.applied is not None and report.applied.refused:
        steps.append(f"Preview again what no longer applied: engine preview {spec}")
    if report.outcome == "interrupted":
        steps.append("Run the same command again to continue where it stopped.")
    if report.outcome == "parked":
        steps.append("Run the same command again later; it continues where it stopped.")
    if report.held:
        are = "record is" if len(report.held) == 1 else "records are"
        steps.append(
            f"{len(report.held):,} {are} held. See why, and what resolves each: engine errors {spec}"
        )
    return steps
