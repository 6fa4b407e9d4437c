"""`--sandbox`: local stand-ins for the systems, started for one command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

import click

from engine.cli.command import EngineCommand
from engine.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from engine.plan import SystemPlan

Company = Literal["clean", "awkward"]
COMPANIES: tuple[Company, ...] = ("clean", "awkward")
Settings = Mapping[str, Mapping[str, Any]]
Function = TypeVar("Function", bound=Callable[..., Any])


class Standing(Protocol):
    """What the sandbox may stand in for: a plan, or a spec that is not compiled."""

    @property
    def file(self) -> str:
        """The spec."""
        ...

    @property
    def systems(self) -> Mapping[str, SystemPlan]:
        """Its systems by name."""
        ...


class SandboxCommand(EngineCommand):
    """A command on which `--sandbox` may stand alone, even right before SPEC."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Write the company out before click would take the next word for it."""
        return super().parse_args(ctx, ["--sandbox=clean" if word == "--sandbox" else word for word in args])


def sandbox_option(function: Function) -> Function:
    """`--sandbox` or `--sandbox=awkward`."""
    return click.option(
        "--sandbox",
        type=click.Choice(COMPANIES),
        metavar="[=awkward]",
        help="Use local stand-ins for the systems instead of the real ones; "
        "`--sandbox=awkward` has records that an API refuses.",
    )(function)


@contextmanager
def sandbox_settings(company: Company | None, plan: Standing, folder: Path) -> Iterator[Settings]:
    """Settings per system that lead to a sandbox which lives as long as the block; none without a company."""
    if company is None:
        yield {}
        return
    from engine.sandbox.serve import start

    with start(folder, company=company) as running:
        served = running.connect()
        settings = {
            one.name: served[one.connector] for one in plan.systems.values() if one.connector in served
        }
        if not settings:
            raise UserError(
                f"The sandbox stands in for none of the systems of {plan.file}.",
                remedy=f"It serves {', '.join(sorted(served))}; leave --sandbox away.",
            )
        yield settings


def private_folder(folder: Path) -> Path:
    """The folder, made if need be: private to the person who runs the engine, and kept out of git."""
    if not folder.is_dir():
        folder.mkdir(parents=True, mode=0o700)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    return folder


def words(company: Company | None) -> str:
    """How to name the sandbox again on a command line."""
    return {None: "", "clean": " --sandbox"}.get(company, f" --sandbox={company}")
