"""Records that were found by name, and how to bring them over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.render.text import count, printable, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.run.operations.search import Found

#: Records that the text names; the rest is counted.
SHOWN = 20


def found_text(found: Sequence[Found], *, place: str, words: str, fetch: str) -> str:
    """A line for each record, those that live below it further in; `fetch`: the command that takes their names."""
    if not found:
        return f"Nothing in {printable(place)} has `{printable(words)}` in it.\n"
    lines = [line for one in found[:SHOWN] for line in _lines(one, "")]
    if len(found) > SHOWN:
        lines.append(f"… and {len(found) - SHOWN:,} more; use more of the name to narrow it down")
    missing = [one.record for top in found[:SHOWN] for one in (top, *top.below) if one.to is None]
    told = f"{count(len(found), 'record')} found"
    lines.append(f"{told}. To sync the others:" if missing else f"{told}.")
    lines += [f"  {fetch} {' '.join(missing)}"] if missing else []
    return "".join(f"{line}\n" for line in lines)


def _lines(one: Found, indent: str) -> Iterator[str]:
    state = f"linked to {one.to}" if one.to is not None else "is not synced"
    yield f"{indent}{printable(one.record)}  {shorten(printable(one.label), 60)}  {printable(state)}"
    for below in one.below:
        yield from _lines(below, f"{indent}    ")


def found_json(found: Sequence[Found]) -> dict[str, Any]:
    """The same as objects; every record, none left out."""
    return {"records": [_object(one) for one in found]}


def _object(one: Found) -> dict[str, Any]:
    below = [_object(two) for two in one.below]
    return {"record": one.record, "label": one.label, "module": one.module, "to": one.to, "below": below}
