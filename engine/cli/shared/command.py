"""A command: its parameters are declared once, its function takes a CommandContext, its errors become sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from engine.cli.shared.context import take_context
from engine.cli.shared.options import DEBUG, Parameters, format_option
from engine.errors import EngineError
from engine.exit_codes import ExitCode
from engine.render.failure import failure_json, failure_text
from engine.render.findings import findings_json, findings_text
from engine.spec.diagnostic import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT_AND_JSON = ("text", "json")


def engine_command(
    *common: Parameters,
    forms: tuple[str, ...] = TEXT_AND_JSON,
    group: click.Group | None = None,
    name: str | None = None,
) -> Callable[[Callable[..., int | None]], EngineCommand]:
    """Make a function a command with these common parameters beside its own; it is called with `context`."""

    def made(function: Callable[..., int | None]) -> EngineCommand:
        command = click.command(name, cls=EngineCommand)(function)
        shared = [one for several in (*common, format_option(forms), DEBUG) for one in several]
        arguments = [one for one in shared if isinstance(one, click.Argument)]
        options = [one for one in shared if not isinstance(one, click.Argument)]
        command.params = [*arguments, *command.params, *options]
        if group is not None:
            group.add_command(command)
        return command

    return made


class EngineCommand(click.Command):
    """A command whose function returns its exit code (None = 0) and may raise what the engine raises."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """`--sandbox` may stand alone, even right before SPEC: click would take the next word for its value."""
        if any(one.name == "sandbox" for one in self.params):
            args = ["--sandbox=clean" if word == "--sandbox" else word for word in args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> None:
        """Run the function; every error becomes a sentence on stderr and the exit code of its class."""
        debug = bool(ctx.params.pop("debug", False))
        ctx.exit(_guarded(self._called, ctx, debug=debug) or 0)

    def _called(self, ctx: click.Context) -> Any:
        ctx.params["context"] = take_context(ctx.params)
        return super().invoke(ctx)


def _guarded(invoke: Callable[[click.Context], int | None], ctx: click.Context, *, debug: bool) -> int | None:
    structured = ctx.params.get("form") == "json"
    try:
        return invoke(ctx)
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
        raise
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        return ExitCode.INTERRUPTED
    except SpecError as error:
        return _print_findings(error, structured=structured)
    except Exception as error:
        if debug:
            raise
        return _print_failure(_as_engine_error(error), structured=structured)


def _as_engine_error(error: Exception) -> EngineError:
    """An error with a sentence of its own, or one that says what went wrong outside the engine's intent."""
    if isinstance(error, EngineError):
        return error
    if isinstance(error, OSError):
        where = f"`{error.filename}`" if error.filename else "The operating system refused"
        return EngineError(f"{where}: {error.strerror or error}.")
    remedy = "This is a bug: please report it with what `--debug` prints."
    return EngineError(f"{type(error).__name__}: {error}", remedy=remedy)


def _print_failure(error: EngineError, *, structured: bool) -> int:
    click.echo(failure_text(error), nl=False, err=True)
    if structured:
        click.echo(failure_json(error), nl=False)
    return error.exit_code


def _print_findings(error: SpecError, *, structured: bool) -> int:
    if structured:
        click.echo(findings_json(error.findings))
    else:
        click.echo(findings_text(error.findings), err=True)
    return ExitCode.FAILED
