"""CommandContext: what every command is told in the same way, and how to type it again."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from engine.cli.shared.choices import choices_for
from engine.cli.shared.folder import FOLDER
from engine.ledger.postgres.address import without_password

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandContext:
    """Which spec, with which choices, on which systems, where the memory is, and how to print the result."""

    spec: str = ""  #: SPEC as it was typed; empty = the command names none
    sets: Mapping[str, str] = field(default_factory=dict)  #: `--set` alone
    profile: Path | None = None  #: `--profile`; None = the spec's own, if there is one
    choices: Mapping[str, str] = field(default_factory=dict)  #: of the profile and `--set` together
    sandbox: str | None = None  #: a company, or the address of a running sandbox; None = the real systems
    folder: Path = FOLDER
    ledger: str | None = None  #: a file or a postgresql:// URL; None = a file in the folder
    form: str = "text"  #: `--format`

    def words(self, *, choices: bool = True, sandbox: bool = True, more: str = "") -> str:
        """SPEC and what belongs to it as they would be typed again, `more` after the choices."""
        parts = [shlex.quote(self.spec) if self.spec else "", self.choice_words if choices else "", more]
        return "".join([*parts, sandbox_words(self.sandbox) if sandbox else "", self.place_words]).strip()

    @property
    def choice_words(self) -> str:
        """The options that choose, with a blank in front of each; empty where nothing was chosen."""
        profile = f" --profile {shlex.quote(str(self.profile))}" if self.profile else ""
        return profile + "".join(
            f" --set {shlex.quote(f'{name}={value}')}" for name, value in self.sets.items()
        )

    @property
    def place_words(self) -> str:
        """The options that say where the ledger is, with a blank in front of each; empty by default."""
        words = [] if self.folder == FOLDER else ["--folder", str(self.folder)]
        words += ["--ledger", without_password(self.ledger)] if self.ledger else []
        return "".join(f" {shlex.quote(word)}" for word in words)


def sandbox_words(sandbox: str | None) -> str:
    """How to name the sandbox again on a command line."""
    return {None: "", "clean": " --sandbox"}.get(sandbox, f" --sandbox={sandbox}")


def take_context(params: dict[str, Any]) -> CommandContext:
    """The context in what was parsed; it is taken out of `params`, where the command's own words stay.

    Raises SpecError or UserError for a profile that cannot be used.
    """
    names = [one.name for one in fields(CommandContext)]
    taken = {name: params.pop(name) for name in names if name in params}
    taken["spec"] = taken.get("spec") or ""
    sets = taken.get("sets", {})
    named = bool(taken["spec"]) and "sets" in taken
    choices = choices_for(taken["spec"], sets, taken.get("profile")) if named else sets
    return CommandContext(**taken, choices=choices)
