"""What PostgreSQL and its driver complain about: the only place that knows their codes and words."""

from __future__ import annotations

from engine.errors import EngineError, TemporaryError, UserError
from engine.ledger.database.driver_errors import ROLLED_BACK, linked_twice

_Kind = type[UserError] | type[TemporaryError]
_AGAIN = "Run the command again in a moment."

#: SQLSTATE -> kind of error, what happened, what to do.
_BY_CODE: dict[str, tuple[_Kind, str, str]] = {
    "42501": (
        UserError,
        "This user may not do in the ledger {name} what is needed: {words}.",
        "Let its owner grant the right: CREATE on the database, or USAGE and CREATE on a schema made for it.",
    ),
    "25006": (
        UserError,
        "The ledger {name} cannot be written.",
        "Use the server that takes writes, not its replica, and a user who may write.",
    ),
    "25P03": (
        TemporaryError,
        f"The server of the ledger {{name}} ended a step in which nothing had happened for long. {ROLLED_BACK}",
        "Look whether this machine was asleep or overloaded; the next run goes on where this one stopped.",
    ),
    "55P03": (TemporaryError, "The ledger {name} is being written by another process.", _AGAIN),
    "40P01": (TemporaryError, f"The ledger {{name}} is in use elsewhere. {ROLLED_BACK}", _AGAIN),
    "40001": (TemporaryError, f"The ledger {{name}} is in use elsewhere. {ROLLED_BACK}", _AGAIN),
    "57014": (
        TemporaryError,
        f"The server of the ledger {{name}} stopped a statement. {ROLLED_BACK}",
        _AGAIN,
    ),
    "53100": (
        UserError,
        f"There is no room left for the ledger {{name}}. {ROLLED_BACK}",
        "Free some disk space on its server and run again; the run goes on where it stopped.",
    ),
    "53200": (TemporaryError, f"The server of the ledger {{name}} is out of memory. {ROLLED_BACK}", _AGAIN),
    "58030": (
        UserError,
        f"The disk failed while the ledger {{name}} was in use. {ROLLED_BACK}",
        "Look at the disk of its server, then run again.",
    ),
    "XX001": (
        UserError,
        "The ledger {name} is damaged.",
        "Restore it from a backup; the next run reads everything again.",
    ),
}

#: (words on the way to the server, kind of error, what happened, what to do): it sends no code before a session.
_BY_WORDS: tuple[tuple[str, _Kind, str, str], ...] = (
    (
        "authentication failed",
        UserError,
        "The server of the ledger {name} did not accept the user or the password.",
        "Look at the user in the URL; give the password there, in PGPASSWORD or in ~/.pgpass.",
    ),
    (
        "no password supplied",
        UserError,
        "The server of the ledger {name} asks for a password, and there is none.",
        "Give it in the URL, in PGPASSWORD or in ~/.pgpass.",
    ),
    (
        'role "',
        UserError,
        "The server of the ledger {name} does not know this user: {words}.",
        "Name the user in the URL (`postgresql://user@host/database`), or make it with CREATE ROLE.",
    ),
    (
        'database "',
        UserError,
        "The server of the ledger {name} does not have this database: {words}.",
        "Make it with `createdb`, or name another one in the URL.",
    ),
    (
        "pg_hba.conf",
        UserError,
        "The server of the ledger {name} does not let this user in from here: {words}.",
        "Let its administrator add a line to pg_hba.conf, or try `?sslmode=require`.",
    ),
    (
        "ssl",
        UserError,
        "No encrypted connection to the ledger {name} came about: {words}.",
        "Look at `sslmode` and the certificates in the URL.",
    ),
    (
        "invalid ",
        UserError,
        "The address of the ledger {name} cannot be used: {words}.",
        "Write it as `postgresql://user@host:5432/database?schema=engine`.",
    ),
)


def translate(error: Exception, name: str) -> EngineError | None:
    """The error to raise instead; None = a defect of the engine, which must stay visible."""
    import psycopg

    cause = getattr(error, "orig", None) or error
    if not isinstance(cause, psycopg.Error):
        return None
    code = cause.sqlstate
    if code == "23505" and (cause.diag.constraint_name or "").startswith("links_"):
        return linked_twice()
    words = _words(cause)
    if code in _BY_CODE:
        kind, message, remedy = _BY_CODE[code]
        return kind(message.format(name=name, words=words), remedy=remedy)
    if not isinstance(cause, psycopg.OperationalError):
        return None
    return _lost(name, words)


def _lost(name: str, words: str) -> TemporaryError:
    return TemporaryError(
        f"The connection to the ledger {name} was lost: {words}. What this step had to store is there wholly, or "
        "not at all.",
        remedy="Run the command again once the server can be reached; the run goes on where it stopped.",
    )


def unreached(error: Exception, name: str) -> EngineError:
    """What to raise where no session came about."""
    words = _words(error)
    for said, kind, message, remedy in _BY_WORDS:
        if said in words.lower():
            return kind(message.format(name=name, words=words), remedy=remedy)
    return TemporaryError(
        f"The server of the ledger {name} cannot be reached: {words}.",
        remedy="Look whether it runs, and at its host and port in the URL; then run the command again.",
    )


def _words(error: Exception) -> str:
    """The first thing said, on one line, without what the driver says before the reason itself."""
    diag = getattr(error, "diag", None)
    said = (diag.message_primary if diag is not None else None) or str(error)
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["no reason was given"]
    reason = lines[0].rpartition("failed: ")[2]
    return reason.removeprefix("connection is bad: ").removeprefix("FATAL:").strip().rstrip(".")
