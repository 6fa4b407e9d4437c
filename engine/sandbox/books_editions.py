"""The editions of the finance application: Books, and what makes ERP differ from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.sandbox.books_shapes import COLLECTIONS, FIRST_ID, ORGANIZATION_ID

if TYPE_CHECKING:
    from engine.sandbox.books_table import Collection


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What makes one finance product differ from the other."""

    product: str  #: its name in the store, and the first part of its path
    title: str
    organization_id: str
    first_id: int
    collections: dict[str, Collection]  #: by name in the store
    created: dict[str, int] = field(
        default_factory=dict
    )  #: status of a create that is not 201, by collection


BOOKS = Edition(
    product="books",
    title="Books",
    organization_id=ORGANIZATION_ID,
    first_id=FIRST_ID,
    collections=COLLECTIONS,
)
EDITIONS = {edition.product: edition for edition in (BOOKS,)}
