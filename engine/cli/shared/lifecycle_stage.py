"""A stage of an integration's life: what it would do is shown, confirmed, and carried out."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from engine import compiler
from engine.cli.shared.choices import choices_text
from engine.cli.shared.confirmation import confirm
from engine.cli.shared.interrupt import interruptible
from engine.cli.shared.ledger_access import ledger_place, reading
from engine.cli.shared.options import BY, CHOICES, LEDGER, SANDBOX, SPEC, YES
from engine.cli.shared.output import say
from engine.cli.shared.prepared_run import requested
from engine.cli.shared.spec_file import find_spec, read_spec_file
from engine.ledger import ledger_exists
from engine.render.lifecycle import foreseen_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from engine.cli.shared.context import CommandContext
    from engine.plan import Plan
    from engine.plan.lifecycle import StageName
    from engine.run.operations.lifecycle import Carried, Foreseen
    from engine.run.operations.stage_progress import Order
    from engine.run.session.run_request import RunRequest

#: What every command of a stage takes.
STAGE_PARAMETERS = (SPEC, YES, BY, CHOICES, SANDBOX, LEDGER)


@contextmanager
def ordered(
    stage: StageName, context: CommandContext, *, by: str | None, choice: str | None = None
) -> Iterator[tuple[Plan, RunRequest, Foreseen]]:
    """What the stage would do, before anything is done; the sandbox ends with the block. `choice`: of the stage."""
    from engine.run.operations.lifecycle import foresee

    file = find_spec(context.spec)
    known = context.choices if stage == "connect" else {**_last_choices(context, file), **context.choices}
    offline = compiler.compile_file(str(file), profile=known)
    with interruptible() as stop, requested(context, offline, stop) as request:
        plan, order = _order(stage, by, choice, known, offline, request)
        yield plan, request, foresee(plan, request, order)


def _order(
    stage: StageName,
    by: str | None,
    choice: str | None,
    known: Mapping[str, str],
    offline: Plan,
    request: RunRequest,
) -> tuple[Plan, Order]:
    from engine.run.operations.discover import against_live
    from engine.run.operations.stage_progress import Order
    from engine.run.operations.states import choice_of, refuse_out_of_turn, stage_of
    from engine.run.sync.opened import remembered

    wanted = stage_of(offline, stage)
    with remembered(request) as memory:
        standing = memory.standing(offline.name)
    refuse_out_of_turn(offline, wanted, standing, choice or standing.agreed.get("choice"))
    order = Order(stage=wanted, choice=choice_of(offline, wanted, standing, choice), by=by)
    if not order.asks:
        return offline, order
    plan = against_live(offline, known, request)
    return plan, replace(order, stage=stage_of(plan, stage))


def _last_choices(context: CommandContext, file: Path) -> dict[str, str]:
    """The options that the integration was last run with; a stage goes by them unless something else is said."""
    if not ledger_exists(ledger_place(context)):
        return {}
    spec = read_spec_file(file, valid=False)
    with reading(context) as memory:
        options = memory.standing(spec.name).options or {}
    return choices_text({name: value for name, value in options.items() if name in spec.options})


def carried_out(plan: Plan, request: RunRequest, foreseen: Foreseen, *, yes: bool) -> Carried:
    """Show what would be done, ask, and do it. Raises UserError where nobody can be asked."""
    from engine.run.operations.lifecycle import carry

    say(foreseen_text(plan, foreseen))
    confirm(foreseen.order.stage.stage, None, yes=yes)
    return carry(plan, request, foreseen)
