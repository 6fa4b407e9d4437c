"""The command line: `main` and the group that loads a command only when it is asked for."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from engine import __version__

#: command -> (module under engine.cli.commands, one line for `engine --help`, which imports none of them)
COMMANDS = {
    "validate": ("validate", "Check specs and mappings; every mistake at its place."),
    "plan": ("plan", "Print the compiled plan, offline."),
    "fields": ("fields", "Show which field becomes which, module by module, offline."),
    "init": ("init", "Choose the options of a spec; show what that changes, and keep it."),
    "diff": ("diff", "Say what a change to a spec means, in the words that a reviewer needs."),
    "preview": ("preview", "Show what a run would change and what it would cost; write nothing."),
    "connect": ("connect", "Connect the systems of a spec: see what that discloses, agree, and sync."),
    "run": ("run", "Bring both sides in step."),
    "do": ("do", "Start a trigger by hand, for one record."),
    "pause": ("pause", "Let nothing of an integration run until it is resumed."),
    "resume": ("pause", "Let a paused integration run again."),
    "disable": ("lifecycle", "Stop all sync, and do what the spec says of it."),
    "enable": ("lifecycle", "Let a disabled integration go on, with the same accounts."),
    "delete": ("lifecycle", "Delete a disabled integration for good."),
    "migrate": ("lifecycle", "Take over what an older integration has linked."),
    "search": ("search", "Find records by name, whether or not they have come over."),
    "fetch": ("fetch", "Bring single records over, or in step again."),
    "associations": ("associations", "Records shown on each other: see, offer, put together, take apart."),
    "undo": ("undo", "Take a run back, as far as nobody has changed since what it left."),
    "explain": ("explain", "Say of one record what it is linked to, what holds it, and what a run would do."),
    "status": ("past", "Where each integration stands."),
    "history": ("past", "The runs so far, newest first."),
    "errors": ("past", "The records that are held: why, and what resolves each."),
    "conflicts": ("conflicts", "Fields that differ on both sides: see and decide."),
    "links": ("links", "Which record is which: see, make, remove, carry over."),
    "catalog": ("catalog", "What the systems of a spec hold: pull it, show it."),
    "connectors": (
        "connectors",
        "The installed connectors, their streams and fields; `new` begins one of your own.",
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


_CODES = """\b
Exit codes:
  0  done                              5  temporary, try again
  1  findings or failure               6  stopped: a person must agree
  2  wrong use                         7  locked, paused or disabled
  3  changes pending, if asked for     130  interrupted
  4  finished, but records are held
"""


@click.group(cls=CommandGroup, epilog=_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="engine")
def engine() -> None:
    """Keep two business systems in step, as a spec in YAML says."""


def main() -> None:
    """The `engine` command."""
    for stream in (sys.stdout, sys.stderr):
        # A name may hold a character that the terminal's encoding lacks; that is no reason to fail.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    engine(prog_name="engine")
