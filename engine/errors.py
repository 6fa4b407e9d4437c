"""What can go wrong, grouped by what the caller does next.

EngineError
├── UserError           a person must change a file, a flag or a credential; exit 1, never a traceback
│   ├── SpecError       the spec has findings; they are values, all of them at once
│   └── NotBuiltError   the spec uses a construct that this version checks but cannot run yet
├── TemporaryError      nothing is wrong with the request; the same command may be retried later; exit 5
├── StoppedError        a limit, a first contact or a stale changeset requires confirmation; exit 6
├── LockedError         somebody else holds the lease, or the integration is paused or disabled; exit 7
└── RecordError         one record cannot be handled; it is held and the others go on

A message says what happened and where; `remedy` says what to try. Both are whole sentences.
"""

from __future__ import annotations

from typing import ClassVar

from engine.exit_codes import ExitCode


class EngineError(Exception):
    """The root of everything the engine raises on purpose."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        #: What a person can do about it; None = the message already says it.
        self.remedy = remedy


class UserError(EngineError):
    """A person must change a file, a flag or a credential."""


class NotBuiltError(UserError):
    """The spec uses a construct that this version checks but cannot run yet; nothing was read or written."""


class TemporaryError(EngineError):
    """The same command may succeed later."""

    exit_code = ExitCode.TEMPORARY

    def __init__(
        self, message: str, *, remedy: str | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, remedy=remedy)
        #: Seconds to wait before trying again; None = the system did not say.
        self.retry_after_s = retry_after_s


class StoppedError(EngineError):
    """The run wrote nothing more because a person must confirm first."""

    exit_code = ExitCode.STOPPED

    def __init__(self, message: str, *, remedy: str | None = None, codes: tuple[str, ...] = ()) -> None:
        super().__init__(message, remedy=remedy)
        #: What approves exactly this, once, as `--accept` takes it; empty = it cannot be approved.
        self.codes = codes


class LockedError(EngineError):
    """Another run holds the lease, or the integration is paused or disabled."""

    exit_code = ExitCode.LOCKED


class RecordError(EngineError):
    """One record cannot be handled; it is held, the others go on."""

    def __init__(self, code: str, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        #: A stable word for the kind of trouble, such as `refused` or `unreadable`.
        self.code = code
