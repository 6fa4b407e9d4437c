"""What every command has in common: its options, its exit codes, and how it says what went wrong."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.errors import EngineError
from engine.spec.diagnostic import SpecError

if TYPE_CHECKING:
    from engine.render.table import Screen

FINDINGS, HELD, TEMPORARY, PENDING, STOPPED, INTERRUPTED = 1, 4, 5, 3, 6, 130

FOLDER = Path(".engine")
_DEBUG = f"{__name__}.debug"

Function = TypeVar("Function", bound=Callable[..., Any])


class EngineCommand(click.Command):
    """A command whose function returns its exit code (None = 0) and may raise what the engine raises."""

    def invoke(self, ctx: click.Context) -> None:
        """Run the function; every error becomes a sentence on stderr and the exit code of its class."""
        ctx.exit(_guarded(self._gathered, ctx) or 0)

    def _gathered(self, ctx: click.Context) -> Any:
        from engine.cli.shared.choices import gather

        gather(ctx)
        return super().invoke(ctx)


def _guarded(invoke: Callable[[click.Context], Any], ctx: click.Context) -> int | None:
    debug, structured = bool(ctx.meta.get(_DEBUG)), ctx.params.get("form") == "json"
    try:
        code: int | None = invoke(ctx)
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
        raise
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except SpecError as error:
        return _tell_findings(error, structured=structured)
    except EngineError as error:
        if debug:
            raise
        return _tell(error, structured=structured)
    except OSError as error:
        if debug:
            raise
        return _tell(EngineError(f"{_where(error)}: {error.strerror or error}."), structured=structured)
    except Exception as error:
        if debug:
            raise
        remedy = "This is a bug: please report it with what `--debug` prints."
        return _tell(EngineError(f"{type(error).__name__}: {error}", remedy=remedy), structured=structured)
    return code


def _where(error: OSError) -> str:
    return f"`{error.filename}`" if error.filename else "The operating system refused"


def _tell(error: EngineError, *, structured: bool) -> int:
    from engine.render.failure import failure_json, failure_text

    click.echo(failure_text(error), nl=False, err=True)
    if structured:
        click.echo(failure_json(error), nl=False)
    return error.exit_code


def _tell_findings(error: SpecError, *, structured: bool) -> int:
    from engine.render.findings import findings_json, findings_text

    if structured:
        click.echo(findings_json(error.findings))
    else:
        click.echo(findings_text(error.findings), err=True)
    return FINDINGS


def formats(*more: str) -> Callable[[Function], Function]:
    """`--format` with text, json and whatever else the command can print; and `--debug`."""
    choice = click.Choice(["text", "json", *more])

    def add(function: Function) -> Function:
        form = click.option(
            "--format", "form", type=choice, default="text", show_default=True, help="How to print."
        )
        return form(debug_option(function))

    return add


def debug_option(function: Function) -> Function:
    """`--debug`, alone for a command that has one format."""
    return click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        callback=_note_debug,
        help="Show the traceback of an error.",
    )(function)


def _note_debug(ctx: click.Context, param: click.Parameter, value: object) -> None:
    del param
    ctx.meta[_DEBUG] = value


def folder_option(function: Function) -> Function:
    """Where everything that is kept is."""
    return click.option(
        "--folder",
        type=click.Path(path_type=Path, file_okay=False),
        default=FOLDER,
        show_default=True,
        envvar="ENGINE_FOLDER",
        help="Where the engine keeps its ledger, caches and the sandbox's records.",
    )(function)


def ledger_options(function: Function) -> Function:
    """Where the durable memory is: the folder, or another place by URL."""
    ledger = click.option(
        "--ledger",
        metavar="URL",
        envvar="ENGINE_LEDGER",
        help="The ledger's file, or a postgresql:// URL; by default a file inside the folder.",
    )
    return folder_option(ledger(function))


def repeated(folder: Path, ledger: str | None) -> str:
    """The ledger options to write on the next command line, so that it means the same place; empty by default."""
    from engine.ledger.postgres.address import without_password

    words = [] if folder == FOLDER else ["--folder", str(folder)]
    words += ["--ledger", without_password(ledger)] if ledger else []
    return "".join(f" {shlex.quote(word)}" for word in words)


def screen() -> Screen:
    """The width and colours of stdout: the terminal's, or plain and fixed where nobody looks."""
    from engine.render.table import Screen

    if not sys.stdout.isatty():
        return Screen()
    colorless = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Screen(width=shutil.get_terminal_size().columns, color=not colorless)


def answer(form: str, structured: Callable[[], Mapping[str, Any]], text: Callable[[Screen], str]) -> None:
    """Print a result on stdout in the form that was asked for."""
    if form == "json":
        from engine.render.text import as_json

        show(as_json(structured()))
    else:
        show(text(screen()))


def show(text: str) -> None:
    """Print a result on stdout, with a line end if it has none; no result prints nothing."""
    click.echo(text, nl=bool(text) and not text.endswith("\n"))


def say(text: str) -> None:
    """Print what is no result: progress, advice, where something was found."""
    click.echo(text, err=True)
