"""From the words of a command line to what `execute` and `preview` take: a plan and the way to run it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.cli.shared.progress import telling
from engine.cli.shared.spec import find_spec
from engine.cli.shared.stand_in import private_folder, sandbox_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from engine.cli.shared.stand_in import Sandbox
    from engine.compiler.draft.parts import Hand
    from engine.plan import Plan
    from engine.run.session.run_request import RunRequest


@contextmanager
def prepared(
    spec: str,
    choices: Mapping[str, str],
    *,
    sandbox: Sandbox | None,
    folder: Path,
    ledger: str | None,
    stop: Callable[[], bool],
    hand: Hand | None = None,
) -> Iterator[tuple[Plan, RunRequest]]:
    """The compiled plan, with `hand` of one trigger alone, and the call to run it with.

    The sandbox and the progress display end with the block.

    Nothing is made on disk before the spec has compiled.
    """
    from engine.compiler import compile_file
    from engine.run.operations.discover import against_live
    from engine.run.session.run_request import RunRequest

    offline = compile_file(str(find_spec(spec)), profile=choices, hand=hand)
    kept = private_folder(folder)
    with sandbox_settings(sandbox, offline, kept) as settings, telling() as listen:
        request = RunRequest(folder=kept, overrides=settings, ledger=ledger, listen=listen, stop=stop)
        yield against_live(offline, choices, request, hand), request
