"""Registry: finds connector types by entry point and loads each one only when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from engine.connectors.port import ConnectorType
from engine.errors import UserError
from engine.suggest import suggest

GROUP = "engine.connectors"


class ConnectorTypes(Mapping[str, ConnectorType]):
    """Connector types by name. Iterating tells the names only; a type is imported at its first look-up.

    `types[name]` raises KeyError for an unknown name, as a mapping does; `find` says it in a sentence.
    """

    def __init__(self, entries: Iterable[EntryPoint]) -> None:
        self._entries = {entry.name: entry for entry in entries}
        self._loaded: dict[str, ConnectorType] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __getitem__(self, name: str) -> ConnectorType:
        """The type of that name. Raises UserError when its plugin cannot be used."""
        if name not in self._loaded:
            self._loaded[name] = _load(self._entries[name])
        return self._loaded[name]

    def find(self, name: str) -> ConnectorType:
        """The type of that name. Raises UserError when there is none, or when its plugin cannot be used."""
        if name in self._entries:
            return self[name]
        raise UserError(f"There is no connector named `{name}`.", remedy=suggest(name, self._entries))


@cache
def connector_types() -> ConnectorTypes:
    """Every connector type that is installed, ours and those of plugins."""
    return ConnectorTypes(entry_points(group=GROUP))


def connector_type(name: str) -> ConnectorType:
    """The connector type of that name. Raises UserError when there is none, or when it cannot be used."""
    return connector_types().find(name)


def _load(entry: EntryPoint) -> ConnectorType:
    try:
        found = entry.load()
    except Exception as error:
        # A stranger's module may raise anything; whoever runs the engine needs to know which plugin it was.
        raise UserError(
            f"The connector `{entry.name}` ({entry.value}) does not load: {type(error).__name__}: {error}.",
            remedy="Install the package that provides it again, or remove it.",
        ) from error
    wrong = _wrong(entry.name, found)
    if wrong:
        raise UserError(
            f"The connector `{entry.name}` ({entry.value}) cannot be used: {wrong}.",
            remedy="Its author finds what a connector type must offer in engine/connectors/port.py.",
        )
    return cast("ConnectorType", found)


def _wrong(name: str, found: object) -> str | None:
    """What keeps an object from being a connector type; None = nothing."""
    called = getattr(found, "name", None)
    if called != name:
        return f"it calls itself {called!r}"
    if not isinstance(getattr(found, "summary", None), str):
        return "it has no summary"
    if not isinstance(getattr(found, "settings", None), Mapping):
        return "its settings are not a JSON Schema"
    missing = [method for method in ("describe", "open") if not callable(getattr(found, method, None))]
    return f"it has no {' and no '.join(missing)}" if missing else None
