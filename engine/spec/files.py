"""Files: reading a spec and its mappings without ever leaving their folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from engine.spec.bounds import MOST_BYTES

#: Gives the bytes of a file. Raises FileNotFoundError where there is none, another OSError where it is
#: refused.
Load = Callable[[str], bytes]

#: What a lock has in the place of its spec's `.yaml`.
LOCK_SUFFIX = ".catalog.lock.yaml"

#: The same of a profile.
PROFILE_SUFFIX = ".profile.yaml"


def loader(root: Path) -> Load:
    """A `Load` for the files below `root`; links that lead out of it are refused, and what is no file."""
    inside = root.resolve()

    def load(name: str) -> bytes:
        real = Path(name).resolve(strict=True)
        if not real.is_relative_to(inside):
            raise PermissionError(f"it lies outside {inside}")
        if not stat.S_ISREG(real.stat().st_mode):
            raise PermissionError("it is not a regular file")
        with real.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)  # one more than allowed tells that it is too large

    return load


def loader_for(file: str | Path) -> Load:
    """A `Load` for one spec or mapping and what it may name: all below the folder that holds its folder."""
    return loader(Path(os.path.abspath(file)).parent.parent)  # noqa: PTH100 - resolve() would follow a link first


def lock_of(spec: str) -> str:
    """Where the catalogs are kept that were pulled for a spec."""
    return spec.removesuffix(".yml").removesuffix(".yaml") + LOCK_SUFFIX


def profile_of(spec: str) -> str:
    """Where the choices are that were made for a spec."""
    return spec.removesuffix(".yml").removesuffix(".yaml") + PROFILE_SUFFIX


def beside(file: str, mapping: str) -> tuple[str, ...]:
    """Where a spec's mapping may be: `mappings/` beside its folder or in it, or the spec's own folder."""
    folder = os.path.dirname(file)  # noqa: PTH120 - the name stays as the caller wrote it
    places = (("..", "mappings"), ("mappings",), ())
    return tuple(os.path.normpath(os.path.join(folder, *parts, f"{mapping}.yaml")) for parts in places)  # noqa: PTH118 - as above
