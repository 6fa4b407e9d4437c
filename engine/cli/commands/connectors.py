"""`engine connectors`: what is installed, what each can read and write, and how to start one of your own."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import engine_command
from engine.cli.shared.connector_package import TEMPLATES, check_name, write_package
from engine.cli.shared.output import answer, say
from engine.cli.shared.stream_lookup import stream_of
from engine.connectors.registry import connector_types
from engine.errors import UserError
from engine.render.connectors import connector_text, connectors_text, stream_text

if TYPE_CHECKING:
    from engine.cli.shared.context import CommandContext
    from engine.connectors.registry import ConnectorTypes


class ConnectorsGroup(click.Group):
    """A group in which `show` need not be written: `engine connectors NAME`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `show` in front of anything else."""
        known = args and args[0] in ("-h", "--help", *self.commands)
        return super().parse_args(ctx, args if known else ["show", *args])


@click.command(cls=ConnectorsGroup)
def connectors() -> None:
    r"""What is installed, and how to start a connector of your own.

    \b
    engine connectors                  all that are installed
    engine connectors NAME             one, with its streams
    engine connectors NAME STREAM      a stream, with its fields
    engine connectors new web-shop     a package for one of your own
    """


@engine_command(group=connectors)
@click.argument("name", required=False, metavar="[NAME]")
@click.argument("stream", required=False, metavar="[STREAM]")
def show(context: CommandContext, *, name: str | None, stream: str | None) -> None:
    """List the installed connectors; show one with its streams, or one stream with its fields.

    What no public description of a system confirms is marked as assumed.
    """
    form, types = context.form, connector_types()
    if name is None:
        summaries = {one: _summary(types, one) for one in types}
        answer(form, lambda: {"connectors": summaries}, lambda screen: connectors_text(summaries, screen))
        return
    chosen = types.find(name)
    catalog = chosen.describe({})
    if stream is not None:
        found = stream_of(catalog, stream, otherwise="It is known once connected.")
        answer(form, lambda: asdict(found), lambda screen: stream_text(found, screen))
        return
    answer(
        form,
        lambda: {"name": name, "summary": chosen.summary, "settings": chosen.settings, **asdict(catalog)},
        lambda screen: connector_text(name, chosen.summary, chosen.settings, catalog, screen),
    )


def _summary(types: ConnectorTypes, name: str) -> str:
    """What the connector says of itself, or why it cannot be used: one broken plugin hides no other."""
    try:
        return types[name].summary
    except UserError as error:
        return error.message


@engine_command(group=connectors)
@click.argument("name", metavar="NAME")
@click.option("--http", is_flag=True, help="An HTTP API, described in YAML; else Python code, to be changed.")
@click.option(
    "--folder",
    "target",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the package goes; by default engine-NAME in this folder.",
)
def new(context: CommandContext, *, name: str, http: bool, target: Path | None) -> None:
    """Create the package of a connector NAME, ready to be changed.

    It can be installed at once, is found by the engine, and its tests pass. Nothing is ever overwritten.
    """
    check_name(name)
    folder = target or Path(f"engine-{name}")
    files = [str(path) for path in write_package(TEMPLATES / ("http" if http else "code"), folder, name)]
    answer(context.form, lambda: {"connector": name, "files": files}, lambda _: "\n".join(files))
    if context.form == "text":
        say(f"Next: cd {shlex.quote(str(folder))} && pip install --editable '.[test]' && pytest")
