"""The folder in which everything is kept, unless `--folder` names another one."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(".engine")


def private_folder(folder: Path) -> Path:
    """The folder, made if need be: private to the person who runs the engine, and kept out of git."""
    if not folder.is_dir():
        folder.mkdir(parents=True, mode=0o700)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    return folder
