"""Tables: aligned columns for a person, of a fixed width where nobody looks at a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Literal

from engine.render.text import printable

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What the text is made for."""

    width: int = 110  #: characters a line
    color: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table."""

    title: str
    align: Literal["left", "right"] = "left"


#: One row of a table; each cell is plain text and is made printable here.
Row = Sequence[str]


def number(title: str) -> Column:
    """A column of figures."""
    return Column(title=title, align="right")


def table(columns: Sequence[Column], rows: Sequence[Row], screen: Screen, *, total: Row | None = None) -> str:
    """The rows under their titles, with a total below a line if there is one; ends with a line end."""
    from rich.console import Console

    buffer = StringIO()
    console = Console(
        file=buffer,
        width=screen.width,
        force_terminal=screen.color,
        no_color=not screen.color,
        highlight=False,
        legacy_windows=False,
    )
    console.print(_grid(columns, rows, total))
    return "".join(line.rstrip() + "\n" for line in buffer.getvalue().splitlines() if line.strip())


def _grid(columns: Sequence[Column], rows: Sequence[Row], total: Row | None) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shape = box.SIMPLE_HEAD if total is None else box.SIMPLE
    grid = Table(box=shape, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, header_style="bold")
    grid.show_footer, grid.footer_style = total is not None, "bold"
    # Text, never markup: a record named "[red]" must stay a name.
    footers = [Text(printable(cell)) for cell in total or [""] * len(columns)]
    for column, footer in zip(columns, footers, strict=True):
        grid.add_column(Text(column.title), footer, justify=column.align, overflow="fold")
    for row in rows:
        grid.add_row(*(Text(printable(cell)) for cell in row))
    return grid
