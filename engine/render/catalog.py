"""Catalogs of a spec for a person: what a pull has found, what has changed since, what a spec is checked against."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from engine.render.connectors import streams_text
from engine.render.table import Column, Screen, number, table
from engine.render.text import count, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.compiler.bind.bound import Bound
    from engine.run.read.observe import Pulled

#: Lines around a difference that tell where it is.
AROUND = 4


def pulled_text(pulled: Pulled, *, check: bool) -> str:
    """What was found, and how the lock changes by it."""
    asked = ", ".join(f"{name} ({count(streams, 'stream')})" for name, streams in pulled.streams.items())
    lines = [printable(line) for line in _difference(pulled)]
    file = printable(pulled.file)
    if pulled.before == pulled.now:
        verdict = f"Asked {asked}: {file} is up to date."
    elif check:
        verdict = f"Asked {asked}: {file} differs; `engine catalog pull` without --check writes it."
    else:
        verdict = f"Asked {asked}: {file} written."
    unmade = [f"{printable(one)} does not exist yet: it is left out." for one in pulled.unmade]
    shown = lines if pulled.before is not None else []
    return "".join(f"{line}\n" for line in [*shown, *unmade, verdict])


def pulled_json(pulled: Pulled, *, check: bool) -> dict[str, Any]:
    """The same for programs."""
    differs = pulled.before != pulled.now
    return {
        "file": pulled.file,
        "streams": dict(pulled.streams),
        "not_yet_made": list(pulled.unmade),
        "differs": differs,
        "written": differs and not check,
        "difference": _difference(pulled),
    }


def _difference(pulled: Pulled) -> list[str]:
    name = PurePath(pulled.file).name
    before = (pulled.before or "").splitlines()
    return list(unified_diff(before, pulled.now.splitlines(), name, name, lineterm="", n=AROUND))


def systems_text(bound: Mapping[str, Bound], screen: Screen) -> str:
    """Every system of a spec and where its catalog comes from."""
    columns = [Column(title="system"), Column(title="connector"), number("streams"), Column(title="pulled")]
    rows = [
        [name, one.catalog.connector, f"{len(one.catalog.streams):,}", ", ".join(sorted(one.pulled)) or "-"]
        for name, one in bound.items()
    ]
    return table(columns, rows, screen)


def systems_json(bound: Mapping[str, Bound]) -> dict[str, Any]:
    """The same for programs."""
    return {
        name: {
            "connector": one.catalog.connector,
            "streams": sorted(one.catalog.streams),
            "pulled": sorted(one.pulled),
        }
        for name, one in bound.items()
    }


def system_text(name: str, bound: Bound, screen: Screen) -> str:
    """One system and its streams."""
    if not bound.catalog.streams:
        return f"The streams of {printable(name)} are known once pulled: `engine catalog pull`.\n"
    return streams_text(bound.catalog, screen)
