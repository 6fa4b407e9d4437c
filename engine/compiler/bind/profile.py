"""Profile: what was chosen for the options of a spec, in a file beside it; read as strictly as the spec."""

from __future__ import annotations

import re
from decimal import InvalidOperation
from pathlib import PurePath
from typing import TYPE_CHECKING

from engine.compiler.bind.choices import expected, idle, parse, typed
from engine.expr.error import ExprError
from engine.spec.document import read_document
from engine.spec.files import PROFILE_SUFFIX
from engine.spec.node import Node
from engine.spec.read import read_spec
from engine.spec.report import Report, in_order
from engine.spec.schema import check_schema
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.expr.scope import OptionValue
    from engine.spec.diagnostic import Diagnostic, Text
    from engine.spec.files import Load
    from engine.spec.model import Option, Spec


_NAME = re.compile(r"[a-z][a-z0-9-]*")


def read_profile(
    file: str, spec: Spec, load: Load
) -> tuple[Mapping[str, str] | None, tuple[Diagnostic, ...]]:
    """What a profile chooses, as it would be written after `--set`, and every finding about it.

    No choices where a finding is an error. Raises FileNotFoundError where there is no such file.
    """
    root, report = _root(file, load(file))
    if root is None or report.wrong:
        return None, in_order(report.findings)
    _check_name(root, spec, report)
    chosen = {node.name: text for node in root.entries("options") if (text := node.own_scalar()) is not None}
    _check_options(root, spec, chosen, report)
    given = None if report.wrong else {name: text.value for name, text in chosen.items()}
    return given, in_order(report.findings)


def spec_of(file: str, load: Load) -> tuple[Spec | None, tuple[Diagnostic, ...]]:
    """The spec that lies beside a profile and that it names; what is wrong with the spec is told with the spec."""
    root, report = _root(file, load(file))
    if root is None or report.wrong:
        return None, in_order(report.findings)
    name = root.need("profile")
    beside = _beside(file, name.value)
    found = next((one for one in beside if _is_there(one, load)), None)
    if found is None:
        hint = f"looked for {', '.join(f'`{one}`' for one in beside)}; a profile stands beside its spec"
        report.add("unknown-spec", f"There is no spec `{name}` that could be read.", name.span, hint=hint)
        return None, in_order(report.findings)
    return read_spec(found, load)[0], ()


def _beside(file: str, name: str) -> tuple[str, ...]:
    """Where the spec of a profile may be: under the name of its file, or under the one that it says."""
    stem = PurePath(file).name.removesuffix(PROFILE_SUFFIX)
    names = (stem, name) if _NAME.fullmatch(name) else (stem,)  # anything else never becomes a path
    return tuple(dict.fromkeys(str(PurePath(file).with_name(f"{one}.yaml")) for one in names))


def _is_there(file: str, load: Load) -> bool:
    try:
        load(file)
    except OSError:
        return False
    return True


def _root(file: str, raw: bytes) -> tuple[Node | None, Report]:
    document, findings = read_document(file, raw)
    report = Report(file=file, findings=list(findings), lines=() if document is None else document.lines)
    if document is None:
        return None, report
    check_schema("profile", document, report)
    return Node(document), report


def _check_name(root: Node, spec: Spec, report: Report) -> None:
    name = root.need("profile")
    if name.value != spec.name:
        message = f"These are choices for `{name}`, but the spec is `{spec.name}`."
        report.add(
            "wrong-name", message, name.span, hint=f"write `profile: {spec.name}`, or name another file"
        )


def _check_options(root: Node, spec: Spec, chosen: Mapping[str, Text], report: Report) -> None:
    for node in root.entries("options"):
        option = spec.options.get(node.name)
        if option is None:
            hint = did_you_mean(node.name, spec.options)
            report.add("unknown-option", f"`{spec.name}` has no option `{node.name}`.", node.span, hint=hint)
        elif node.name in chosen:
            _check_value(option, chosen[node.name], report)
    _check_required(root, spec, chosen, report)
    if not report.wrong:
        _check_effect(spec, chosen, report)


def _check_required(root: Node, spec: Spec, chosen: Mapping[str, Text], report: Report) -> None:
    for option in spec.options.values():
        if option.required and option.default is None and option.name not in chosen:
            message = f"The option `{option.name}` of `{spec.name}` has no default and must be chosen."
            at = root.get("options") or root.at("profile")
            report.add("missing-key", message, at.span, hint=option.help)


def _check_value(option: Option, text: Text, report: Report) -> None:
    try:
        parse(option, text.value)
    except (ValueError, KeyError, InvalidOperation):
        message = f"`{text}` is no {option.type} for the option `{option.name}`."
        report.add("wrong-choice", message, text.span, hint=expected(option, text.value))


def _check_effect(spec: Spec, chosen: Mapping[str, Text], report: Report) -> None:
    """What means nothing beside the other choices is a mistake: it would wait there and come true one day."""
    values = _values(spec, chosen)
    for name, text in chosen.items():
        option = spec.options[name]
        try:
            useless = idle(option, values)
        except ExprError:
            continue  # the spec itself is wrong, and `validate` says where
        if useless and option.needs is not None:
            message = f"`{name}` only applies if {option.needs}, and that does not hold here."
            report.add("choice-without-effect", message, text.span, hint="remove the line")


def _values(spec: Spec, chosen: Mapping[str, Text]) -> dict[str, OptionValue]:
    return {
        name: typed(option, parse(option, chosen[name].value) if name in chosen else option.default)
        for name, option in spec.options.items()
    }
