"""Choices: what is chosen for the options of SPEC, by a profile beside it or by `--profile`, and by `--set`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.shared.spec_file import read_spec_file, spec_file
from engine.errors import UserError
from engine.spec.diagnostic import SpecError
from engine.spec.files import loader_for, profile_of

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The folder of the installed package that holds the specs it ships with; nobody keeps choices there.
_INSTALLED = "_share"


def choices_for(spec: str, sets: Mapping[str, str], profile: Path | None) -> dict[str, str]:
    """What is chosen for a spec by the profile that was given, else by its own, if there is one; `sets` win.

    Raises SpecError with the findings of a profile that is wrong, UserError for one that does not exist.
    """
    file = spec_file(spec)
    if file is None:
        return dict(sets)  # the command itself will say that there is no such file
    found = profile or profile_file(file)
    return {**choices_in(found, file), **sets} if profile or found.is_file() else dict(sets)


def profile_file(spec: Path) -> Path:
    """Where the choices for a spec are: beside it, or in this folder for one that is part of the installed package."""
    beside = Path(profile_of(str(spec)))
    return Path(beside.name) if _INSTALLED in spec.resolve().parts else beside


def choices_in(profile: Path, spec_path: Path) -> Mapping[str, str]:
    """What a profile chooses for a spec. Raises SpecError, UserError."""
    from engine.compiler.bind.profile import read_profile

    spec = read_spec_file(spec_path)
    try:
        chosen, findings = read_profile(str(profile), spec, loader_for(profile))
    except OSError as error:
        why = error.strerror or error
        raise UserError(
            f"The profile {profile} cannot be read: {why}.", remedy="`engine init` creates one."
        ) from error
    if chosen is None:
        raise SpecError(findings)
    return chosen


def choices_text(options: Mapping[str, object]) -> dict[str, str]:
    """Values of options as `--set` would name them; an option without a value is left out."""
    return {name: choice_text(value) for name, value in options.items() if value is not None}


def choice_text(value: object) -> str:
    """One value of an option as `--set` would name it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
