"""`engine schema`: the JSON Schemas that editors complete and check spec files with."""

from __future__ import annotations

import click

from engine.cli.shared.command import EngineCommand, formats, show


@click.command(cls=EngineCommand)
@click.argument(
    "name", default="spec", type=click.Choice(["spec", "mapping", "connector", "lock", "profile"])
)
@formats()
def schema(*, name: str, form: str) -> None:
    """Print the JSON Schema of a spec, a mapping, a connector file, a catalog lock or a profile."""
    from engine.spec.share import share

    del form  # a schema is JSON in either form

    show((share("schemas") / f"{name}.schema.json").read_text(encoding="utf-8"))
