"""`--sandbox`: local stand-ins for the systems, started for one command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from engine.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from engine.plan import SystemPlan

Company = Literal["clean", "awkward", "bare"]
ADDRESSES = ("http://127.0.0.1:", "http://localhost:")
COMPANIES: tuple[Company, ...] = ("clean", "awkward", "bare")
Settings = Mapping[str, Mapping[str, Any]]


class WithSystems(Protocol):
    """What the sandbox may stand in for: a plan, or a spec that is not compiled."""

    @property
    def file(self) -> str:
        """The spec."""
        ...

    @property
    def systems(self) -> Mapping[str, SystemPlan]:
        """Its systems by name."""
        ...


@contextmanager
def sandbox_settings(sandbox: str | None, spec: WithSystems, folder: Path) -> Iterator[Settings]:
    """Settings per system that lead to a sandbox; one that is started here lives as long as the block."""
    if sandbox is None:
        yield {}
    elif sandbox.startswith(ADDRESSES):
        yield _for_systems(_settings_of(sandbox), spec)
    else:
        from engine.sandbox.serve import start

        with start(folder, company=cast("Company", sandbox)) as running:
            yield _for_systems(running.connect(), spec)


def _settings_of(url: str) -> Settings:
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


def _for_systems(served: Settings, spec: WithSystems) -> Settings:
    """What is served, by the names of the spec's systems. Raises UserError where it stands in for none."""
    settings = {one.name: served[one.connector] for one in spec.systems.values() if one.connector in served}
    if not settings:
        raise UserError(
            f"The sandbox stands in for none of the systems of {spec.file}.",
            remedy=f"It serves {', '.join(sorted(served))}. Run the command without --sandbox.",
        )
    return settings
