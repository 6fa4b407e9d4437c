"""`engine fields`: which field of one side is which field of the other, module by module, offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import engine_command
from engine.cli.shared.options import CHOICES, SPEC
from engine.cli.shared.output import answer
from engine.cli.shared.plan_lookup import module_of, plan_of
from engine.render.fields import fields_json, fields_text

if TYPE_CHECKING:
    from engine.cli.shared.context import CommandContext


@engine_command(SPEC, CHOICES)
@click.argument("module", metavar="[MODULE]", required=False)
def fields(context: CommandContext, *, module: str | None) -> None:
    """Show which field becomes which: of every module and trigger of a spec, or of one.

    Connects to nothing. What the options switch off is not shown.
    """
    plan = plan_of(context)
    chosen = plan.modules if module is None else (module_of(plan, module),)
    answer(context.form, lambda: fields_json(plan, chosen), lambda screen: fields_text(chosen, screen))
