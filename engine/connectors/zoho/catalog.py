"""The catalogs of the Zoho connectors, which are the files `*.catalog.yaml` beside this module."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from engine.connectors import catalog_file
from engine.errors import UserError

if TYPE_CHECKING:
    from engine.catalog import Catalog

NAMES = ("zoho-crm", "zoho-books", "zoho-erp", "zoho-projects")


@cache
def load_catalog(name: str) -> Catalog:
    """The catalog of one of the Zoho connectors, read once per process.

    Raises:
        UserError: no such catalog, or the shipped file is wrong; the message names the stream and the field.
    """
    if name not in NAMES:
        raise UserError(f"There is no catalog `{name}`.", remedy=f"Known catalogs: {', '.join(NAMES)}.")
    file = name.removeprefix("zoho-") + ".catalog.yaml"
    return parse_catalog((files(__package__) / file).read_text(encoding="utf-8"), file)


def parse_catalog(text: str, file: str) -> Catalog:
    """A catalog from its YAML text; `extends` names another one of these."""
    return catalog_file.parse_catalog(text, file, load_catalog)
