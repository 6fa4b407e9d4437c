"""The arguments and options that several commands take, each defined once."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import click

from engine.cli.shared.folder import FOLDER
from engine.cli.shared.sandbox import ADDRESSES, COMPANIES

Parameters: TypeAlias = tuple[click.Parameter, ...]


def name_value_pairs(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """NAME=VALUE, several times, as a mapping."""
    del ctx, param
    chosen: dict[str, str] = {}
    for text in values:
        option, equals, value = text.partition("=")
        if not equals or not option:
            raise click.BadParameter(f"`{text}` is not of the form NAME=VALUE.")
        if option in chosen:
            raise click.BadParameter(f"`{option}` is set twice.")
        chosen[option] = value
    return chosen


class _SandboxWord(click.ParamType[str]):
    """A company, or the address of a sandbox on this machine."""

    name = "sandbox"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word itself. Fails for another one."""
        if value not in COMPANIES and not value.startswith(ADDRESSES):
            known = ", ".join(COMPANIES)
            self.fail(f"`{value}` is neither a company ({known}) nor the address of a sandbox.", param, ctx)
        return value


SPEC: Parameters = (click.Argument(["spec"], metavar="SPEC"),)
OPTIONAL_SPEC: Parameters = (click.Argument(["spec"], required=False, metavar="[SPEC]"),)
CHOICES: Parameters = (
    click.Option(
        ["--set", "sets"],
        multiple=True,
        metavar="OPTION=VALUE",
        callback=name_value_pairs,
        help="Set one of the spec's options, overriding the profile. Repeatable.",
    ),
    click.Option(
        ["--profile"],
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="The choices that `engine init` wrote; by default SPEC's own .profile.yaml, if there is one.",
    ),
)
SANDBOX: Parameters = (
    click.Option(
        ["--sandbox"],
        type=_SandboxWord(),
        metavar="[=awkward|bare|URL]",
        help="Use local stand-ins for the systems instead of the real ones; `--sandbox=awkward` has records that an "
        "API refuses, `--sandbox=bare` has none yet, and a URL is that of a running `engine sandbox`.",
    ),
)
FOLDER_ONLY: Parameters = (
    click.Option(
        ["--folder"],
        type=click.Path(path_type=Path, file_okay=False),
        default=FOLDER,
        show_default=True,
        envvar="ENGINE_FOLDER",
        help="Where the engine keeps its ledger, caches and the sandbox's records.",
    ),
)
LEDGER: Parameters = (
    *FOLDER_ONLY,
    click.Option(
        ["--ledger"],
        metavar="URL",
        envvar="ENGINE_LEDGER",
        help="The ledger's file, or a postgresql:// URL; by default a file inside the folder.",
    ),
)
DEBUG: Parameters = (click.Option(["--debug"], is_flag=True, help="Show the traceback of an error."),)
MODULE: Parameters = (click.Option(["--module"], help="Only this module."),)
MODULES: Parameters = (
    click.Option(
        ["--module", "modules"],
        multiple=True,
        metavar="NAME",
        help="Only this module or trigger. Repeatable.",
    ),
)
YES: Parameters = (click.Option(["--yes"], is_flag=True, help="Do not ask for confirmation."),)
BY: Parameters = (
    click.Option(
        ["--by"],
        metavar="ADDRESS",
        envvar="ENGINE_BY",
        help="Your mail address. It is recorded, and notified when done if the spec says so.",
    ),
)
ACCEPT: Parameters = (
    click.Option(
        ["--accept"],
        multiple=True,
        metavar="CODE",
        help="Approve the stop with this code, once, for exactly these records. Repeatable.",
    ),
)
FULL: Parameters = (
    click.Option(
        ["--full"], is_flag=True, help="Read everything again, not only what changed since the last run."
    ),
)


def format_option(forms: tuple[str, ...]) -> Parameters:
    """`--format` with the formats that a command can print; none where there is only one."""
    if not forms:
        return ()
    return (
        click.Option(
            ["--format", "form"],
            type=click.Choice(forms),
            default="text",
            show_default=True,
            help="Output format.",
        ),
    )
