"""`engine diff`: what a change to a spec means, in the words that a reviewer needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine import compiler
from engine.cli.shared.choices import choices_in
from engine.cli.shared.command import TEXT_AND_JSON, engine_command
from engine.cli.shared.options import CHOICES
from engine.cli.shared.output import answer, show
from engine.cli.shared.spec_file import find_spec, read_spec_file
from engine.errors import UserError
from engine.exit_codes import ExitCode
from engine.plan.difference import differences
from engine.render.diff import difference_json, difference_markdown, difference_text
from engine.spec.diagnostic import SpecError
from engine.spec.files import PROFILE_SUFFIX, loader_for
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from engine.cli.shared.context import CommandContext
    from engine.plan import Plan


@engine_command(CHOICES, forms=(*TEXT_AND_JSON, "markdown"))
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 when something changes.")
def diff(context: CommandContext, *, old: str, new: str, detailed_exitcode: bool) -> ExitCode:
    """Say what NEW would do that OLD does not: two versions of a spec, or two profiles of one.

    What writes somewhere new, deletes, recognises or decides differently, or asks for less confirmation is marked
    with `!`. Connects to nothing. --set and --profile hold for both.
    """
    before, after = _spec_and_profile(old), _spec_and_profile(new)
    _refuse_unknown_options(context, before[0], after[0])
    found = differences(_plan(context, *before), _plan(context, *after))
    if context.form == "markdown":
        show(difference_markdown(found))
    else:
        answer(context.form, lambda: difference_json(found), lambda _: difference_text(found))
    return ExitCode.CHANGES if detailed_exitcode and found else ExitCode.DONE


def _spec_and_profile(word: str) -> tuple[Path, Path | None]:
    """The spec that a word means, and the profile, if it names one. Raises UserError."""
    if not word.endswith(PROFILE_SUFFIX):
        return find_spec(word), None
    from engine.compiler.bind.profile import spec_of

    profile = Path(word)
    if not profile.is_file():
        raise UserError(f"There is no profile `{word}`.", remedy="`engine init` creates one.")
    spec, findings = spec_of(word, loader_for(profile))
    if spec is None:
        raise SpecError(findings)
    return Path(spec.file), profile


def _plan(context: CommandContext, file: Path, own: Path | None) -> Plan:
    """The plan of a spec, with what the common and its own profile choose, and what `--set` says of its options."""
    spec = read_spec_file(file)
    chosen: dict[str, str] = {}
    for one in (context.profile, own):
        chosen |= choices_in(one, file) if one else {}
    known = {name: value for name, value in context.sets.items() if name in spec.options}
    return compiler.compile_file(str(file), profile=chosen | known)


def _refuse_unknown_options(context: CommandContext, *files: Path) -> None:
    """Raises UserError for an option that neither version has."""
    known = [name for file in files for name in read_spec_file(file).options]
    for name in context.sets:
        if name not in known:
            remedy = did_you_mean(name, known, otherwise="The options are") or "There are no options."
            raise UserError(f"Neither version has an option `{name}`.", remedy=remedy)
