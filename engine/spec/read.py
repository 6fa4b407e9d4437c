"""Read: from a file to the frozen model, with every finding that the file alone can give.

Bytes -> bounds -> YAML -> JSON Schema -> names and references -> model. What is wrong in one part hides
nothing in another; only bytes that are no YAML stop the rest.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING

from engine.spec.build_line import mapping as build_mapping
from engine.spec.build_spec import build_spec
from engine.spec.check_names import Source, check_names
from engine.spec.check_references import check_references
from engine.spec.document import read_document
from engine.spec.files import beside, loader_for
from engine.spec.node import IncompleteError, Node
from engine.spec.report import Report, in_order
from engine.spec.schema import FileKind, check_schema

if TYPE_CHECKING:
    from engine.spec.diagnostic import Diagnostic, Text
    from engine.spec.document import Document
    from engine.spec.files import Load
    from engine.spec.model import Mapping_, Spec

Findings = tuple["Diagnostic", ...]

_NAME = re.compile(r"[a-z][a-z0-9-]*")


def read_spec(file: str, load: Load) -> tuple[Spec | None, Findings]:
    """Read a spec and the mappings it names. `file` is its name for `load` and in findings.

    The spec is given whenever all its parts could be built, so that a caller can look for further findings;
    it is to be run only if no finding is an error. The findings of its mappings are among them.
    """
    source, report = _read("spec", file, load)
    if source is None:
        return None, in_order(report.findings)
    joined = _Joined(source, load)
    joined.read_mappings()
    check_names(source, joined.sources)
    check_references(source.root, source.root, report)
    spec = build_spec(source.root, joined.mappings, report)
    findings = [found for part in (report, *joined.reports) for found in part.findings]
    return (spec if joined.whole else None), in_order(findings)


def read_mapping(file: str, load: Load) -> tuple[Mapping_ | None, Findings]:
    """Read a mapping by itself; what it says of a spec's options and modules is checked with that spec."""
    source, report = _read("mapping", file, load)
    built = None if source is None else _build(source)
    return built, in_order(report.findings)


def kind_of(raw: bytes) -> FileKind:
    """Whether a file means to be a mapping or a spec, by its top-level keys."""
    keys = set(re.findall(rb"^(mapping|spec) *:", raw, re.MULTILINE))
    return "mapping" if keys == {b"mapping"} else "spec"


def check_file(file: str) -> Findings:
    """The findings of one spec or mapping, read from the disk and never from outside its project's folder."""
    load = loader_for(file)
    try:
        which = kind_of(load(file))
    except OSError as wrong:
        return tuple(_unreadable(file, wrong).findings)
    return (read_mapping if which == "mapping" else read_spec)(file, load)[1]


class _Joined:
    """The mappings that one spec names, each read once."""

    def __init__(self, spec: Source, load: Load) -> None:
        self.spec = spec
        self.load = load
        self.mappings: dict[str, Mapping_] = {}
        self.sources: dict[str, Source] = {}
        self.reports: list[Report] = []
        self.whole = True  #: False = one is missing or could not be built

    def read_mappings(self) -> None:
        root = self.spec.root
        users = (*root.entries("modules"), *root.entries("triggers"))
        names = {text.value: text for user in users if (text := user.text("mapping")) is not None}
        for name, text in names.items():
            if _NAME.fullmatch(name):  # else the schema has said so, and it must not become a path
                self._join(name, text)

    def _join(self, name: str, text: Text) -> None:
        found = self._find(text)
        if found is None:
            self.whole = False
            return
        source, report = found
        self.reports.append(report)
        built = None
        if source is not None:
            self.sources[name] = source
            check_references(source.root, self.spec.root, report)
            built = _build(source)
        if built is None:
            self.whole = False
        else:
            self.mappings[name] = built

    def _find(self, name: Text) -> tuple[Source | None, Report] | None:
        candidates = beside(self.spec.report.file, name.value)
        for file in candidates:
            try:
                return _parse("mapping", file, self.load(file))
            except FileNotFoundError:
                continue
            except OSError as wrong:
                return None, _unreadable(file, wrong)
        message = f"There is no mapping `{name}`."
        hint = f"looked for {', '.join(f'`{file}`' for file in candidates)}"
        self.spec.report.add("unknown-mapping", message, name.span, hint=hint)
        return None


def _read(which: FileKind, file: str, load: Load) -> tuple[Source | None, Report]:
    try:
        raw = load(file)
    except OSError as wrong:
        return None, _unreadable(file, wrong)
    return _parse(which, file, raw)


def _parse(which: FileKind, file: str, raw: bytes) -> tuple[Source | None, Report]:
    """The document, checked against its schema; None = the bytes are no document."""
    document, findings = _checked(which, file, raw)
    report = Report(file=file, findings=list(findings), lines=() if document is None else document.lines)
    return (None if document is None else Source(root=Node(document), report=report)), report


@lru_cache(maxsize=128)
def _checked(which: FileKind, file: str, raw: bytes) -> tuple[Document | None, Findings]:
    """Parsed and checked once: the specs of a folder share their mappings."""
    document, findings = read_document(file, raw)
    if document is None:
        return None, tuple(findings)
    report = Report(file=file, findings=findings, lines=document.lines)
    check_schema(which, document, report)
    return document, tuple(report.findings)


def _unreadable(file: str, wrong: OSError) -> Report:
    report = Report(file=file)
    message = f"The file cannot be read: {wrong.strerror or wrong}."
    report.add("unreadable-file", message, report.span((0, 0, 1)))
    return report


def _build(source: Source) -> Mapping_ | None:
    """The mapping of a document; None = it could not be built, findings say why."""
    _check_name(source)
    try:
        return build_mapping(source.root, source.report)
    except IncompleteError:
        return None


def _check_name(source: Source) -> None:
    """A mapping is found by the name of its file, so the two must agree."""
    name = source.root.text("mapping")
    file = PurePath(source.report.file).stem
    if name is not None and name.value != file:
        message = f"This mapping is called `{name}`, but it is found by the name of its file, `{file}`."
        source.report.add(
            "wrong-name", message, name.span, hint=f"write `mapping: {file}`, or rename the file"
        )
