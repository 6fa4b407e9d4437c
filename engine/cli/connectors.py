"""`engine connectors`: what is installed, and what each can read and write."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from engine.cli.command import EngineCommand, answer, formats
from engine.errors import UserError

if TYPE_CHECKING:
    from engine.catalog import Catalog, Stream
    from engine.connectors.registry import ConnectorTypes


@click.command(cls=EngineCommand)
@click.argument("name", required=False, metavar="[NAME]")
@click.argument("stream", required=False, metavar="[STREAM]")
@formats()
def connectors(*, name: str | None, stream: str | None, form: str) -> None:
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
