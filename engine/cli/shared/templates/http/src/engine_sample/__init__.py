"""The connector `sample`: an HTTP API that the two YAML files beside this one describe."""

from __future__ import annotations

from pathlib import Path

from engine.connectors.catalog_file import catalog_of
from engine.connectors.http import HttpType

HERE = Path(__file__).resolve().parent

CONNECTOR = HttpType("sample", file=HERE / "connector.yaml", catalog=catalog_of(HERE / "catalog.yaml"))
