"""`engine catalog`: what the systems of a spec hold; pulled from them into a lock beside the spec, or shown."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import FINDINGS, EngineCommand, answer, folder_option, formats, say
from engine.cli.shared.spec import find_spec
from engine.cli.shared.stand_in import (
    Sandbox,
    SandboxCommand,
    private_folder,
    sandbox_option,
    sandbox_settings,
)
from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.catalog import Catalog, Stream
    from engine.plan import SystemPlan
    from engine.run.read.observe import Pulled


@click.group()
def catalog() -> None:
    """What the systems of a spec hold.

    A connector ships with what a system usually has. `pull` asks the systems themselves, and keeps the answer in a
    lock beside the spec, which belongs into version control: validate, plan and run then go by it, offline.
    """


@catalog.command(cls=SandboxCommand)
@click.argument("spec", metavar="SPEC")
@click.argument("systems", nargs=-1, metavar="[SYSTEM]...")
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with 1 if the lock would change, and show how."
)
@sandbox_option
@folder_option
@formats()
def pull(
    *, spec: str, systems: tuple[str, ...], check: bool, sandbox: Sandbox | None, folder: Path, form: str
) -> int:
    """Ask the systems (or those named) for their streams, fields and choices; write the lock beside the spec.

    The file holds names and types, never a record or a credential. Nothing is written to a system.
    """
    from engine.event import ignore
    from engine.render.catalog import pulled_json, pulled_text
    from engine.run.read.observe import pull as ask
    from engine.run.read.observe import spec_to_pull, systems_to_ask
    from engine.run.session.systems import World, environment

    read = spec_to_pull(str(find_spec(spec)))
    asked = systems_to_ask(read, systems)
    kept = private_folder(folder)
    with sandbox_settings(sandbox, Asked(file=read.file, systems=asked), kept) as overrides:
        world = World(folder=kept, environment=environment(), overrides=overrides, listen=ignore)
        pulled = ask(read, asked, world)
    differs = pulled.before != pulled.now
    if differs and not check:
        _write(pulled)
    answer(form, lambda: pulled_json(pulled, check=check), lambda _: pulled_text(pulled, check=check))
    return FINDINGS if differs and check else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A spec and those of its systems that are asked."""

    file: str
    systems: Mapping[str, SystemPlan]


def _write(pulled: Pulled) -> None:
    """In one step: whoever reads it meanwhile sees the old lock or the new one."""
    file = Path(pulled.file)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        draft.write_text(pulled.now, encoding="utf-8")
        draft.replace(file)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


@catalog.command(cls=EngineCommand)
@click.argument("spec", metavar="SPEC")
@click.argument("system", required=False, metavar="[SYSTEM]")
@click.argument("stream", required=False, metavar="[STREAM]")
@formats()
def show(*, spec: str, system: str | None, stream: str | None, form: str) -> None:
    """Show what a spec is checked against: its systems, one with its streams, or one stream with its fields.

    Connects to nothing.
    """
    from dataclasses import asdict

    from engine.compiler.bind.bound import bound_catalogs
    from engine.render.catalog import system_text, systems_json, systems_text
    from engine.render.connectors import stream_text

    bound = bound_catalogs(str(find_spec(spec)))
    if system is None:
        answer(form, lambda: systems_json(bound), lambda screen: systems_text(bound, screen))
        return
    if system not in bound:
        raise UserError(f"The spec has no system `{system}`.", remedy=f"It has {', '.join(bound)}.")
    chosen = bound[system].catalog
    if stream is None:
        answer(form, lambda: asdict(chosen), lambda screen: system_text(system, bound[system], screen))
        return
    found = _stream(chosen, stream)
    answer(form, lambda: asdict(found), lambda screen: stream_text(found, screen))
    if stream not in bound[system].pulled:
        say(f"`{stream}` as it ships with the connector; `engine catalog pull` asks the system itself.")


def _stream(catalog: Catalog, name: str) -> Stream:
    if name not in catalog.streams:
        raise UserError(
            f"The catalog of {catalog.connector} has no stream `{name}`.",
            remedy=f"It has {', '.join(catalog.streams)}."
            if catalog.streams
            else "It is known once pulled: `engine catalog pull`.",
        )
    return catalog.streams[name]
