"""Label: the fields by which people recognise a record; the first one that has a value is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.catalog import Field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.catalog import Stream

#: Names that people give to what they recognise a record by, the likeliest first.
_NAMES = ("name", "label", "number", "title", "subject")


def label_of(stream: Stream, *, matched: str | None = None, mapped: Sequence[str] = ()) -> tuple[str, ...]:
    """What a module matches it by; else the first text that is mapped, or else the likeliest one of the stream.

    Where a mapped text may be empty, the first mapped day stands in. Nothing where the stream has no text.
    """
    if matched is not None:
        return (matched,)
    texts = _texts(stream, mapped)
    if not texts:
        return tuple(_likeliest(stream)[:1])
    days = [name for name in mapped if _field(stream, name).type == "date"]
    return (texts[0],) if _field(stream, texts[0]).required else (texts[0], *days[:1])


def _field(stream: Stream, name: str) -> Field:
    return stream.fields.get(name, Field(name=name, type="text"))


def _texts(stream: Stream, mapped: Sequence[str]) -> list[str]:
    """Mapped texts, the record's own before those of a record that it refers to; never its id."""
    texts = [name for name in mapped if _field(stream, name).type in ("text", "unknown")]
    own = [name for name in texts if "." not in name and name != stream.id]
    return [name for name in own if _field(stream, name).refers is None] + texts


def _likeliest(stream: Stream) -> list[str]:
    """All texts of the stream, those first that are called like a name, are needed or tell records apart."""
    # `customer_name` beside `customer_id` is how another record is called.
    others = stream.fields.keys() - {stream.id}
    texts = [
        one
        for one in stream.fields.values()
        if one.type == "text" and one.refers is None and f"{one.name.removesuffix('_name')}_id" not in others
    ]
    texts.sort(key=lambda one: ("." in one.name, _rank(one.name), not one.required, not one.unique))
    return [one.name for one in texts]


def _rank(name: str) -> int:
    found = [place for place, word in enumerate(_NAMES) if name.lower().endswith(word)]
    return found[0] if found else len(_NAMES)
