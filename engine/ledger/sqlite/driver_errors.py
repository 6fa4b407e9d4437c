"""What SQLite complains about: the only place that knows its words."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from engine.errors import TemporaryError, UserError
from engine.ledger.database.driver_errors import ROLLED_BACK, linked_twice

if TYPE_CHECKING:
    from engine.errors import EngineError

#: (words of SQLite, kind of error, what happened, what to do); both drivers pass SQLite's own words on.
_TROUBLES: tuple[tuple[str, type[UserError | TemporaryError], str, str], ...] = (
    (
        "is locked",
        TemporaryError,
        "The ledger {name} is being written by another process.",
        "Run the command again in a moment.",
    ),
    (
        "disk is full",
        UserError,
        f"There is no room left for the ledger {{name}}. {ROLLED_BACK}",
        "Free some disk space and run again; the run goes on where it stopped.",
    ),
    (
        "disk i/o error",
        UserError,
        f"The disk failed while the ledger {{name}} was in use. {ROLLED_BACK}",
        "Look at the disk and its free space, then run again.",
    ),
    (
        "readonly database",
        UserError,
        "The ledger {name} cannot be written.",
        "Give this user the right to write the file and its folder.",
    ),
    (
        "unable to open",
        UserError,
        "The ledger {name} cannot be opened.",
        "Look whether its folder exists and this user may read and write in it.",
    ),
    ("not a database", UserError, "{name} is not a ledger.", "Move that file away, or name another ledger."),
    (
        "malformed",
        UserError,
        "The ledger {name} is damaged.",
        "Restore it from a backup; the next run reads everything again.",
    ),
)


def translate(error: Exception, name: str) -> EngineError | None:
    """The error to raise instead; None = a defect of the engine, which must stay visible."""
    if not _from_database(error):
        return None
    words = str(getattr(error, "orig", None) or error)
    if "UNIQUE constraint failed: links." in words:
        return linked_twice()
    for said, kind, message, remedy in _TROUBLES:
        if said in words.lower():
            return kind(message.format(name=name), remedy=remedy)
    return None


def _from_database(error: Exception) -> bool:
    """Whether SQLAlchemy, sqlite3 or ADBC raised it."""
    home = type(error).__module__.partition(".")[0]
    return isinstance(error, sqlite3.Error) or home in {"sqlalchemy", "adbc_driver_manager"}
