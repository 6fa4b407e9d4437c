"""The ledger as a command uses it: to read, or to change between two runs."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from engine.cli.shared.folder import private_folder
from engine.cli.shared.spec_file import integration_of
from engine.errors import UserError
from engine.ledger import open_ledger
from engine.ledger.model import LEDGER_FILE
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from engine.cli.shared.context import CommandContext
    from engine.ledger import Lease
    from engine.ledger.store import Ledger

#: Long enough for the largest file of links; a process that ends gives its lease up at once.
_LEASE_S = 600.0


def now_iso() -> str:
    """The present as the ledger writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ledger_place(context: CommandContext) -> str | Path:
    """Where the ledger is: a URL, or a file."""
    return context.ledger or context.folder / LEDGER_FILE


@contextmanager
def reading(context: CommandContext) -> Iterator[Ledger]:
    """The ledger, read only. Raises UserError where nothing has run yet."""
    with open_ledger(ledger_place(context), readonly=True) as ledger:
        yield ledger


@contextmanager
def changing(context: CommandContext, integration: str) -> Iterator[tuple[Ledger, Lease]]:
    """The ledger and the right to change what it knows of an integration; made if it is missing.

    Raises LockedError while the integration is running.
    """
    private_folder(context.folder)
    holder = f"a change by hand (process {os.getpid()} on {socket.gethostname()})"
    with open_ledger(ledger_place(context)) as ledger:
        lease = ledger.take_lease(integration, holder, datetime.now(UTC).isoformat(), _LEASE_S)
        try:
            yield ledger, lease
        finally:
            ledger.release(lease)


def integration_in(memory: Ledger, spec: str) -> str:
    """The integration that SPEC means. One that never ran is a mistake, not an empty answer."""
    name, known = integration_of(spec), memory.integrations()
    if name not in known:
        raise UserError(f"`{name}` has not run here yet.", remedy=_those_that_have(name, known))
    return name


def modules_in(memory: Ledger, integration: str, module: str | None) -> Sequence[str]:
    """The modules that a person means: one that the ledger knows, or all of them by name."""
    known = [one.state.module for one in memory.status(integration)]
    if module is None:
        return known
    if module not in known:
        raise UserError(
            f"`{integration}` has no module `{module}` that has run here.",
            remedy=_those_that_have(module, known),
        )
    return [module]


def _those_that_have(name: str, known: Sequence[str]) -> str:
    return did_you_mean(name, known, otherwise="These have") or "Nothing has run here yet."
