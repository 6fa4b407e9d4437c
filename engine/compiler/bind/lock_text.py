"""Lock text: catalogs as the text of a lock file: one line a field or choice, in an order that never changes. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import fields as fields_of
from typing import TYPE_CHECKING, Any

from engine.catalog import Capabilities, Catalog, Field, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Text that YAML takes for itself without quotes, whatever its version.
PLAIN = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_./=-]| (?=[A-Za-z0-9_]))*")
WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
#: Attributes of a stream that are written where they differ from what ships.
SAID = (
    "label",
    "id",
    "modified",
    "empty_is_null",
    "empty_is_absent",
    "sends_null",
    "tells_nothing",
    "fillable",
    "singleton",
    "open",
)


def lock_text(spec: str, catalogs: Mapping[str, Catalog], shipped: Mapping[str, Catalog]) -> str:
    """The lock of a spec's file name: catalogs by system; `shipped` says what need not be written."""
    lines = [
        "# yaml-language-server: $schema=../schemas/lock.schema.json",
        f"# What the systems of {spec} looked like when `engine catalog pull` last asked them.",
        "# validate, plan and run go by it. Do not edit it: pull again.",
        "lock: 1",
        "systems:",
    ]
    for name, catalog in sorted(catalogs.items()):
        lines += [f"  {_quoted(name)}:", f"    connector: {_quoted(catalog.connector)}", "    streams:"]
        for stream in sorted(catalog.streams.values(), key=lambda one: one.name):
            lines += _stream(stream, shipped[name].streams.get(stream.name))
    return "\n".join(lines) + "\n"


def _stream(stream: Stream, shipped: Stream | None) -> Iterator[str]:
    yield f"      {_quoted(stream.name)}:"
    usual = shipped or Stream(name=stream.name, id="")
    for key in SAID:
        value = getattr(stream, key)
        if value != getattr(usual, key) and value is not None:
            yield f"        {key}: {_quoted(value)}"
    if stream.can != usual.can:
        yield "        can:"
        yield from (f"          {key}: {_quoted(value)}" for key, value in _can(stream.can))
    yield "        fields:" if stream.fields else "        fields: {}"
    for field in sorted(stream.fields.values(), key=lambda one: one.name):
        yield from _field(field)


def _can(can: Capabilities) -> Iterator[tuple[str, Any]]:
    for one in fields_of(Capabilities):
        value = getattr(can, one.name)
        if value != one.default:
            yield one.name, value


def _field(field: Field) -> Iterator[str]:
    name, line = _quoted(field.name), _line(field)
    bare = field.refers is None or re.fullmatch(r"[^\s]+", field.refers)
    if not field.choices and field.label is None and bare:
        yield f"          {name}: {line}"
        return
    yield f"          {name}:"
    yield f"            type: {line}"
    if field.label is not None:
        yield f"            label: {_quoted(field.label)}"
    if not bare:
        yield f"            refers: {_quoted(field.refers)}"
    if field.choices:
        yield "            choices:"
        yield from (f"              - {_quoted(choice)}" for choice in sorted(field.choices))


def _line(field: Field) -> str:
    words = [
        field.type,
        "required" if field.required else "",
        "unique" if field.unique else "",
        "" if field.writable else "read-only",
        "detail" if field.detail_only else "",
        "unstamped" if field.unstamped else "",
        "sensitive" if field.sensitive else "",
        f"max={field.max_length}" if field.max_length is not None else "",
        f"scale={field.scale}" if field.scale is not None else "",
        f"precision={field.precision}" if field.precision is not None else "",
        f"unit={field.unit}" if field.unit is not None else "",
        "null=send" if field.sends_null else "",
        "caseless" if field.caseless else "",
        f"refers={field.refers}" if field.refers and re.fullmatch(r"[^\s]+", field.refers) else "",
        f"stream-in={field.stream_in}" if field.stream_in else "",
        "" if field.source == "published" else field.source,
    ]
    line = " ".join(word for word in words if word)
    return line if PLAIN.fullmatch(line) else _quoted(line)


def _quoted(value: Any) -> str:
    """A scalar that every YAML reads as it is meant; what no editor shows is written as an escape."""
    if not isinstance(value, str):
        return json.dumps(value)
    if PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    return json.dumps(value, ensure_ascii=not value.isprintable())
