"""Choices: what is chosen for each option, checked against its type; and what depends on it."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from engine.errors import UserError
from engine.expr.error import ExprError
from engine.expr.lattice import read_date
from engine.expr.scope import Constant, OptionValue
from engine.expr.sql import evaluate_options
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.catalog import FieldType
    from engine.compiler.draft.draft import Draft
    from engine.spec.diagnostic import Text
    from engine.spec.model import Option, Spec

TYPES: Mapping[str, FieldType] = {
    "text": "text",
    "number": "decimal",
    "boolean": "boolean",
    "date": "date",
    "choice": "enum",
}
WHOLE_REFERENCE = re.compile(r"\$\{options\.([a-z][a-z0-9_-]*)\}")


def choose(spec: Spec, given: Mapping[str, str]) -> dict[str, OptionValue]:
    """Every option with what was given for it, or its default.

    Raises UserError for an option that does not exist, a value of the wrong kind, or a required one left out.
    """
    for name in given:
        if name not in spec.options:
            raise UserError(
                f"`{spec.name}` has no option `{name}`.",
                remedy=did_you_mean(name, spec.options) or "`engine plan` lists the options of a spec.",
            )
    values = {name: _value(spec, option, given.get(name)) for name, option in spec.options.items()}
    for name in given:
        _refuse_idle(spec, spec.options[name], values)
    return values


def _refuse_idle(spec: Spec, option: Option, values: Mapping[str, OptionValue]) -> None:
    """Raises UserError for a choice that would mean nothing beside the others."""
    try:
        useless = idle(option, values)
    except ExprError:
        return  # the spec is wrong, and compiling says where
    if useless:
        raise UserError(
            f"The option `{option.name}` of `{spec.name}` only applies if {option.needs}, and that does "
            "not hold.",
            remedy=f"Change the other options, or leave out `{option.name}` away.",
        )


def idle(option: Option, values: Mapping[str, OptionValue]) -> bool:
    """Whether an option was chosen otherwise than by default, but means nothing beside the others. Raises ExprError."""
    if option.needs is None or values[option.name].value == typed(option, option.default).value:
        return False
    return not evaluate_options(option.needs.value, values)


def means_something(spec: Spec, option: Option, words: Mapping[str, str]) -> bool:
    """Whether an option means something beside these choices; one that the spec asks wrongly about does."""
    if option.needs is None:
        return True
    values = {
        name: typed(one, parse(one, words[name]) if name in words else one.default)
        for name, one in spec.options.items()
    }
    try:
        return evaluate_options(option.needs.value, values)
    except ExprError:
        return True  # compiling says what is wrong, and where


def defaults(spec: Spec) -> dict[str, OptionValue]:
    """Every option with its default: what `validate` looks at."""
    return {name: typed(option, option.default) for name, option in spec.options.items()}


def _value(spec: Spec, option: Option, text: str | None) -> OptionValue:
    if text is None:
        if option.required and option.default is None:
            raise UserError(
                f"The option `{option.name}` of `{spec.name}` has no default and must be given.",
                remedy=f"Add --set {option.name}=…" + (f" ({option.help})" if option.help else "."),
            )
        return typed(option, option.default)
    try:
        value = parse(option, text)
    except (ValueError, KeyError, InvalidOperation) as error:
        raise UserError(
            f"`{text}` is no {option.type} for the option `{option.name}` of `{spec.name}`.",
            remedy=expected(option, text),
        ) from error
    return typed(option, value)


def parse(option: Option, text: str) -> Constant:
    """What a word means for an option. Raises ValueError, KeyError or InvalidOperation where it means nothing."""
    if option.type == "choice":
        if text not in option.choices:
            raise ValueError(text)
        return text
    if option.type == "boolean":
        return {"true": True, "yes": True, "false": False, "no": False}[text.lower()] if text else None
    if option.type == "number":
        return Decimal(text)
    if option.type == "date":
        return dt.date.fromisoformat(text)
    return text


def expected(option: Option, text: str) -> str:
    """What could have been written instead of a word."""
    if option.type == "choice":
        return did_you_mean(text, option.choices) or f"Choose one of: {', '.join(option.choices)}."
    words = {
        "boolean": "Write true or false.",
        "number": "Write a number.",
        "date": "Write a day: 2026-01-31.",
    }
    return words.get(option.type, "Write a text.")


def typed(option: Option, value: Constant | float) -> OptionValue:
    """A value of an option, with its type."""
    kept: Constant | float = value
    if option.type == "date" and isinstance(value, str):
        kept = read_date(value)
    if option.type == "number" and isinstance(value, (int, float)) and not isinstance(value, bool):
        kept = Decimal(str(value))
    return OptionValue(type=TYPES[option.type], value=kept, choices=option.choices)


def holds(draft: Draft, condition: Text | None) -> bool:
    """Whether an `if:` holds for what is chosen; one that is wrong is a finding and counts as true."""
    if condition is None:
        return True
    try:
        return evaluate_options(condition.value, draft.options)
    except ExprError as error:
        draft.findings.expression(error, condition)
        return True


def settle(draft: Draft, text: Text | None, allowed: tuple[str, ...], default: str, what: str) -> str:
    """A word that may be `${options.name}`: what it is for the choices made; each possible choice is checked."""
    if text is None:
        return default
    reference = WHOLE_REFERENCE.fullmatch(text.value)
    if reference is None:
        return _allowed(draft, text, text.value, allowed, what, default)
    option = draft.spec.options.get(reference[1])
    if option is None:
        return default  # the reader has said so
    for choice in option.choices:
        _allowed(draft, text, choice, allowed, f"{what} (option `{option.name}`)", default)
    value = draft.options[option.name].value
    return str(value) if value in allowed else default


def _allowed(draft: Draft, text: Text, word: str, allowed: tuple[str, ...], what: str, default: str) -> str:
    if word in allowed:
        return word
    hint = did_you_mean(word, allowed) or f"Known here: {', '.join(allowed)}."
    draft.findings.add("unknown-word", f"`{word}` is no {what}.", text.span, hint=hint)
    return default
