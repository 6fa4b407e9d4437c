"""What the database complains about, said in one sentence: the only place that knows its words."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.errors import EngineError, RecordError, TemporaryError, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ROLLED_BACK = "Nothing of this step was stored."

#: (words of SQLite, kind of error, what happened, what to do); both drivers pass SQLite's own words on.
_TROUBLES: tuple[tuple[str, type[UserError | TemporaryError], str, str], ...] = (
    (
        "is locked",
        TemporaryError,
        "The ledger {path} is being written by another process.",
        "Run the command again in a moment.",
    ),
    (
        "disk is full",
        UserError,
        f"There is no room left for the ledger {{path}}. {_ROLLED_BACK}",
        "Free some disk space and run again; the run goes on where it stopped.",
    ),
    (
        "disk i/o error",
        UserError,
        f"The disk failed while the ledger {{path}} was in use. {_ROLLED_BACK}",
        "Look at the disk and its free space, then run again.",
    ),
    (
        "readonly database",
        UserError,
        "The ledger {path} cannot be written.",
        "Give this user the right to write the file and its folder.",
    ),
    (
        "unable to open",
        UserError,
        "The ledger {path} cannot be opened.",
        "Look whether its folder exists and this user may read and write in it.",
    ),
    (
        "not a database",
        UserError,
        "{path} is not a ledger.",
        "Move that file away, or name another ledger.",
    ),
    (
        "malformed",
        UserError,
        "The ledger {path} is damaged.",
        "Restore it from a backup; the next run reads everything again.",
    ),
)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what either driver raises into an error of ours; ours pass through."""
    try:
        yield
    except EngineError:
        raise
    except Exception as error:
        ours = _ours(error, path)
        if ours is None:
            raise
        raise ours from error


def _ours(error: Exception, path: Path) -> EngineError | None:
    """The error to raise instead; None = a defect of the engine, which must stay visible."""
    if not _from_database(error):
        return None
    words = str(getattr(error, "orig", None) or error)
    if "UNIQUE constraint failed: links." in words:
        return RecordError(
            "linked-twice",
            f"A record was to be linked that already has a link. {_ROLLED_BACK}",
            remedy="Look whether a system uses the same id for two records.",
        )
    for said, kind, message, remedy in _TROUBLES:
        if said in words.lower():
            return kind(message.format(path=path), remedy=remedy)
    return None


def _from_database(error: Exception) -> bool:
    """Whether SQLAlchemy, sqlite3 or ADBC raised it."""
    home = type(error).__module__.partition(".")[0]
    return isinstance(error, sqlite3.Error) or home in {"sqlalchemy", "adbc_driver_manager"}
