"""Names: what one part of a spec calls another must exist. Streams and fields are the compiler's business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.spec.phrase import referenced_by, split_names
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.spec.diagnostic import Text
    from engine.spec.node import Node
    from engine.spec.report import Report

_SIDES = ("left", "right")
_POLICIES = ("newest", "hold")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that takes part in a spec: its tree, and where its findings go."""

    root: Node
    report: Report


def check_names(spec: Source, mappings: dict[str, Source]) -> None:
    """Note every name of a system, module or trigger that does not exist, here and in the mappings used."""
    names = _Names(spec)
    for node in spec.root.entries("modules"):
        names.check_module(node)
    for node in spec.root.entries("triggers"):
        names.check_trigger(node)
    for node in spec.root.entries("guards"):
        names.expect("module", node.text("module"), names.modules)
    for node in spec.root.items("discloses"):
        names.expect("system", node.text("to"), names.systems)
    for step in _steps(spec.root):
        names.check_step(step)
    for user in (*spec.root.entries("modules"), *spec.root.entries("triggers")):
        mapping = mappings.get(user.string("mapping") or "")
        if mapping is not None:
            names.check_lines(mapping.root, mapping.report)


def _steps(root: Node) -> Iterator[Node]:
    for stage in root.entries("lifecycle"):
        yield from stage.items("do")
        choices = stage.get("choices")
        for choice in stage.entries("choices"):
            if choices is not None:
                yield from choices.items(choice.name)


class _Names:
    """The names of one spec, and the checks against them."""

    def __init__(self, spec: Source) -> None:
        self.report = spec.report
        self.root = spec.root
        self.systems = tuple(spec.root.mapping("systems"))
        self.modules = tuple(spec.root.mapping("modules"))
        self.triggers = tuple(spec.root.mapping("triggers"))
        self.linking = (*self.modules, *self.triggers)

    def expect(
        self, what: str, text: Text | None, known: Iterable[str], report: Report | None = None
    ) -> None:
        """Note that `text` is written and names nothing known."""
        if text is None or text.value in known or text.value.startswith("${"):
            return
        message = f"There is no {what} `{text}` in this spec."
        hint = did_you_mean(text.value, known, otherwise=f"{what.capitalize()}s")
        (report or self.report).add(f"unknown-{what}", message, text.span, hint=hint)

    def check_module(self, node: Node) -> None:
        """What a module refers to."""
        for entry in node.entries("under"):
            if entry.name not in ("as", "else"):
                self.expect("module", entry.own_text(), self.modules)
        only = referenced_by(node)
        for text in () if only is None else split_names(only):
            self.expect("module", text, self.modules)
        self.expect("module", node.text("pairs"), self.linking)
        enrol = node.get("enrol")
        place = None if enrol is None else enrol.get("place")
        if enrol is not None and place is not None:
            for text in (text for entry in enrol.entries("place") for text in place.texts(entry.name)):
                self.expect("module", text, self.linking)
        for entry in node.entries("view"):
            self.expect("system", entry.document.key_texts(entry.pointer)[0], (*self.systems, *_SIDES))
        self._policy(node, self.report)
        self.check_lines(node, self.report)

    def check_trigger(self, node: Node) -> None:
        """What a trigger refers to: another one that makes a record."""
        making = [name for name in self.triggers if self.root.at("triggers").at(name).has("create")]
        for key in ("change", "delete"):
            text = node.text(key)
            self.expect("trigger", text, self.triggers)
            if text is not None and text.value in self.triggers and text.value not in making:
                message = f"Trigger `{text}` makes no record that could be {key}d."
                self.report.add("unknown-trigger", message, text.span, hint=did_you_mean(text.value, making))
        self.check_lines(node, self.report)

    def check_lines(self, node: Node, report: Report) -> None:
        """What the lines of a mapping refer to; `SPEC.MODULE` of another spec is not known here."""
        for line in node.items("fields"):
            refers = line.text("refers")
            if refers is not None and "." not in refers.value:
                self.expect("module", refers, self.linking, report)
            self._policy(line, report)

    def check_step(self, step: Node) -> None:
        """What a step of the lifecycle refers to."""
        self.expect("module", step.text("convert"), self.linking)
        for key in ("delete", "set"):
            stream = step.text(key)
            if stream is not None and stream.value.partition(".")[0] not in self.systems:
                system = stream.value.partition(".")[0]
                message = f"There is no system `{system}` in this spec."
                hint = did_you_mean(system, self.systems, otherwise="Systems")
                self.report.add("unknown-system", message, stream.at(0, len(system)), hint=hint)

    def _policy(self, node: Node, report: Report) -> None:
        """Who wins a conflict: a system, a side, or a rule."""
        known = (*self.systems, *_SIDES, *_POLICIES)
        for text in node.texts("conflicts"):
            if text.value not in known and not text.value.startswith("${"):
                message = f"`conflicts` cannot be `{text}`: this spec has no system of that name."
                hint = did_you_mean(text.value, known, otherwise="Choose from")
                report.add("unknown-system", message, text.span, hint=hint)
