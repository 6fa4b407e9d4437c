"""The picture of docs/architecture.md: floors and rooms as SVG, drawn from the import contracts alone. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from floors import Room

WIDTH = 980
"""Of the whole picture, in pixels; so are all figures here."""
GAP = 6
LINE = 24
"""The height of a name."""
LETTER = 7
"""The width of a letter; a little more than needed, since every browser has its own font."""

STYLE = """
  svg { background: #fbfcfe; }
  rect { fill: #24508a; fill-opacity: 0.07; stroke: #24508a; stroke-opacity: 0.55; }
  text { font: 12px ui-monospace, Menlo, Consolas, monospace; fill: #1c2430; text-anchor: middle; }
  .title { font-weight: bold; }
  @media (prefers-color-scheme: dark) {
    svg { background: #12161c; }
    rect { fill: #8fb8f0; stroke: #8fb8f0; }
    text { fill: #e4e9f0; }
  }"""


def draw(house: Room) -> str:
    """The house as an SVG file; what stands higher imports what stands lower, never the other way round."""
    height = _height(house) + 2 * GAP
    shapes = "\n".join(
        f"  {shape}" for shape in _draw_room(house, GAP, GAP, WIDTH - 2 * GAP, height - 2 * GAP)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'aria-label="Floors and rooms of the package: imports only point down">\n'
        f"  <style>{STYLE}\n  </style>\n{shapes}\n</svg>\n"
    )


def _width(room: Room) -> int:
    """The least width that shows every name inside."""
    name = len(room.short) * LETTER + 2 * GAP
    return max(name, *(_row_width(floor) + 2 * GAP for floor in room.floors)) if room.floors else name


def _row_width(floor: Iterable[Room]) -> int:
    return sum(_width(room) + GAP for room in floor) - GAP


def _height(room: Room) -> int:
    return LINE + sum(_floor_height(floor) + GAP for floor in room.floors)


def _floor_height(floor: Iterable[Room]) -> int:
    return max(_height(room) for room in floor)


def _draw_room(room: Room, x: float, y: float, width: float, height: float) -> Iterator[str]:
    kind = ' class="title"' if room.floors else ""
    middle = y + (LINE if room.floors else height) / 2 + 4
    yield f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}" rx="3"/>'
    yield f'<text{kind} x="{x + width / 2:.0f}" y="{middle:.0f}">{room.short}</text>'
    top = y + LINE
    for floor in room.floors:
        yield from _draw_floor(floor, x + GAP, top, width - 2 * GAP)
        top += _floor_height(floor) + GAP


def _draw_floor(floor: tuple[Room, ...], x: float, y: float, width: float) -> Iterator[str]:
    """Neighbours side by side; what is left of the width they share equally."""
    spare = (width - _row_width(floor)) / len(floor)
    for room in floor:
        share = _width(room) + spare
        yield from _draw_room(room, x, y, share, _floor_height(floor))
        x += share + GAP
