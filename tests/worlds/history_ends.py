"""Ends of a history: a system that people use and the engine syncs, seen by plain drivers that know no engine."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: What people type into, and as what it is compared. `code` is the match key and never changes.
FIELDS = ("note", "qty", "born")
Row = dict[str, Any]
STAMPED = "{ people: { modified: changed, fields: { changed: instant } } }"


class End(ABC):
    """One system with one collection of records."""

    clock = False  #: whether a record tells when it was changed
    stream = "people"
    #: What people type into -> what the system calls it; fewer than `FIELDS` where it has nothing like it.
    names: ClassVar[dict[str, str]] = {name: name for name in ("code", *FIELDS)}
    sandbox: Mapping[str, Any] | None = (
        None  #: where `--sandbox` leads; None = the spec says where the system is
    )

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self.make()

    @abstractmethod
    def make(self) -> None:
        """An empty table."""

    @property
    @abstractmethod
    def system(self) -> str:
        """The system as the spec writes it."""

    @abstractmethod
    def rows(self) -> list[Row]:
        """Every record: `id`, `code` and the fields, as texts or None, in the order of their ids."""

    @abstractmethod
    def add(self, row: Mapping[str, str | None]) -> None:
        """Somebody makes a record."""

    @abstractmethod
    def edit(self, id_: str, field: str, value: str | None) -> None:
        """Somebody changes a field."""

    @abstractmethod
    def delete(self, id_: str) -> None:
        """Somebody deletes a record."""

    def close(self) -> None:  # noqa: B027  # most ends have nothing outside their folder
        """What was made outside the folder is dropped."""


def plain(value: object) -> str | None:
    """A value as people compare it."""
    if value is None or value == "":
        return None
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, dt.date) else str(value)
