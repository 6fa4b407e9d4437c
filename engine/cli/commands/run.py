"""`engine run`: bring both sides in step."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.shared.aimed import aim_at, module_option, module_words
from engine.cli.shared.command import (
    HELD,
    INTERRUPTED,
    STOPPED,
    TEMPORARY,
    answer,
    formats,
    ledger_options,
    repeated,
)
from engine.cli.shared.prepare import prepared
from engine.cli.shared.spec import spec_arguments, spec_words
from engine.cli.shared.stand_in import Sandbox, SandboxCommand, sandbox_option, words
from engine.cli.shared.stopping import stopping
from engine.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.plan import Plan
    from engine.run.session.report import RunReport
    from engine.run.session.run_request import RunRequest
    from engine.run.session.sync_pass import Accepted

EXIT_CODES = {"done": 0, "held": HELD, "interrupted": INTERRUPTED, "parked": TEMPORARY}


@click.command(cls=SandboxCommand)
@spec_arguments
@sandbox_option
@click.option(
    "--accept",
    multiple=True,
    metavar="CODE",
    help="Let exactly what a stop named by this code through, once; may be repeated.",
)
@click.option("--ask", is_flag=True, help="With --sandbox: stop wherever a run of a real company would.")
@click.option("--full", is_flag=True, help="Read everything again, not only what changed since the last run.")
@module_option
@click.option(
    "--changes",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Do exactly what this file of `engine preview -o` says, as far as it still holds.",
)
@ledger_options
@formats()
def run(
    *,
    spec: str,
    choices: dict[str, str],
    sandbox: Sandbox | None,
    accept: tuple[str, ...],
    ask: bool,
    full: bool,
    modules: tuple[str, ...],
    changes: Path | None,
    folder: Path,
    ledger: str | None,
    form: str,
) -> int:
    """Read both sides, compare, and write what the spec asks for; remember all of it.

    Run again, it changes nothing. Killed anywhere and run again, the outcome is the same. Ctrl-C finishes the
    batch in flight and stops; a second one stops at once.

    Where a mistake could touch many records it stops before it writes (exit 6), shows what it is about, and names
    a code for --accept. The sandbox asks nothing, for a made-up company cannot be hurt; with --ask it does.

    With --changes, what has changed since the preview is left alone and told (exit 6); the rest is done. What the
    file does not say waits for a run without it.

    With --module, only these modules are worked off, and of others the records that these fetch to live below.
    """
    from engine.render.outcome import run_text

    if changes is not None and (accept or full or modules):
        raise click.UsageError(
            "--changes goes without --accept, --full and --module: the file says what is done."
        )
    again = spec_words(spec, choices) + module_words(modules) + words(sandbox) + repeated(folder, ledger)
    again += " --ask" if ask else ""
    with (
        stopping() as stop,
        prepared(spec, choices, sandbox=sandbox, folder=folder, ledger=ledger, stop=stop) as (plan, request),
        _saying_how_to_go_on(again, accept),
    ):
        aim = aim_at(plan, modules)
        request = replace(request, accepted=accepted(accept, None if ask else sandbox), whole=full, aim=aim)  # noqa: PLW2901
        report = _report(plan, request, changes)
    look = shlex.quote(spec) + repeated(folder, ledger)
    answer(form, report.as_json, lambda screen: run_text(report, screen, spec=look))
    if report.applied is not None and report.applied.refused:
        return STOPPED
    return EXIT_CODES[report.outcome]


def _report(plan: Plan, request: RunRequest, changes: Path | None) -> RunReport:
    """What a run did, or one that is bound to a saved changeset."""
    if changes is None:
        from engine.run.sync.execute import execute

        return execute(plan, request)
    from engine.run.operations.apply import apply
    from engine.run.session.changes import open_changes

    return apply(plan, request, open_changes(changes))


def accepted(codes: tuple[str, ...], sandbox: Sandbox | None) -> Accepted:
    """What a person lets through: these codes; in the sandbox everything, for nothing real can be hurt there."""
    from engine.run.session.sync_pass import Accepted

    return Accepted(codes=frozenset(codes), everything=sandbox is not None)


@contextmanager
def _saying_how_to_go_on(again: str, accept: tuple[str, ...]) -> Iterator[None]:
    """A stop that a person can lift ends with the command line that lifts it."""
    try:
        yield
    except StoppedError as error:
        if not error.codes:
            raise
        codes = dict.fromkeys([*accept, *error.codes])
        flags = "".join(f" --accept {shlex.quote(code)}" for code in codes)
        remedy = f"{error.remedy}. The whole command:\n  engine run {again}{flags}"
        raise StoppedError(error.message, remedy=remedy, codes=error.codes) from error
