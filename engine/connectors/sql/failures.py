"""What can become of a transaction besides being written."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from engine.errors import EngineError, TemporaryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class RowRefusedError(Exception):
    """The database does not take one of the rows; the words are its own."""

    def __init__(self, words: str, code: str = "constraint") -> None:
        super().__init__(words)
        self.words = words
        self.code = code  #: a stable word for the kind of refusal


class NotAppliedError(TemporaryError):
    """Nothing of the transaction was kept; the same may work later."""

    def __init__(self, message: str, *, again: bool) -> None:
        super().__init__(message, remedy="Run again; nothing of this was written.")
        #: True = other transactions stood in the way, so that it is worth to try again at once.
        self.again = again


class UnconfirmedError(Exception):
    """The connection broke while the database was told to keep the transaction: it may have kept it."""


@contextmanager
def undone_on_error(rollback: Callable[[], object]) -> Iterator[None]:
    """Take a transaction back whatever went wrong inside, and raise that: the first error is the one that counts.

    A broken line or a full disk has rolled back by itself, so what `rollback` says then is of no interest.
    """
    try:
        yield
    except BaseException:
        with suppress(EngineError, RowRefusedError):
            rollback()
        raise
