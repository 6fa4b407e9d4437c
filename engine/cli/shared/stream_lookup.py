"""The stream that a person names of a catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import UserError
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from engine.catalog import Catalog, Stream


def stream_of(catalog: Catalog, name: str, *, otherwise: str) -> Stream:
    """The stream of that name. Raises UserError; `otherwise`: what helps where the catalog has no stream at all."""
    if name in catalog.streams:
        return catalog.streams[name]
    raise UserError(
        f"The catalog of {catalog.connector} has no stream `{name}`.",
        remedy=did_you_mean(name, catalog.streams, otherwise="It has") or otherwise,
    )
