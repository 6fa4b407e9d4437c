"""The tables of docs/map.md: every file of the package with its own first line, room by room."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from floors import Room

MARK = "<!-- From here on: written by `make docs` from the first lines of the files. -->"


class NothingSaidError(Exception):
    """A file does not say in its first line what it is."""


def write_map(page: str, house: Room, root: Path) -> str:
    """The page with its introduction kept and its tables written anew; `root` is the folder of the project."""
    introduction, _, _ = page.partition(MARK)
    rooms = list(_find_rooms(root / house.name, house))
    contents = ["## The rooms", "| room | what is in it |", "| --- | --- |"]
    contents += [_tell_room(folder, root) for folder, _ in rooms]
    tables = [_tell_files(folder, room, root) for folder, room in rooms]
    return introduction + "\n\n".join([MARK, "\n".join(contents), *tables]) + "\n"


def _find_rooms(folder: Path, room: Room | None) -> Iterator[tuple[Path, Room | None]]:
    """Packages from the top floor down; where no contract names any, by the alphabet."""
    yield folder, room
    inside = {each.short: each for each in room.rooms()} if room else {}
    packages = [path for path in folder.iterdir() if (path / "__init__.py").exists()]
    for package in sorted(packages, key=lambda path: _place(path, inside)):
        yield from _find_rooms(package, inside.get(package.name))


def _place(path: Path, inside: dict[str, Room]) -> tuple[int, str]:
    """Where a file or package stands in its room: the contract's order first, then the alphabet."""
    names = list(inside)
    return (names.index(path.stem) if path.stem in inside else len(names), path.name)


def _tell_room(folder: Path, root: Path) -> str:
    name = folder.relative_to(root).as_posix()
    return f"| [{name}](#{name.replace('/', '')}) | {_escape(read_first_line(folder / '__init__.py'))} |"


def _tell_files(folder: Path, room: Room | None, root: Path) -> str:
    inside = {each.short: each for each in room.rooms()} if room else {}
    files = [path for path in folder.iterdir() if path.suffix in {".py", ".yaml"} and path.stem != "__init__"]
    name = folder.relative_to(root).as_posix()
    lines = [f"## {name}", read_first_line(folder / "__init__.py")]
    if files:
        lines += ["", "| file | what it is |", "| --- | --- |"]
    lines += [
        f"| [{path.name}](../{name}/{path.name}) | {_escape(read_first_line(path))} |"
        for path in sorted(files, key=lambda path: _place(path, inside))
    ]
    return "\n".join(lines)


def read_first_line(path: Path) -> str:
    """What a file says of itself: the first line of its docstring, or of a YAML file's first comment."""
    text = path.read_text("utf-8")
    said = (ast.get_docstring(ast.parse(text)) or "") if path.suffix == ".py" else _read_comment(text)
    if not said:
        raise NothingSaidError(f"{path}: the first line does not say what this file is.")
    return said.partition("\n")[0]


def _read_comment(text: str) -> str:
    comments = (line.removeprefix("#").strip() for line in text.split("\n") if line.startswith("#"))
    return next((comment for comment in comments if not comment.startswith("yaml-language-server")), "")


def _escape(sentence: str) -> str:
    return sentence.replace("|", "\\|")
