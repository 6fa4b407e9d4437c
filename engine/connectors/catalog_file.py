"""Catalog files: what an API holds, in compact YAML, becomes a `Catalog`.

A file says `catalog`, `streams` and, where it helps, `blocks` (fields that several streams share), `can`
(named capabilities), `extends` (another catalog) and `without` (streams it lacks). A field is one line:

    Account_Name: text required max=200
    Rating: { type: enum, choices: [Active, Acquired], label: Rating }
"""

from __future__ import annotations

from dataclasses import fields as fields_of
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from engine.catalog import Capabilities, Catalog, Field, Stream
from engine.connectors.declared import declare_field
from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

CATALOG_KEYS = frozenset({"catalog", "extends", "without", "blocks", "can", "streams"})
#: Keys of a stream that are attributes of `Stream` as they stand.
AS_WRITTEN = (
    "label",
    "id",
    "modified",
    "changed_by",
    "empty_is_null",
    "empty_is_absent",
    "singleton",
    "account",
    "open",
    "source",
)
STREAM_KEYS = frozenset({*AS_WRITTEN, "null", "tells", "can", "blocks", "fields", "without"})
FIELD_KEYS = frozenset({"type", "choices", "label"})
CAPABILITIES = frozenset(field.name for field in fields_of(Capabilities))


class CatalogError(UserError):
    """A catalog file is wrong: a mistake of whoever wrote the connector."""


def catalog_of(file: Path) -> Callable[[], Catalog]:
    """What `HttpType` takes as its catalog: reads the file when the catalog is first wanted."""
    return partial(_catalog_of, file)


@cache
def _catalog_of(file: Path) -> Catalog:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError(f"The catalog file {file} cannot be read: {error}.") from error
    return parse_catalog(text, str(file), lambda name: _above(file, name))


def _above(file: Path, name: str) -> Catalog:
    if file.with_name(name) == file:
        raise CatalogError(f"The catalog file {file} extends itself.")
    return _catalog_of(file.with_name(name))


def parse_catalog(text: str, file: str, parent_of: Callable[[str], Catalog]) -> Catalog:
    """A catalog from its YAML text.

    `file` stands in the messages; `parent_of` gives the catalog that `extends` names.

    Raises:
        CatalogError: the text is wrong; the message names the stream and the field.
    """
    top = _mapping(text, file)
    _expect(top, CATALOG_KEYS, file)
    parent = parent_of(top["extends"]) if "extends" in top else None
    streams = dict(parent.streams) if parent else {}
    for gone in top.get("without", ()):
        _pop(streams, gone, f"{file}: without")
    reader = _Reader(file, top.get("blocks", {}), top.get("can", {}))
    for name, body in top["streams"].items():
        streams[name] = reader.stream(name, body, streams.get(name))
    return Catalog(connector=top["catalog"], streams=streams)


def _mapping(text: str, file: str) -> dict[str, Any]:
    import yaml  # only a spec that names the connector needs it

    try:
        top = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  both are safe loaders
    except yaml.YAMLError as error:
        raise CatalogError(f"The catalog file {file} is no YAML: {error}.") from error
    if not isinstance(top, dict):
        raise CatalogError(f"{file} is no mapping.")
    lacking = [key for key in ("catalog", "streams") if key not in top]
    if lacking:
        raise CatalogError(f"{file} lacks `{lacking[0]}`.")
    return top


def parse_field(name: str, line: str | Mapping[str, Any], place: str) -> Field:
    """One field from its compact line, or from a mapping whose `type` is such a line."""
    body = {"type": line} if isinstance(line, str) else line
    _expect(body, FIELD_KEYS, place)
    try:
        field = declare_field(name, body["type"])
    except UserError as error:
        raise CatalogError(f"{place}: {error.message}", remedy=error.remedy) from error
    return replace(field, label=body.get("label"), choices=tuple(body.get("choices", ())))


class _Reader:
    """Reads the streams of one file, which share its blocks and capabilities."""

    def __init__(self, file: str, blocks: Mapping[str, Any], can: Mapping[str, Any]) -> None:
        self.file = file
        self.blocks = blocks
        self.can = can

    def stream(self, name: str, body: Mapping[str, Any], before: Stream | None) -> Stream:
        """A stream as written, or `before` (of the extended catalog) with what is written here changed."""
        place = f"{self.file}: {name}"
        body = {
            "null" if key is None else key: value for key, value in body.items()
        }  # YAML has a word for nothing
        _expect(body, STREAM_KEYS, place)
        changes = {key: body[key] for key in AS_WRITTEN if key in body}
        if "null" in body:
            changes["sends_null"] = body["null"] == "send"
        if "tells" in body:
            changes["tells_nothing"] = body["tells"] == "nothing"
        if "can" in body:
            changes["can"] = self._capabilities(body["can"], place)
        changes["fields"] = self._fields(body, before, place)
        if before is None and "id" not in changes:
            raise CatalogError(
                f"{place}: nothing says which field identifies a record.", remedy="Write `id: FIELD`."
            )
        stream = replace(before, **changes) if before else Stream(name=name, **changes)
        for role, field in (
            ("id", stream.id),
            ("modified", stream.modified),
            ("changed_by", stream.changed_by),
            ("account", stream.account),
        ):
            if field is not None and field not in stream.fields:
                raise CatalogError(f"{place}: the {role} field `{field}` is not among its fields.")
        return stream

    def _capabilities(self, can: str | Mapping[str, Any], place: str) -> Capabilities:
        body = self.can.get(can) if isinstance(can, str) else can
        if body is None:
            raise CatalogError(f"{place}: there are no capabilities named `{can}`.")
        _expect(body, CAPABILITIES, place)
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


def _expect(body: Mapping[str, Any], known: frozenset[str], place: str) -> None:
    if not isinstance(body, dict):
        raise CatalogError(f"{place}: this is no mapping, but `{body}`.")
    unknown = sorted(set(body) - known)
    if unknown:
        raise CatalogError(f"{place}: `{unknown[0]}` is not a key here; keys are {', '.join(sorted(known))}.")


def _pop(found: dict[str, Any], name: str, place: str) -> None:
    if found.pop(name, None) is None:
        raise CatalogError(f"{place}: `{name}` is not there, so it cannot be left out.")
