"""Stops: a run that asks a person first ends with the command line that approves it."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def with_command_to_approve(again: str, accept: tuple[str, ...]) -> Iterator[None]:
    """A stop that can be approved names the whole command; `again` is the one that was stopped."""
    try:
        yield
    except StoppedError as error:
        if not error.codes:
            raise
        codes = dict.fromkeys([*accept, *error.codes])
        flags = "".join(f" --accept {shlex.quote(code)}" for code in codes)
        remedy = f"{error.remedy}. The whole command:\n  {again}{flags}"
        raise StoppedError(error.message, remedy=remedy, codes=error.codes) from error
