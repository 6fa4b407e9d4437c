"""`engine plan`: the compiled plan, offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import engine_command
from engine.cli.shared.options import CHOICES, SPEC
from engine.cli.shared.output import answer
from engine.cli.shared.plan_lookup import plan_of
from engine.render.plan import plan_text

if TYPE_CHECKING:
    from engine.cli.shared.context import CommandContext


@engine_command(SPEC, CHOICES)
@click.option("--sql", is_flag=True, help="Also print the SQL that makes records comparable.")
def plan(context: CommandContext, *, sql: bool) -> None:
    """Print what a spec compiles to: what is read, how records are recognised, what may be written.

    Connects to nothing. The same spec and options give the same plan.
    """
    compiled = plan_of(context)
    answer(
        context.form,
        lambda: {"fingerprint": compiled.fingerprint, **compiled.describe()},
        lambda _: plan_text(compiled, sql=sql),
    )
