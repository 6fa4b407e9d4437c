"""`--sandbox`: local stand-ins for the systems, started for one command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypeVar, cast

import click

from engine.cli.shared.command import EngineCommand
from engine.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from engine.plan import SystemPlan

Company = Literal["clean", "awkward", "bare"]
_ADDRESSES = ("http://127.0.0.1:", "http://localhost:")
COMPANIES: tuple[Company, ...] = ("clean", "awkward", "bare")
#: A company that is served for one command, or the address of a sandbox that is being served already.
Sandbox: TypeAlias = str
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


class _Word(click.ParamType[str]):
    """A company, or the address of a sandbox on this machine."""

    name = "sandbox"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word itself. Fails for another one."""
        if value not in COMPANIES and not value.startswith(_ADDRESSES):
            known = ", ".join(COMPANIES)
            self.fail(f"`{value}` is neither a company ({known}) nor the address of a sandbox.", param, ctx)
        return value


def sandbox_option(function: Function) -> Function:
    """`--sandbox`, `--sandbox=awkward`, or `--sandbox=http://127.0.0.1:8765`."""
    return click.option(
        "--sandbox",
        type=_Word(),
        metavar="[=awkward|bare|URL]",
        help="Use local stand-ins for the systems instead of the real ones; `--sandbox=awkward` has records that an "
        "API refuses, `--sandbox=bare` has none yet, and a URL is that of a running `engine sandbox`.",
    )(function)


@contextmanager
def sandbox_settings(sandbox: Sandbox | None, plan: Standing, folder: Path) -> Iterator[Settings]:
    """Settings per system that lead to a sandbox; one that is started here lives as long as the block."""
    if sandbox is None:
        yield {}
    elif sandbox.startswith(_ADDRESSES):
        yield _for_systems(_asked(sandbox), plan)
    else:
        from engine.sandbox.serve import start

        with start(folder, company=cast("Company", sandbox)) as running:
            yield _for_systems(running.connect(), plan)


def _asked(url: str) -> Settings:
    """What a running sandbox says of how to connect. Raises UserError where none answers."""
    import httpx

    try:
        answer = httpx.get(f"{url.rstrip('/')}/_sandbox/connect", timeout=10)
        answer.raise_for_status()
        return dict(answer.json())
    except (httpx.HTTPError, ValueError) as error:
        raise UserError(
            f"No sandbox answers at {url}: {error}.", remedy="Start one: engine sandbox"
        ) from error


def _for_systems(served: Settings, plan: Standing) -> Settings:
    """What is served, by the names of the plan's systems. Raises UserError where it stands in for none."""
    settings = {one.name: served[one.connector] for one in plan.systems.values() if one.connector in served}
    if not settings:
        raise UserError(
            f"The sandbox stands in for none of the systems of {plan.file}.",
            remedy=f"It serves {', '.join(sorted(served))}; leave --sandbox away.",
        )
    return settings


def private_folder(folder: Path) -> Path:
    """The folder, made if need be: private to the person who runs the engine, and kept out of git."""
    if not folder.is_dir():
        folder.mkdir(parents=True, mode=0o700)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    return folder


def words(company: Sandbox | None) -> str:
    """How to name the sandbox again on a command line."""
    return {None: "", "clean": " --sandbox"}.get(company, f" --sandbox={company}")
