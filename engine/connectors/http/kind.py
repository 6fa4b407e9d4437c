"""The connector type of a connector file: describes itself without any I/O, and opens connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.connectors.http.description.load import load_description, read_once
from engine.connectors.http.send.settings import resolve_account
from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from engine.catalog import Catalog
    from engine.connectors.http.connector import HttpConnector
    from engine.connectors.http.description.api import Description
    from engine.connectors.http.read.query_language import RecordQuery
    from engine.connectors.port import Surroundings


class HttpType:
    """A connector described in YAML; a plugin names an instance as its entry point.

    `file` is the connector file, `catalog` gives the catalog that ships with it; both are read when needed.
    `query` writes a question in the system's own query language, for lists that go on by `query`.
    """

    def __init__(
        self,
        name: str,
        *,
        file: Path,
        catalog: Callable[[], Catalog],
        query: Callable[[RecordQuery], str] | None = None,
    ) -> None:
        self._name = name
        self._file = file
        self._catalog = catalog
        self._query = query

    @property
    def name(self) -> str:
        """The word that a spec uses."""
        return self._name

    @property
    def summary(self) -> str:
        """One sentence for `engine connectors`."""
        return str(self._words["summary"])

    @property
    def settings(self) -> Mapping[str, Any]:
        """JSON Schema of the keys that `with:` takes."""
        settings: Mapping[str, Any] = self._words["settings"]
        return settings

    @property
    def _words(self) -> Mapping[str, Any]:
        """The connector file as it is written: what a check of a spec needs, without building the rest."""
        return read_once(self._file)

    @property
    def description(self) -> Description:
        """What the connector file says. Raises UserError when it is wrong."""
        description = load_description(self._file)
        if description.connector != self._name:
            raise UserError(
                f"The connector file {self._file} is of `{description.connector}`, not of `{self._name}`."
            )
        return description

    def describe(self, settings: Mapping[str, Any]) -> Catalog:
        """The catalog that ships with the connector; the same for every account."""
        del settings
        return self._catalog()

    def open(self, settings: Mapping[str, Any], surroundings: Surroundings) -> HttpConnector:
        """A connection; nothing is sent yet.

        Raises:
            UserError: the settings cannot work, or the file asks for something that is not built yet.
        """
        from engine.connectors.http.connector import HttpConnector  # loads the HTTP client, see below

        description = self.description
        account = resolve_account(description, settings, sandbox=surroundings.sandbox)
        catalog = surroundings.catalog or self._catalog()
        return HttpConnector(description, catalog, account, surroundings, build=self._query)
