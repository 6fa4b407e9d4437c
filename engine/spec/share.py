"""Where the files that ship with the engine are: schemas, specs and mappings."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from engine.errors import UserError

Shared = Literal["schemas", "specs", "mappings"]


def share(name: Shared) -> Path:
    """The folder of that name: inside an installed package, or at the top of a source checkout.

    Raises:
        UserError: the package was installed without it.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "_share" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise UserError(
        f"The folder `{name}` that ships with the engine is missing in {package}.",
        remedy="Install the package again; its wheel carries the folder as `engine/_share`.",
    )
