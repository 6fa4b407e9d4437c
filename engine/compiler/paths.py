"""Paths: check files and folders of specs and mappings, each in a confined child process."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.errors import UserError
from engine.spec.confined import confined
from engine.spec.files import LOCK_SUFFIX, PROFILE_SUFFIX
from engine.spec.report import in_order

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.spec.diagnostic import Diagnostic

SUFFIXES = (".yaml", ".yml")
#: More files than this in one call are a mistake in the path, not a set of specs.
MOST_FILES = 2_000


def check_paths(paths: Sequence[Path]) -> tuple[Diagnostic, ...]:
    """Every finding about these files, and about the YAML files below these folders; specs of one folder together, too.

    Raises UserError where there is nothing to check.
    """
    files = _files(paths)
    if not files:
        named = ", ".join(str(path) for path in paths)
        raise UserError(
            f"There is no YAML file in {named}.", remedy="Name a spec, a mapping, or a folder of them."
        )
    return in_order((*confined("engine.compiler:check_file", files), *_together(files)))


def _together(files: Sequence[str]) -> list[Diagnostic]:
    """What the specs of each folder do to each other."""
    folders: dict[str, list[str]] = defaultdict(list)
    for file in files:
        if not file.endswith((LOCK_SUFFIX, PROFILE_SUFFIX)):
            folders[os.path.dirname(file)].append(file)  # noqa: PTH120 - text in, text out
    asked = [json.dumps(several) for several in folders.values() if len(several) > 1]
    return [_placed(one) for one in confined("engine.compiler:check_together", asked)] if asked else []


def _placed(found: Diagnostic) -> Diagnostic:
    """What is said of all files at once stands at the first of them."""
    if not found.span.file.startswith("["):
        return found
    return replace(found, span=replace(found.span, file=json.loads(found.span.file)[0]))


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
