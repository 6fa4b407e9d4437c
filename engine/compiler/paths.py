"""Paths: check files and folders of specs and mappings, each in a confined child process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import UserError
from engine.spec.confined import confined
from engine.spec.files import LOCK_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.spec.diagnostic import Diagnostic

SUFFIXES = (".yaml", ".yml")
#: More files than this in one call are a mistake in the path, not a set of specs.
MOST_FILES = 2_000


def check_paths(paths: Sequence[Path]) -> tuple[Diagnostic, ...]:
    """Every finding about these files, and about the YAML files below these folders.

    Raises UserError where there is nothing to check.
    """
    files = _files(paths)
    if not files:
        named = ", ".join(str(path) for path in paths)
        raise UserError(
            f"There is no YAML file in {named}.", remedy="Name a spec, a mapping, or a folder of them."
        )
    return confined("engine.compiler:check_file", files)


def _is_meant(path: Path) -> bool:
    """Whether a file of a folder is to be checked; a lock is checked with its spec."""
    locks = path.name.removesuffix(LOCK_SUFFIX) if path.name.endswith(LOCK_SUFFIX) else None
    beside = locks is not None and path.with_name(f"{locks}.yaml").is_file()
    return path.suffix in SUFFIXES and not beside


def _files(paths: Sequence[Path]) -> list[str]:
    found: dict[str, None] = {}
    for path in paths:
        below = sorted(filter(_is_meant, path.rglob("*"))) if path.is_dir() else [path]
        found.update(dict.fromkeys(str(one) for one in below if one.is_file()))
    if len(found) > MOST_FILES:
        raise UserError(
            f"There are {len(found)} YAML files below these paths; {MOST_FILES} are checked at most.",
            remedy="Name the folders of the specs and mappings.",
        )
    return list(found)
