"""Account fields: what an account made of a stream: its fields, choices and lengths, over the shipped ones. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from engine.catalog import Field, FieldType, Stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.catalog import Catalog
    from engine.connectors.http.description.api import Description
    from engine.connectors.http.description.calls import Metadata

#: What a field may be called; anything else, such as `$se_module`, is no field that a spec can name.
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
TEXTUAL = frozenset({"text", "email", "phone", "url"})
SCALED = frozenset({"decimal", "money"})


def observed(stream: Stream, rows: Iterable[Mapping[str, Any]], told: Metadata, prefix: str | None) -> Stream:
    """The stream as the account has it; `prefix` = how names of custom fields begin, where they have one."""
    found: dict[str, Field] = {}
    named: set[str] = set()
    for row in rows:
        name = row.get("name")
        if isinstance(name, str) and NAME.fullmatch(name):
            named.add(name)
            one = _field(name, row, told, stream)
            found[one.name] = one
    kept = {name: one for name, one in stream.fields.items() if _stays(one, stream, named, told, prefix)}
    return replace(stream, fields={**kept, **found})


def _stays(one: Field, stream: Stream, named: set[str], told: Metadata, prefix: str | None) -> bool:
    """Whether a shipped field is still there. What the system sets itself is not always among its fields."""
    top = one.name.split(".")[0]
    if one.name in (stream.id, stream.modified) or top in named:
        return True
    if told.covers == "custom":
        return prefix is None or not one.name.startswith(prefix)
    return not one.writable


def _field(name: str, row: Mapping[str, Any], told: Metadata, stream: Stream) -> Field:
    kind = str(row.get("kind"))
    full = f"{name}.{told.parts[kind]}" if kind in told.parts else name
    shipped = stream.fields.get(full)
    if shipped is not None and full in (stream.id, stream.modified):
        return replace(shipped, source="observed")
    type_ = _type(told.kinds.get(kind, ()), shipped)
    refers = row.get("refers") or told.refers.get(kind)
    return Field(
        name=full,
        type=type_,
        label=_label(row, name),
        required=row.get("required") is True,
        unique=row.get("unique") is True,
        writable=row.get("writable") is not False and (shipped is None or shipped.writable),
        max_length=_size(row.get("max_length")) if type_ in TEXTUAL else None,
        scale=_size(row.get("scale")) if type_ in SCALED else None,
        choices=_choices(row.get("choices")) if type_ == "enum" else (),
        refers=(shipped.refers if shipped else None) or (str(refers) if refers and type_ == "id" else None),
        stream_in=shipped.stream_in if shipped else None,
        detail_only=shipped.detail_only if shipped else told.detail or type_ == "list",
        unstamped=shipped is not None and shipped.unstamped,
        sensitive=shipped is not None and shipped.sensitive,
        source="observed",
    )


def _type(fitting: tuple[str, ...], shipped: Field | None) -> FieldType:
    """The shipped type where it fits what the system says, else the first that does."""
    if shipped is not None and (not fitting or shipped.type in fitting):
        return shipped.type
    return cast("FieldType", fitting[0]) if fitting else "unknown"


def _label(row: Mapping[str, Any], name: str) -> str | None:
    """What people call the field; None = just its name."""
    label = row.get("label")
    if not isinstance(label, str) or not label.strip() or label.strip() == name.replace("_", " "):
        return None
    return " ".join(label.split())


def _size(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _choices(value: Any) -> tuple[str, ...]:
    """In alphabetical order, so that two pulls of the same list are the same text."""
    found = {one for one in value if isinstance(one, str) and one} if isinstance(value, list) else set()
    return tuple(sorted(found))


def with_others(description: Description, catalog: Catalog) -> Description:
    """The description with the requests of those streams of a pulled catalog that the account made itself."""
    if description.others is None:
        return description
    like = description.streams[description.others.like]
    own = {
        name: like
        for name, one in catalog.streams.items()
        if one.source == "observed" and name not in description.streams
    }
    return replace(description, streams={**description.streams, **own})


def other_streams(rows: Iterable[Mapping[str, Any]], like: Stream) -> dict[str, Stream]:
    """What the system says of streams that the account made itself, by name; their fields are still to be asked."""
    basic = {name: one for name, one in like.fields.items() if name in (like.id, like.modified)}
    return {
        name: replace(like, name=name, label=_label(row, name), fields=basic, source="observed")
        for row in rows
        if isinstance(name := row.get("name"), str) and NAME.fullmatch(name)
    }
