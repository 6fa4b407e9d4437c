"""The Zoho connectors: four connector files, four catalogs, and the query language of CRM."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.connectors.http import HttpType

if TYPE_CHECKING:
    from engine.catalog import Catalog
    from engine.connectors.http.read.query_language import RecordQuery

HERE = Path(__file__).resolve().parent


def _catalog(name: str) -> Catalog:
    from engine.connectors.zoho.catalog import load_catalog  # read only when a spec names the connector

    return load_catalog(name)


def _coql(question: RecordQuery) -> str:
    from engine.connectors.zoho.coql import read_on  # loads sqlglot: only a long list needs it

    return read_on(question)


BOOKS = HttpType("zoho-books", file=HERE / "books.yaml", catalog=partial(_catalog, "zoho-books"))
CRM = HttpType("zoho-crm", file=HERE / "crm.yaml", catalog=partial(_catalog, "zoho-crm"), query=_coql)
ERP = HttpType("zoho-erp", file=HERE / "erp.yaml", catalog=partial(_catalog, "zoho-erp"))
PROJECTS = HttpType("zoho-projects", file=HERE / "projects.yaml", catalog=partial(_catalog, "zoho-projects"))
