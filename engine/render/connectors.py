"""Connectors and their catalogs for a person: what can be read and written, and what is only assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.render.table import Column, Screen, number, table
from engine.render.text import count, printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.catalog import Catalog, Field, Stream


def connectors_text(summaries: Mapping[str, str], screen: Screen) -> str:
    """Every installed connector with its sentence."""
    rows = [[name, summary] for name, summary in summaries.items()]
    return table([Column(title="connector"), Column(title="what it is")], rows, screen)


def connector_text(
    name: str, summary: str, settings: Mapping[str, Any], catalog: Catalog, screen: Screen
) -> str:
    """One connector: its settings and streams, and how much of its catalog is assumed."""
    parts = [f"{name}: {printable(summary)}\n", _settings_text(settings, screen)]
    if catalog.streams:
        parts.append(streams_text(catalog, screen))
        parts.append(_assumed_text(catalog))
    else:
        parts.append("Its streams are known only once it is connected.\n")
    return "\n".join(part for part in parts if part)


def _settings_text(settings: Mapping[str, Any], screen: Screen) -> str:
    keys: Mapping[str, Any] = settings.get("properties", {})
    required = settings.get("required", ())
    rows = [
        [key, "required" if key in required else "", str(schema.get("description", ""))]
        for key, schema in keys.items()
    ]
    columns = [Column(title="with:"), Column(title=""), Column(title="what it says")]
    return table(columns, rows, screen) if rows else ""


def streams_text(catalog: Catalog, screen: Screen) -> str:
    """The streams of a catalog and what can be done with them."""
    columns = [Column(title="stream"), number("fields"), Column(title="id"), Column(title="cursor")]
    columns += [Column(title="can"), Column(title="source")]
    rows = [
        [
            stream.name,
            f"{len(stream.fields):,}",
            stream.id,
            stream.modified or "-",
            _can(stream),
            stream.source,
        ]
        for stream in catalog.streams.values()
    ]
    return table(columns, rows, screen)


def _can(stream: Stream) -> str:
    verbs = {
        "read": stream.can.read,
        "create": stream.can.create,
        "update": stream.can.update,
        "delete": stream.can.delete,
    }
    return " ".join(verb for verb, able in verbs.items() if able)


def _assumed_text(catalog: Catalog) -> str:
    streams = [stream.name for stream in catalog.streams.values() if stream.source == "assumed"]
    fields = [
        f"{stream.name}.{field.name}"
        for stream in catalog.streams.values()
        for field in stream.fields.values()
        if field.source == "assumed" and stream.source != "assumed"
    ]
    if not streams and not fields:
        return ""
    lines = [
        *(f"  {printable(name)} (the whole stream)\n" for name in streams),
        *(f"  {printable(name)}\n" for name in fields),
    ]
    figures = f"{count(len(streams), 'stream')}, {count(len(fields), 'field')}"
    return f"Assumed, confirmed by no public description: {figures}\n" + "".join(lines)


def stream_text(stream: Stream, screen: Screen) -> str:
    """One stream, field by field."""
    columns = [Column(title=title) for title in ("field", "type", "notes", "source")]
    rows: Sequence[Sequence[str]] = [
        [field.name, field.type, _notes(field), field.source] for field in stream.fields.values()
    ]
    return table(columns, rows, screen)


def _notes(field: Field) -> str:
    notes = [
        "required" if field.required else "",
        "unique" if field.unique else "",
        "" if field.writable else "read only",
        f"at most {field.max_length} characters" if field.max_length else "",
        f"in {field.unit}s" if field.unit else "",
        f"to the {field.precision}" if field.precision else "",
        "case-insensitive" if field.caseless else "",
        f"-> {field.refers}" if field.refers else "",
        "one request per record" if field.detail_only else "",
        "computed from other records" if field.unstamped else "",
        "sensitive" if field.sensitive else "",
        "one of " + ", ".join(field.choices) if field.choices else "",
    ]
    return "; ".join(note for note in notes if note)
