"""An association: records of one stream that people may put together with records of others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.plan.side import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedPlan:
    """One of its streams: how records are read, and how a person recognises one."""

    system: str
    stream: str
    id_field: str
    version_field: str | None
    reads: tuple[str, ...]
    shown: str | None  #: of `reads`, the one that shows what it is put together with; None = none does
    #: SELECT over `page` giving _id, _version, label, offered (whether it is listed), shown (the field that shows what
    #: it is put together with, as text), and every field that conditions look at, named `left.FIELD` or `right.FIELD`
    lens: str
    folded: tuple[str, ...] = ()  #: its texts need not be alike to any others

    @property
    def name(self) -> str:
        """`system.stream`, as people write it."""
        return f"{self.system}.{self.stream}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachPlan:
    """A stream whose records take others: when, and what shows it."""

    right: AttachedPlan
    condition: str  #: SQL over the columns of both lenses; true = the two may be put together
    references: tuple[Reference, ...]  #: tables of links that the condition looks at
    shows: (
        str | None
    )  #: the field of the right record that gets a value of the left one; None = nothing is written


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationPlan:
    """The whole of it."""

    name: str
    left: AttachedPlan  #: whose records are put to others
    to: tuple[AttachPlan, ...]
    when: str | None  #: the condition as written; None = any two
    offer: str | None  #: what is listed, as written; None = every record
    place: str
    by_trigger: bool = False  #: only a trigger puts such records together
