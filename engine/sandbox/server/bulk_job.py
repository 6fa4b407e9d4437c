"""A bulk read of CRM: what was asked for, and when its file is there."""

from __future__ import annotations

from dataclasses import dataclass

#: Records that a job gets ready in a second; a small one is ready at once.
ROWS_A_SECOND = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One bulk read."""

    id: str
    module: str
    fields: tuple[str, ...]  #: empty = all
    page: int
    count: int  #: rows of the file
    more: bool
    token: str | None  #: continues behind the last row; None = there is nothing more
    created: float  #: epoch seconds

    @property
    def ready(self) -> float:
        """When the file is there, epoch seconds."""
        return self.created + self.count // ROWS_A_SECOND
