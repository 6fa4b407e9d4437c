"""`make docs`: write what is generated under docs/, the tables of map.md and the picture of architecture.md.

With `--check` nothing is written: what is stale is named, and the exit code is 1.
"""

from __future__ import annotations

import sys
from pathlib import Path

from floors import read_house
from map_page import write_map
from picture import draw

ROOT = Path(__file__).resolve().parents[2]


def make_pages(root: Path) -> dict[Path, str]:
    """The text of every generated file as it should be."""
    house = read_house((root / ".importlinter").read_text("utf-8"))
    page, drawing = root / "docs/map.md", root / "docs/architecture.svg"
    return {page: write_map(page.read_text("utf-8"), house, root), drawing: draw(house)}


def main(arguments: list[str]) -> int:
    """Write the pages, or check that they are as they would be written."""
    pages = make_pages(ROOT)
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        if arguments != ["--check"]:
            path.write_text(pages[path], "utf-8")
        else:
            sys.stderr.write(f"{path.relative_to(ROOT)} is stale: run `make docs`.\n")
    return 1 if stale and arguments == ["--check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
