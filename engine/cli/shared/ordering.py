"""Ordering a stage of an integration's life: shown first, confirmed, carried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.cli.shared.asking import confirm
from engine.cli.shared.command import formats, ledger_options, say
from engine.cli.shared.progress import telling
from engine.cli.shared.spec import find_spec, spec_arguments
from engine.cli.shared.stand_in import Sandbox, private_folder, sandbox_option, sandbox_settings
from engine.cli.shared.stopping import stopping

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.plan import Plan
    from engine.plan.lifecycle import StageName
    from engine.run.operations.lifecycle import Carried, Foreseen, Order
    from engine.run.session.run_request import RunRequest

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What stands on the command line."""

    spec: str
    choices: Mapping[str, str]  #: options
    yes: bool
    by: str | None
    sandbox: Sandbox | None
    folder: Path
    ledger: str | None
    choice: str | None = None  #: of the stage


def order_options(function: Function) -> Function:
    """SPEC and its options, `--yes`, `--by`, and where everything is."""
    by = click.option(
        "--by",
        metavar="ADDRESS",
        envvar="ENGINE_BY",
        help="Your mail address: it is kept, and told when it is done where the spec says so.",
    )
    yes = click.option("--yes", is_flag=True, help="Do it without asking.")
    return spec_arguments(yes(by(sandbox_option(ledger_options(formats()(function))))))


@contextmanager
def ordered(stage: StageName, asked: Asked) -> Iterator[tuple[Plan, RunRequest, Foreseen]]:
    """What the stage would do, before anything is done; the sandbox ends with the block."""
    from engine.compiler import compile_file
    from engine.run.operations.lifecycle import foresee
    from engine.run.session.run_request import RunRequest

    known = asked.choices if stage == "connect" else {**_remembered(asked), **asked.choices}
    offline = compile_file(str(find_spec(asked.spec)), profile=known)
    kept = private_folder(asked.folder)
    with (
        stopping() as stop,
        sandbox_settings(asked.sandbox, offline, kept) as settings,
        telling() as listen,
    ):
        request = RunRequest(folder=kept, overrides=settings, ledger=asked.ledger, listen=listen, stop=stop)
        plan, order = _order(stage, asked, known, offline, request)
        yield plan, request, foresee(plan, request, order)


def _order(
    stage: StageName, asked: Asked, known: Mapping[str, str], offline: Plan, request: RunRequest
) -> tuple[Plan, Order]:
    from engine.run.operations.discover import against_live
    from engine.run.operations.lifecycle import Order
    from engine.run.operations.states import choice_of, refuse_out_of_turn, stage_of
    from engine.run.sync.opened import remembered

    wanted = stage_of(offline, stage)
    with remembered(request) as memory:
        standing = memory.standing(offline.name)
    taken = asked.choice or standing.agreed.get("choice")
    refuse_out_of_turn(offline, wanted, standing, taken)
    order = Order(stage=wanted, choice=choice_of(offline, wanted, standing, asked.choice), by=asked.by)
    if not order.asks:
        return offline, order
    plan = against_live(offline, known, request)
    return plan, replace(order, stage=stage_of(plan, stage))


def _remembered(asked: Asked) -> dict[str, str]:
    """The options that the integration was last run with; a stage goes by them unless something else is said."""
    from engine.cli.shared.memory import reading
    from engine.cli.shared.spec import integration_of
    from engine.ledger import ledger_exists
    from engine.ledger.model import LEDGER_FILE
    from engine.spec.files import loader_for
    from engine.spec.read import read_spec

    if not ledger_exists(asked.ledger or asked.folder / LEDGER_FILE):
        return {}
    file = find_spec(asked.spec)
    with reading(asked.folder, asked.ledger) as memory:
        options = memory.standing(integration_of(str(file))).options or {}
    spec, _ = read_spec(str(file), loader_for(file))
    names = spec.options if spec is not None else {}
    kept = {name: value for name, value in options.items() if name in names and value is not None}
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in kept.items()
    }


def confirmed(plan: Plan, foreseen: Foreseen, *, yes: bool) -> None:
    """Show what would be done, and ask. Raises UserError where nobody can be asked."""
    from engine.render.lifecycle import foreseen_text

    say(foreseen_text(plan, foreseen))
    confirm(foreseen.order.stage.stage, None, yes=yes)


def carried_out(plan: Plan, request: RunRequest, foreseen: Foreseen, *, yes: bool) -> Carried:
    """Do it once somebody has agreed."""
    from engine.run.operations.lifecycle import carry

    confirmed(plan, foreseen, yes=yes)
    return carry(plan, request, foreseen)
