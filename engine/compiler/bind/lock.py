"""Lock: the catalogs that `engine catalog pull` found, kept beside a spec; read as a stranger's file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.catalog import Capabilities, Catalog, Field, Stream
from engine.connectors.declared import declare_field
from engine.errors import UserError
from engine.spec.document import read_document
from engine.spec.files import lock_of
from engine.spec.report import Report, in_order
from engine.spec.schema import check_schema

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from engine.compiler.draft.draft import Findings
    from engine.spec.diagnostic import Diagnostic, Span
    from engine.spec.document import Document
    from engine.spec.files import Load
    from engine.spec.model import Spec

#: Bounds of a field that no system reaches and every database can hold.
MOST_LENGTH = 10_000_000
MOST_SCALE = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedStream:
    """A stream as the lock has it; what it leaves out the connector's own catalog says."""

    said: Mapping[str, Any]  #: attributes of `Stream` that the lock names, but its fields
    fields: Mapping[str, Field]

    def over(self, name: str, shipped: Stream | None) -> Stream:
        """The stream, laid over the one that ships with the connector, if there is one."""
        said = dict(self.said)
        if "can" in said:
            said["can"] = Capabilities(**said["can"])
        return replace(shipped or Stream(name=name, id="", source="observed"), **said, fields=self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedSystem:
    """What the lock has of one system."""

    connector: str
    span: Span  #: of the system's name in the lock
    streams: Mapping[str, LockedStream]

    def over(self, shipped: Catalog, declared: Collection[str] = ()) -> Catalog:
        """The catalog to compile against; what the spec says of the `declared` streams counts more than the lock."""
        found = {name: one.over(name, shipped.streams.get(name)) for name, one in self.streams.items()}
        found |= {name: _declared(found[name], shipped.streams[name]) for name in declared if name in found}
        return replace(shipped, streams={**shipped.streams, **found})


def _declared(pulled: Stream, said: Stream) -> Stream:
    """A stream as it was pulled, under what the spec says of it now."""
    return replace(
        pulled,
        id=said.id or pulled.id,
        modified=said.modified or pulled.modified,
        changed_by=said.changed_by or pulled.changed_by,
        fields={**pulled.fields, **said.fields},
    )


Lock = dict[str, LockedSystem]


def locked(spec: Spec, load: Load, findings: Findings) -> Lock:
    """The lock beside a spec, as far as it is right and about the spec's systems; empty where there is none."""
    lock, found = read_lock(lock_of(spec.file), load)
    findings.found += found
    fitting: Lock = {}
    for name, one in lock.items():
        system = spec.systems.get(name)
        if system is not None and system.connector.value == one.connector:
            fitting[name] = one
            continue
        other = f"is `{system.connector}` in the spec" if system else "does not exist in the spec"
        message = f"The lock has `{name}` of the connector `{one.connector}`, which {other}; it is not used."
        hint = "run `engine catalog pull` for the spec"
        findings.add("stale-lock", message, one.span, hint=hint)
    return fitting


def read_lock(file: str, load: Load) -> tuple[Lock, tuple[Diagnostic, ...]]:
    """The systems of a lock file, and what is wrong with it; no systems where an error is found."""
    try:
        raw = load(file)
    except FileNotFoundError:
        return {}, ()
    except OSError as wrong:
        report = Report(file=file)
        message = f"The file cannot be read: {wrong.strerror or wrong}."
        report.add("unreadable-file", message, report.span((0, 0, 1)))
        return {}, tuple(report.findings)
    document, found = read_document(file, raw)
    if document is None:
        return {}, in_order(found)
    report = Report(file=file, findings=found, lines=document.lines)
    check_schema("lock", document, report)
    lock = {} if report.wrong else _Reader(document, report).lock()
    return ({} if report.wrong else lock), in_order(report.findings)


class _Reader:
    """Takes a document whose form is right; notes what is wrong with its meaning."""

    def __init__(self, document: Document, report: Report) -> None:
        self.document = document
        self.report = report

    def lock(self) -> Lock:
        return {
            name: LockedSystem(
                connector=body["connector"],
                span=self.document.at(("systems", name)),
                streams={one: self._stream(name, one, said) for one, said in body["streams"].items()},
            )
            for name, body in self.document.value["systems"].items()
        }

    def _stream(self, system: str, name: str, body: Mapping[str, Any]) -> LockedStream:
        place = ("systems", system, "streams", name)
        fields = {
            field: self._field(field, said, (*place, "fields", field))
            for field, said in body["fields"].items()
        }
        for role in ("id", "modified"):
            if role in body and body[role] not in fields:
                message = f"`{body[role]}` is not among the fields of `{name}`."
                self.report.add("unknown-field", message, self.document.value_at((*place, role)))
        said = {key: value for key, value in body.items() if key != "fields"}
        return LockedStream(said=said, fields=fields)

    def _field(self, name: str, said: Any, pointer: tuple[str, ...]) -> Field:
        body = {"type": said} if isinstance(said, str) else said
        try:
            field = declare_field(name, body["type"])
        except UserError as error:
            self._wrong(error.message, pointer, error.remedy)
            return Field(name=name, type="unknown")
        if not 0 < (field.max_length or 1) <= MOST_LENGTH or not 0 <= (field.scale or 0) <= MOST_SCALE:
            self._wrong(f"The field `{name}` has a length or scale that no system has.", pointer, None)
        refers = body.get("refers", field.refers)
        return replace(field, label=body.get("label"), choices=tuple(body.get("choices", ())), refers=refers)

    def _wrong(self, message: str, pointer: tuple[str, ...], hint: str | None) -> None:
        self.report.add("wrong-form", message, self.document.value_at(pointer), hint=hint)
