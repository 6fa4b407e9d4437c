"""`engine fields`: which field of one side is which field of the other, module by module, offline."""

from __future__ import annotations

import click

from engine.cli.shared.command import EngineCommand, answer, formats
from engine.cli.shared.planned import module_of, plan_of
from engine.cli.shared.spec import set_option


@click.command(cls=EngineCommand)
@click.argument("spec", metavar="SPEC")
@click.argument("module", metavar="[MODULE]", required=False)
@set_option
@formats()
def fields(*, spec: str, module: str | None, choices: dict[str, str], form: str) -> None:
    """Show which field becomes which: of every module and trigger of a spec, or of one.

    Connects to nothing. What the options switch off is not shown.
    """
    from engine.render.fields import fields_json, fields_text

    plan = plan_of(spec, choices)
    chosen = plan.modules if module is None else (module_of(plan, module),)
    answer(form, lambda: fields_json(plan, chosen), lambda screen: fields_text(chosen, screen))
