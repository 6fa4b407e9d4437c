"""`engine plan`: the compiled plan, offline."""

from __future__ import annotations

import click

from engine.cli.shared.command import EngineCommand, answer, formats
from engine.cli.shared.spec import find_spec, spec_arguments


@click.command(cls=EngineCommand)
@spec_arguments
@click.option("--sql", is_flag=True, help="Also print the statements that make records comparable.")
@formats()
def plan(*, spec: str, choices: dict[str, str], sql: bool, form: str) -> None:
    """Print what a spec compiles to: what is read, how records are recognised, what may be written.

    Connects to nothing. The same spec and options give the same plan.
    """
    from engine.compiler import compile_file
    from engine.render.plan import plan_text

    compiled = compile_file(str(find_spec(spec)), profile=choices)
    answer(
        form,
        lambda: {"fingerprint": compiled.fingerprint, **compiled.describe()},
        lambda _: plan_text(compiled, sql=sql),
    )
