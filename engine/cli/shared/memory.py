"""The ledger as a command uses it: to look at, or to change between two runs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.cli.shared.spec import integration_of
from engine.cli.shared.stand_in import private_folder
from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from engine.ledger import Lease
    from engine.ledger.store import Ledger

#: Long enough for the largest file of links; a process that ends gives its lease up at once.
_LEASE_S = 600.0


@contextmanager
def reading(folder: Path, url: str | None) -> Iterator[Ledger]:
    """The ledger, to look at. Raises UserError where nothing has run yet."""
    from engine.ledger import open_ledger

    with open_ledger(_place(folder, url), readonly=True) as ledger:
        yield ledger


@contextmanager
def changing(folder: Path, url: str | None, integration: str) -> Iterator[tuple[Ledger, Lease]]:
    """The ledger and the right to change what it knows of an integration; made if it is missing.

    Raises LockedError while a run of the integration is on.
    """
    import os
    import socket
    from datetime import UTC, datetime

    from engine.ledger import open_ledger

    private_folder(folder)
    holder = f"a change by hand (process {os.getpid()} on {socket.gethostname()})"
    with open_ledger(_place(folder, url)) as ledger:
        lease = ledger.take_lease(integration, holder, datetime.now(UTC).isoformat(), _LEASE_S)
        try:
            yield ledger, lease
        finally:
            ledger.release(lease)


def _place(folder: Path, url: str | None) -> str | Path:
    from engine.ledger.model import LEDGER_FILE

    return url or folder / LEDGER_FILE


def integration_in(memory: Ledger, spec: str) -> str:
    """The integration that SPEC means. One that never ran is a mistake, not an empty answer."""
    name, known = integration_of(spec), memory.integrations()
    if name not in known:
        these = ", ".join(known) or "none"
        raise UserError(f"`{name}` has not run here yet.", remedy=f"These have: {these}.")
    return name


def modules_in(memory: Ledger, integration: str, module: str | None) -> Sequence[str]:
    """The modules that a person means: one that the ledger knows, or all of them by name."""
    known = [one.state.module for one in memory.status(integration)]
    if module is None:
        return known
    if module not in known:
        these = ", ".join(known) or "none"
        raise UserError(
            f"`{integration}` has no module `{module}` that has run here.", remedy=f"These have: {these}."
        )
    return [module]
