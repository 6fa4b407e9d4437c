"""What a command line aims at: `--module NAME` for one module of a spec, `SYSTEM.STREAM:ID` for one record."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.cli.shared.planned import module_of

if TYPE_CHECKING:
    from engine.plan import Plan
    from engine.run.session.aim import Aim

Function = TypeVar("Function", bound=Callable[..., Any])


def module_option(function: Function) -> Function:
    """`--module`, several times."""
    return click.option(
        "--module",
        "modules",
        multiple=True,
        metavar="NAME",
        help="Only this module or trigger; may be repeated.",
    )(function)


def module_words(modules: Sequence[str]) -> str:
    """The option as it would be typed again."""
    return "".join(f" --module {shlex.quote(one)}" for one in modules)


def aim_at(plan: Plan, modules: Sequence[str]) -> Aim | None:
    """What the run is about; None = everything. Raises UserError for a module that does not run."""
    from engine.run.session.aim import Aim

    if not modules:
        return None
    return Aim(modules=frozenset(module_of(plan, one).name for one in modules))
