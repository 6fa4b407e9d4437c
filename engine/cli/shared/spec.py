"""The SPEC that a person names: a file, a spec that ships with the engine, or an integration that has run."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from engine.cli.shared.choices import PROFILE, Choices, words_of
from engine.cli.shared.command import say
from engine.errors import UserError
from engine.spec.diagnostic import SpecError

Function = TypeVar("Function", bound=Callable[..., Any])


def find_spec(name: str) -> Path:
    """The file that a person means by a path or a name.

    A path that exists is taken as it is; else a shipped spec of that name, and stderr says which.
    Raises UserError when there is neither.
    """
    path = Path(name)
    if path.is_file():
        return path
    found = shipped(path)
    if found is None:
        raise UserError(f"There is no spec `{name}`.", remedy=_remedy(path))
    say(f"`{name}` is not in this folder; using the one that ships with the engine: {found}")
    return found


def shipped(path: Path) -> Path | None:
    """The spec of that name that ships with the engine; None = there is none, or the path leads elsewhere."""
    from engine.spec.share import share

    if path.is_absolute() or path.parent not in (Path("specs"), Path()):
        return None
    found = share("specs") / path.with_suffix(".yaml").name
    return found if found.is_file() else None


def _remedy(path: Path) -> str:
    from engine.spec.share import share

    if path.is_dir():
        return "Name one file of that folder; `engine validate` takes whole folders."
    names = ", ".join(sorted(f"specs/{one.name}" for one in share("specs").glob("*.yaml")))
    return f"Give the path of a file, or one of those that ship with the engine: {names}."


def integration_of(name: str) -> str:
    """The name of the integration that a person means by a spec file or by the name itself."""
    path = Path(name)
    known = path if path.is_file() else shipped(path)
    if known is None:
        if path.suffix or path.parent != Path():
            raise UserError(f"There is no spec `{name}`.", remedy=_remedy(path))
        return name
    from engine.spec.files import loader_for
    from engine.spec.read import read_spec

    # A finding elsewhere in the file is no reason to hide what has already run.
    spec, findings = read_spec(str(known), loader_for(known))
    if spec is None:
        raise SpecError(findings)
    return spec.name


def pairs(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """NAME=VALUE, several times, as a mapping."""
    del ctx, param
    chosen: dict[str, str] = {}
    for text in values:
        option, equals, value = text.partition("=")
        if not equals or not option:
            raise click.BadParameter(f"`{text}` is not of the form NAME=VALUE.")
        if option in chosen:
            raise click.BadParameter(f"`{option}` is set twice.")
        chosen[option] = value
    return chosen


def spec_words(spec: str, choices: Mapping[str, str]) -> str:
    """SPEC and the choices as they would be typed again."""
    return shlex.quote(spec) + (choices.words if isinstance(choices, Choices) else words_of(choices))


def set_option(function: Function) -> Function:
    """`--set option=value`, and `--profile`."""
    return profile_option(_set_option(function))


def profile_option(function: Function) -> Function:
    """`--profile FILE`; `gather` reads it before the command begins."""
    return click.option(
        "--profile",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        expose_value=False,
        callback=_note_profile,
        help="The choices that `engine init` wrote; by default SPEC's own .profile.yaml, if there is one.",
    )(function)


def _note_profile(ctx: click.Context, param: click.Parameter, value: Path | None) -> None:
    del param
    ctx.meta[PROFILE] = value


def _set_option(function: Function) -> Function:
    return click.option(
        "--set",
        "choices",
        multiple=True,
        metavar="OPTION=VALUE",
        callback=pairs,
        help="Choose one of the spec's options, whatever the profile says; may be repeated.",
    )(function)


def spec_arguments(function: Function) -> Function:
    """SPEC, `--set option=value` and `--profile`."""
    return click.argument("spec", metavar="SPEC")(set_option(function))
