"""Read the catalogs of the Zoho connectors: the compact YAML files beside this module become `engine.catalog.Catalog`.

A file says `catalog`, `streams`, and optionally `blocks` (fields that several streams share), `can` (named
capabilities), `extends` (another catalog) with `without` (streams it does not have). A field is one line:

    Account_Name: text required max=200
    Rating: { type: enum, choices: [Active, Acquired], label: Rating }

Words after the type: required, unique, read-only, detail, published, observed, assumed; `max=`, `scale=`, `refers=`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as fields_of
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any, get_args

from engine.catalog import Capabilities, Catalog, Field, FieldType, Source, Stream
from engine.errors import EngineError, UserError

NAMES = ("zoho-crm", "zoho-books", "zoho-erp", "zoho-projects")
TYPES = frozenset(get_args(FieldType))
SOURCES = frozenset(get_args(Source))
#: What a bare word after the type sets.
FLAGS: Mapping[str, Mapping[str, Any]] = {
    "required": {"required": True},
    "unique": {"unique": True},
    "read-only": {"writable": False},
    "detail": {"detail_only": True},
    **{source: {"source": source} for source in SOURCES},
}
CATALOG_KEYS = frozenset({"catalog", "extends", "without", "blocks", "can", "streams"})
#: Keys of a stream that are attributes of `Stream` as they stand.
AS_WRITTEN = ("label", "id", "modified", "empty_is_null", "singleton", "open", "source")
STREAM_KEYS = frozenset({*AS_WRITTEN, "can", "blocks", "fields", "without"})


class CatalogError(EngineError):
    """A catalog file of ours is wrong: a mistake of this package, not of the person who runs it."""


@cache
def load_catalog(name: str) -> Catalog:
    """The catalog of one of the Zoho connectors, read once per process.

    Raises:
        UserError: no such catalog.
        CatalogError: the shipped file is wrong; the message names the stream and the field.
    """
    if name not in NAMES:
        raise UserError(f"There is no catalog `{name}`.", remedy=f"Known catalogs: {', '.join(NAMES)}.")
    file = name.removeprefix("zoho-") + ".catalog.yaml"
    return parse_catalog((files(__package__) / file).read_text(encoding="utf-8"), file)


def parse_catalog(text: str, file: str) -> Catalog:
    """A catalog from its YAML text; `file` stands in the messages of CatalogError."""
    import yaml  # noqa: PLC0415  only a spec that names a Zoho connector needs it

    top = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  both are safe loaders
    if not isinstance(top, dict):
        raise CatalogError(f"{file} is no mapping.")
    _expect(top, CATALOG_KEYS, file)
    parent = load_catalog(top["extends"]) if "extends" in top else None
    streams = dict(parent.streams) if parent else {}
    for gone in top.get("without", ()):
        _pop(streams, gone, f"{file}: without")
    reader = _Reader(file, top.get("blocks", {}), top.get("can", {}))
    for name, body in top["streams"].items():
        streams[name] = reader.stream(name, body, streams.get(name))
    return Catalog(connector=top["catalog"], streams=streams)


def parse_field(name: str, line: str | Mapping[str, Any], place: str) -> Field:
    """One field from its compact line, or from a mapping whose `type` is such a line."""
    if isinstance(line, str):
        return Field(name=name, **_words(line, place))
    _expect(line, frozenset({"type", "choices", "label"}), place)
    return Field(
        name=name,
        label=line.get("label"),
        choices=tuple(line.get("choices", ())),
        **_words(line["type"], place),
    )


class _Reader:
    """Reads the streams of one file, which share its blocks and capabilities."""

    def __init__(self, file: str, blocks: Mapping[str, Any], can: Mapping[str, Any]) -> None:
        self.file = file
        self.blocks = blocks
        self.can = can

    def stream(self, name: str, body: Mapping[str, Any], before: Stream | None) -> Stream:
        """A stream as written, or `before` (of the extended catalog) with what is written here changed."""
        place = f"{self.file}: {name}"
        _expect(body, STREAM_KEYS, place)
        changes = {key: body[key] for key in AS_WRITTEN if key in body}
        if "can" in body:
            changes["can"] = self._capabilities(body["can"], place)
        changes["fields"] = self._fields(body, before, place)
        stream = replace(before, **changes) if before else Stream(name=name, **changes)
        for role, field in (("id", stream.id), ("modified", stream.modified)):
            if field is not None and field not in stream.fields:
                raise CatalogError(f"{place}: the {role} field `{field}` is not among its fields.")
        return stream

    def _capabilities(self, can: str | Mapping[str, Any], place: str) -> Capabilities:
        body = self.can.get(can) if isinstance(can, str) else can
        if body is None:
            raise CatalogError(f"{place}: there are no capabilities named `{can}`.")
        _expect(body, frozenset(field.name for field in fields_of(Capabilities)), place)
        return Capabilities(**body)

    def _fields(self, body: Mapping[str, Any], before: Stream | None, place: str) -> dict[str, Field]:
        found = dict(before.fields) if before else {}
        for gone in body.get("without", ()):
            _pop(found, gone, place)
        for block in body.get("blocks", ()):
            name, _, prefix = block.partition(" at ")
            if name not in self.blocks:
                raise CatalogError(f"{place}: there is no block `{name}`.")
            for field, line in self.blocks[name].items():
                found[prefix + field] = parse_field(prefix + field, line, f"{place}.{prefix}{field}")
        for field, line in body.get("fields", {}).items():
            found[field] = parse_field(field, line, f"{place}.{field}")
        return found


def _words(line: str, place: str) -> dict[str, Any]:
    kind, *words = line.split()
    if kind not in TYPES:
        raise CatalogError(f"{place}: `{kind}` is no field type.")
    told: dict[str, Any] = {"type": kind}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals and key in FLAGS:
            told |= FLAGS[key]
        elif key == "refers" and value:
            told["refers"] = value
        elif key in {"max", "scale"} and value.isdigit():
            told["max_length" if key == "max" else "scale"] = int(value)
        else:
            raise CatalogError(f"{place}: `{word}` says nothing about a field.")
    return told


def _expect(body: Mapping[str, Any], known: frozenset[str], place: str) -> None:
    unknown = sorted(set(body) - known)
    if unknown:
        raise CatalogError(f"{place}: `{unknown[0]}` is not a key here; keys are {', '.join(sorted(known))}.")


def _pop(found: dict[str, Any], name: str, place: str) -> None:
    if found.pop(name, None) is None:
        raise CatalogError(f"{place}: `{name}` is not there, so it cannot be left out.")
