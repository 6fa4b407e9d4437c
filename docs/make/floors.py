"""Floors: the rooms of the package and which stands on which, as the import contracts in .importlinter say. Pure."""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Floors: TypeAlias = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Room:
    """A package or module, and what is inside it as far as a contract says so."""

    name: str
    """Dotted, from the root package: `engine.run.write`."""
    floors: tuple[tuple[Room, ...], ...]
    """Top floor first, neighbours from left to right; empty if no contract looks inside."""

    @property
    def short(self) -> str:
        """The name without those of the rooms around it."""
        return self.name.rpartition(".")[2]

    def rooms(self) -> Iterator[Room]:
        """The rooms directly inside, from the top floor down."""
        for floor in self.floors:
            yield from floor


def read_house(contracts: str) -> Room:
    """The root package with its floors, from the text of .importlinter."""
    parser = configparser.ConfigParser()
    parser.read_string(contracts)
    inside: dict[str, Floors] = {}
    for section in parser.values():
        if section.get("type") == "layers":
            floors = _read_layers(section["layers"])
            inside.update(dict.fromkeys(section["containers"].split(), floors))
    return _build_room(parser["importlinter"]["root_package"], inside)


def _read_layers(layers: str) -> Floors:
    """One floor a line; neighbours stand between `|` or `:`, and `(name)` may be missing."""
    floors = (re.split(r"[|:]", line) for line in layers.split("\n") if line.strip())
    return tuple(tuple(name.strip(" ()") for name in floor) for floor in floors)


def _build_room(name: str, inside: Mapping[str, Floors]) -> Room:
    """A room with its floors; where no contract names any, one floor of those rooms that a contract looks into."""
    known = inside.get(name) or _named_below(name, inside)
    floors = tuple(tuple(_build_room(f"{name}.{child}", inside) for child in floor) for floor in known)
    return Room(name=name, floors=floors)


def _named_below(name: str, inside: Mapping[str, Floors]) -> Floors:
    below = [room.removeprefix(f"{name}.") for room in inside if room.startswith(f"{name}.")]
    return (tuple(dict.fromkeys(room.partition(".")[0] for room in below)),) if below else ()
