"""Choices: what is chosen for the options of SPEC, by a profile beside it or by `--profile`, and by `--set`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import UserError
from engine.spec.diagnostic import SpecError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import click

    from engine.spec.model import Spec


#: Where a context keeps the file that `--profile` named.
PROFILE = f"{__name__}.profile"


class Choices(dict[str, str]):
    """What is chosen, by option; `words` says it again on a command line."""

    def __init__(self, chosen: Mapping[str, str], words: str) -> None:
        super().__init__(chosen)
        self.words = words


def gather(ctx: click.Context) -> None:
    """Put what a profile chooses among the `choices` of a command that names a SPEC. Raises as `gathered`."""
    spec, sets = ctx.params.get("spec"), ctx.params.get("choices")
    if isinstance(spec, str) and sets is not None:
        ctx.params["choices"] = gathered(spec, sets, ctx.meta.get(PROFILE))


def gathered(spec: str, sets: Mapping[str, str], given: Path | None) -> Choices:
    """What is chosen for a spec by the profile that was given, else by its own, if there is one; `sets` win.

    Raises SpecError with the findings of a profile that is wrong, UserError for one that does not exist.
    """
    file = spec_file(spec)
    profile = given or (None if file is None else profile_file(file))
    if file is None or profile is None or not (given or profile.is_file()):
        return Choices(sets, words_of(sets))
    named = f" --profile {shlex.quote(str(given))}" if given else ""
    return Choices({**chosen_by(profile, file), **sets}, named + words_of(sets))


def words_of(sets: Mapping[str, str]) -> str:
    """`--set` for each choice, with a blank in front."""
    return "".join(f" --set {shlex.quote(f'{name}={value}')}" for name, value in sets.items())


def spec_file(name: str) -> Path | None:
    """The file that a person means by SPEC; None = none here, which the command itself will say."""
    from engine.cli.shared.spec import shipped

    path = Path(name)
    return path if path.is_file() else shipped(path)


def profile_file(spec: Path) -> Path:
    """Where the choices for a spec are: beside it, or in this folder for one that is part of the installed package."""
    from engine.spec.files import profile_of

    beside = Path(profile_of(str(spec)))
    return Path(beside.name) if _INSTALLED in spec.resolve().parts else beside


#: The folder of the installed package that holds the specs it ships with; nobody keeps choices there.
_INSTALLED = "_share"


def chosen_by(profile: Path, spec_path: Path) -> Mapping[str, str]:
    """What a profile chooses for a spec. Raises SpecError, UserError."""
    from engine.compiler.bind.profile import read_profile
    from engine.spec.files import loader_for

    spec = readable(spec_path)
    try:
        chosen, findings = read_profile(str(profile), spec, loader_for(profile))
    except OSError as error:
        why = error.strerror or error
        raise UserError(
            f"The profile {profile} cannot be read: {why}.", remedy="`engine init` makes one."
        ) from error
    if chosen is None:
        raise SpecError(findings)
    return chosen


def readable(file: Path) -> Spec:
    """The spec in a file. Raises SpecError."""
    from engine.spec.files import loader_for
    from engine.spec.read import read_spec

    spec, findings = read_spec(str(file), loader_for(file))
    if spec is None or any(one.severity == "error" for one in findings):
        raise SpecError(findings)
    return spec
