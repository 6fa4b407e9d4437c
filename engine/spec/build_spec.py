"""Build: a whole spec, from its document to the frozen model."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from engine.spec import build_rule
from engine.spec.build_module import module
from engine.spec.build_part import Builder, check, plain
from engine.spec.hint import truth
from engine.spec.model import Disclosure, Mapping_, Option, Spec, System
from engine.spec.schema_words import kind, quote
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from engine.spec.diagnostic import Span, Text
    from engine.spec.node import Node
    from engine.spec.report import Report

_TYPES = ("text", "number", "boolean", "date")


def build_spec(root: Node, mappings: dict[str, Mapping_], report: Report) -> Spec | None:
    """The model of a spec; None = a part of it could not be built, findings say why."""
    builder = Builder(root, report)
    parts: dict[str, Any] = {
        "systems": builder.each(root.entries("systems"), _system),
        "options": builder.each(root.entries("options"), _option),
        "discloses": builder.all(root.items("discloses"), _disclosure),
        "requires": builder.all(root.items("requires"), check),
        "modules": builder.each(root.entries("modules"), module),
        "triggers": builder.each(root.entries("triggers"), build_rule.trigger),
        "guards": builder.each(root.entries("guards"), build_rule.guard),
        "associations": builder.each(root.entries("associations"), build_rule.association),
        "lifecycle": builder.each(root.entries("lifecycle"), build_rule.stage),
    }
    name = root.string("name")
    if name is None or not builder.whole:
        return None
    return Spec(
        name=name,
        title=root.string("title"),
        description=root.string("description"),
        schedule=root.text("schedule"),
        mail=root.mapping("mail"),
        file=root.document.file,
        span=root.at("name").span,
        mappings=mappings,
        **parts,
    )


def _system(node: Node, builder: Builder) -> System:
    del builder
    return System(
        name=node.name,
        connector=node.need("connector"),
        settings=plain(node.mapping("with")),
        settings_at={entry.name: entry.span for entry in node.entries("with")},
        zone=node.text("zone"),
        region=node.text("region"),
        span=node.span,
    )


def _option(node: Node, builder: Builder) -> Option:
    choices = tuple(item.value for item in node.items("choices") if isinstance(item.value, str))
    default = node.value.get("default") if isinstance(node.value, dict) else None
    _check_option(node, choices, default, builder.report)
    return Option(
        name=node.name,
        type="choice" if choices else node.word("type", _TYPES),
        choices=choices,
        default=None if isinstance(default, dict | list) else default,
        required=node.flag("required"),
        help=node.string("help"),
        needs=node.text("needs"),
        span=node.span,
    )


def _check_option(node: Node, choices: tuple[str, ...], default: Any, report: Report) -> None:
    if node.has("choices") and node.has("type"):
        message = "`type` cannot be combined with `choices`: choices are words."
        report.add("contradiction", message, node.at("type").span, hint="remove one of them")
    elif not node.has("choices") and not node.has("type"):
        message = f"Option `{node.name}` needs one of `choices` or `type`."
        report.add("missing-key", message, node.span)
    _check_distinct(node, report)
    if default is None:
        return
    span = node.document.value_at((*node.pointer, "default"))
    if choices and default not in choices:
        message = f"The default {quote(str(default))} is not among the choices."
        report.add(
            "bad-default", message, span, hint=did_you_mean(str(default), choices, otherwise="Choices")
        )
    elif not choices:
        _check_type(node.word("type", _TYPES), default, span, report)


def _check_distinct(node: Node, report: Report) -> None:
    seen: dict[str, Text] = {}
    for text in node.texts("choices"):
        first = seen.setdefault(text.value, text)
        if first is not text:
            message = f"`{text}` is listed twice among the choices."
            report.add("duplicate-value", message, text.span, hint="keep one of them", related=(first.span,))


def _check_type(wanted: str, default: Any, span: Span, report: Report) -> None:
    fits = {
        "text": isinstance(default, str),
        "boolean": isinstance(default, bool),
        "number": isinstance(default, int | float) and not isinstance(default, bool),
        "date": isinstance(default, str) and _is_date(default),
    }
    if not fits[wanted]:
        named = {"boolean": "`true` or `false`", "number": "a number", "date": "a date such as `2026-01-31`"}
        message = f"The default must be {named.get(wanted, 'text')}, not {kind(default)}."
        hint = truth(default) if wanted == "boolean" and isinstance(default, str) else None
        report.add("bad-default", message, span, hint=hint)


def _is_date(word: str) -> bool:
    try:
        dt.date.fromisoformat(word)
    except ValueError:
        return False
    return True


def _disclosure(node: Node) -> Disclosure:
    return Disclosure(to=node.need("to"), what=node.need("what"))
