"""`engine schema`: the JSON Schemas that editors complete and check spec files with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import engine_command
from engine.cli.shared.output import show
from engine.spec.share import share

if TYPE_CHECKING:
    from engine.cli.shared.context import CommandContext


@engine_command()
@click.argument(
    "name", default="spec", type=click.Choice(["spec", "mapping", "connector", "lock", "profile"])
)
def schema(context: CommandContext, *, name: str) -> None:
    """Print the JSON Schema of a spec, a mapping, a connector file, a catalog lock or a profile."""
    del context  # a schema is JSON in either format
    show((share("schemas") / f"{name}.schema.json").read_text(encoding="utf-8"))
