"""`engine connectors`: what is installed, what each can read and write, and how to begin one's own."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import EngineCommand, answer, formats
from engine.errors import UserError

if TYPE_CHECKING:
    from engine.catalog import Catalog, Stream
    from engine.connectors.registry import ConnectorTypes


class ConnectorsGroup(click.Group):
    """A group in which `show` need not be written: `engine connectors NAME`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `show` in front of anything else."""
        helps = args[:1] in (["-h"], ["--help"])
        return super().parse_args(
            ctx, args if helps or args[:1] in ([one] for one in COMMANDS) else ["show", *args]
        )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Both."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Each is imported when it is asked for."""
        del ctx
        if cmd_name == "new":
            from engine.cli.shared.new_connector import new

            return new
        return show if cmd_name == "show" else None


COMMANDS = ("show", "new")


@click.command(cls=ConnectorsGroup)
def connectors() -> None:
    r"""What is installed, and how to begin a connector of one's own.

    \b
    engine connectors                  all that are installed
    engine connectors NAME             one, with its streams
    engine connectors NAME STREAM      a stream, with its fields
    engine connectors new web-shop     a package for one of your own
    """


@click.command(cls=EngineCommand)
@click.argument("name", required=False, metavar="[NAME]")
@click.argument("stream", required=False, metavar="[STREAM]")
@formats()
def show(*, name: str | None, stream: str | None, form: str) -> None:
    """List the installed connectors; show one with its streams, or one stream with its fields.

    What no public description of a system confirms is marked as assumed.
    """
    from engine.connectors.registry import connector_types
    from engine.render.connectors import connector_text, connectors_text, stream_text

    types = connector_types()
    if name is None:
        summaries = {one: _summary(types, one) for one in types}
        answer(form, lambda: {"connectors": summaries}, lambda screen: connectors_text(summaries, screen))
        return
    chosen = types.find(name)
    catalog = chosen.describe({})
    if stream is not None:
        found = _stream(catalog, stream)
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


def _stream(catalog: Catalog, name: str) -> Stream:
    if name not in catalog.streams:
        raise UserError(
            f"The catalog of {catalog.connector} has no stream `{name}`.",
            remedy=f"It has {', '.join(catalog.streams)}."
            if catalog.streams
            else "It is known once connected.",
        )
    return catalog.streams[name]
