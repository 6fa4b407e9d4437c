"""The command line: `main` and the group that loads a command only when it is asked for."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from engine import __version__
from engine.exit_codes import ExitCode

#: command -> (module under engine.cli.commands, one line for `engine --help`, which imports none of them)
COMMANDS = {
    "validate": ("validate", "Check specs and mappings; every mistake at its place."),
    "plan": ("plan", "Print the compiled plan, offline."),
    "fields": ("fields", "Show which field becomes which, module by module, offline."),
    "init": ("init", "Choose the options of a spec; show what they change, and save them."),
    "diff": ("diff", "Show what a change to a spec means, in the words that a reviewer needs."),
    "preview": ("preview", "Show what a run would change and what it would cost; write nothing."),
    "connect": ("connect", "Connect the systems of a spec: see what is disclosed, confirm, and sync."),
    "run": ("run", "Sync both sides."),
    "do": ("do", "Start a trigger by hand, for one record."),
    "pause": ("pause", "Run nothing of an integration until it is resumed."),
    "resume": ("pause", "Let a paused integration run again."),
    "disable": ("lifecycle", "Stop all sync, and carry out what the spec says of it."),
    "enable": ("lifecycle", "Let a disabled integration continue, with the same accounts."),
    "delete": ("lifecycle", "Delete a disabled integration permanently."),
    "migrate": ("lifecycle", "Take over what an older integration has linked."),
    "retry": ("retry", "Try held records again now, in bulk."),
    "search": ("search", "Find records by name, whether or not they are synced."),
    "fetch": ("fetch", "Sync single records now."),
    "associations": ("associations", "Records shown on each other: list, offer, add, remove."),
    "undo": ("undo", "Undo a run, except for records that were changed since."),
    "explain": ("explain", "Show what one record is linked to, what holds it, and what a run would do."),
    "status": ("status", "Where each integration stands."),
    "history": ("history", "The runs so far, newest first."),
    "errors": ("errors", "The records that are held: why, and what resolves each."),
    "conflicts": ("conflicts", "Fields that differ on both sides: see and decide."),
    "links": ("links", "Which record is which: list, add, remove, export, import."),
    "catalog": ("catalog", "What the systems of a spec hold: pull it, show it."),
    "connectors": (
        "connectors",
        "The installed connectors, their streams and fields; `new` starts one of your own.",
    ),
    "schema": ("schema", "Print a JSON Schema for editors."),
    "sandbox": ("sandbox", "Serve local stand-ins for the systems, to try things out."),
}


class CommandGroup(click.Group):
    """A group whose commands are imported one at a time: start-up stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order a newcomer meets them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None = there is none, and click suggests a close one."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"engine.cli.commands.{COMMANDS[cmd_name][0]}")
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - a table of our own that does not fit its modules
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Names and lines from the table, without importing a command."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


_CODES = "\b\nExit codes:\n" + "\n".join(f"  {code.value:<3}  {code.meaning}" for code in ExitCode)


@click.group(cls=CommandGroup, epilog=_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="engine")
def engine() -> None:
    """Sync two business systems as a spec in YAML says."""


def main() -> None:
    """The `engine` command."""
    for stream in (sys.stdout, sys.stderr):
        # A name may hold a character that the terminal's encoding lacks; that is no reason to fail.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    engine(prog_name="engine")
