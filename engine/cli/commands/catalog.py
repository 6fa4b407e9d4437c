"""`engine catalog`: what the systems of a spec hold; pulled from them into a lock beside the spec, or shown."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import engine_command
from engine.cli.shared.folder import private_folder
from engine.cli.shared.options import FOLDER_ONLY, SANDBOX, SPEC
from engine.cli.shared.output import answer, say
from engine.cli.shared.sandbox import sandbox_settings
from engine.cli.shared.spec_file import find_spec
from engine.cli.shared.stream_lookup import stream_of
from engine.errors import UserError
from engine.event import ignore
from engine.exit_codes import ExitCode
from engine.render.catalog import pulled_json, pulled_text, system_text, systems_json, systems_text
from engine.render.connectors import stream_text
from engine.run.session.systems import World, environment
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.cli.shared.context import CommandContext
    from engine.plan import SystemPlan
    from engine.run.read.observe import Pulled


@click.group()
def catalog() -> None:
    """What the systems of a spec hold.

    A connector ships with the usual catalog of its system. `pull` asks the systems themselves, and saves the answer
    in a lock file beside the spec, which belongs into version control: validate, plan and run then use it, offline.
    """


@engine_command(SPEC, SANDBOX, FOLDER_ONLY, group=catalog)
@click.argument("systems", nargs=-1, metavar="[SYSTEM]...")
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with 1 if the lock file would change, and show how."
)
def pull(context: CommandContext, *, systems: tuple[str, ...], check: bool) -> ExitCode:
    """Ask the systems (or those named) for their streams, fields and choices; write the lock file beside the spec.

    The file holds names and types, never a record or a credential. Nothing is written to a system.
    """
    from engine.run.read.observe import pull as ask
    from engine.run.read.observe import spec_to_pull, systems_to_ask

    read = spec_to_pull(str(find_spec(context.spec)))
    asked = systems_to_ask(read, systems)
    kept = private_folder(context.folder)
    with sandbox_settings(context.sandbox, Asked(file=read.file, systems=asked), kept) as overrides:
        world = World(folder=kept, environment=environment(), overrides=overrides, listen=ignore)
        pulled = ask(read, asked, world)
    differs = pulled.before != pulled.now
    if differs and not check:
        _write(pulled)
    answer(context.form, lambda: pulled_json(pulled, check=check), lambda _: pulled_text(pulled, check=check))
    return ExitCode.FAILED if differs and check else ExitCode.DONE


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


@engine_command(SPEC, group=catalog)
@click.argument("system", required=False, metavar="[SYSTEM]")
@click.argument("stream", required=False, metavar="[STREAM]")
def show(context: CommandContext, *, system: str | None, stream: str | None) -> None:
    """Show what a spec is checked against: its systems, one with its streams, or one stream with its fields.

    Connects to nothing.
    """
    from engine.compiler.bind.bound import bound_catalogs

    form, bound = context.form, bound_catalogs(str(find_spec(context.spec)))
    if system is None:
        answer(form, lambda: systems_json(bound), lambda screen: systems_text(bound, screen))
        return
    if system not in bound:
        raise UserError(
            f"The spec has no system `{system}`.", remedy=did_you_mean(system, bound, otherwise="It has")
        )
    chosen = bound[system].catalog
    if stream is None:
        answer(form, lambda: asdict(chosen), lambda screen: system_text(system, bound[system], screen))
        return
    found = stream_of(chosen, stream, otherwise="It is known once pulled: `engine catalog pull`.")
    answer(form, lambda: asdict(found), lambda screen: stream_text(found, screen))
    if stream not in bound[system].pulled:
        say(f"`{stream}` as it ships with the connector; `engine catalog pull` asks the system itself.")
