"""`engine diff`: what a change to a spec means, in the words that a reviewer needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.shared.choices import PROFILE, chosen_by, readable
from engine.cli.shared.command import PENDING, EngineCommand, answer, formats, show
from engine.cli.shared.spec import find_spec, set_option
from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.plan import Plan


@click.command(cls=EngineCommand)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@set_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 when something changes.")
@formats("markdown")
@click.pass_context
def diff(
    ctx: click.Context, *, old: str, new: str, choices: dict[str, str], detailed_exitcode: bool, form: str
) -> int:
    """Say what NEW would do that OLD does not: two versions of a spec, or two profiles of one.

    What writes somewhere new, deletes, recognises or decides otherwise, or asks for less is marked with `!`. Connects
    to nothing. --set and --profile hold for both.
    """
    from engine.plan.difference import differences
    from engine.render.difference import difference_json, difference_markdown, difference_text

    profile: Path | None = ctx.meta.get(PROFILE)
    _refuse_unknown((old, new), choices)
    found = differences(_plan(old, choices, profile), _plan(new, choices, profile))
    if form == "markdown":
        show(difference_markdown(found))
    else:
        answer(form, lambda: difference_json(found), lambda _: difference_text(found))
    return PENDING if detailed_exitcode and found else 0


def _plan(word: str, sets: Mapping[str, str], profile: Path | None) -> Plan:
    """The plan of a spec, or of the spec beside a profile with what that chooses."""
    from engine.compiler import compile_file

    file, own = _files(word)
    spec = readable(file)
    chosen: dict[str, str] = {}
    for one in (profile, own):
        chosen |= chosen_by(one, file) if one else {}
    known = {name: value for name, value in sets.items() if name in spec.options}
    return compile_file(str(file), profile=chosen | known)


def _files(word: str) -> tuple[Path, Path | None]:
    """The spec that a word means, and the profile, if it names one. Raises UserError."""
    from engine.spec.files import PROFILE_SUFFIX

    if not word.endswith(PROFILE_SUFFIX):
        return find_spec(word), None
    from engine.compiler.bind.profile import spec_of
    from engine.spec.diagnostic import SpecError
    from engine.spec.files import loader_for

    profile = Path(word)
    if not profile.is_file():
        raise UserError(f"There is no profile `{word}`.", remedy="`engine init` makes one.")
    spec, findings = spec_of(word, loader_for(profile))
    if spec is None:
        raise SpecError(findings)
    return Path(spec.file), profile


def _refuse_unknown(words: tuple[str, str], sets: Mapping[str, str]) -> None:
    """Raises UserError for an option that neither version has."""
    specs = [readable(_files(word)[0]) for word in words]
    for name in sets:
        if not any(name in spec.options for spec in specs):
            raise UserError(
                f"Neither version has an option `{name}`.",
                remedy="`engine plan` lists the options of a spec.",
            )
