"""Value map: words of one side as words of the other, and whether all of them have a way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.compiler.fields.terms import column
from engine.expr.build import sql_type, try_cast
from engine.expr.canonical import value_map
from engine.expr.lattice import FAMILY
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.catalog import Field
    from engine.compiler.draft.draft import Draft
    from engine.record import Side
    from engine.spec.model import MappedField


def mapped(spec: MappedField, left: Field, right: Field) -> exp.Expression:
    """The left field in the right one's words and type; NULL where the value map does not say."""
    otherwise = spec.otherwise.value if spec.otherwise else None
    words = value_map(column(left.name), left.type, spec.values, otherwise=otherwise)
    return words if FAMILY[right.type] == "text" else try_cast(words, sql_type(right.type, scale=right.scale))


def check_words(draft: Draft, spec: MappedField, fields: dict[Side, Field]) -> None:
    """The words of a value map must be values of the fields; one that goes both ways needs a way back."""
    lefts = [word for words, _ in spec.values for word in words]
    rights = [word for _, word in spec.values]
    if spec.otherwise:
        rights.append(spec.otherwise.value)
    for words, one in ((lefts, fields["left"]), (rights, fields["right"])):
        for word in words:
            _check_word(draft, spec, one, word)
    if spec.arrow == "<->":
        _check_laws(draft, spec, fields)


def _check_word(draft: Draft, spec: MappedField, one: Field, word: str) -> None:
    if one.choices and word not in one.choices:
        hint = did_you_mean(word, one.choices)
        draft.findings.add(
            "unknown-choice", f"`{word}` is not a choice of `{one.name}`.", spec.span, hint=hint
        )
    elif one.type == "boolean" and word not in ("true", "false"):
        message = f"`{word}` is neither `true` nor `false`, and `{one.name}` holds nothing else."
        draft.findings.add("bad-literal", message, spec.span)


def _check_laws(draft: Draft, spec: MappedField, fields: dict[Side, Field]) -> None:
    """Both ways needs every word of the right side to have a way back, also the one that `else:` writes."""
    back = {right for _, right in spec.values}
    words = [*fields["right"].choices, *([spec.otherwise.value] if spec.otherwise else [])]
    lost = [word for word in dict.fromkeys(words) if word not in back]
    if lost:
        named = ", ".join(f"`{word}`" for word in lost)
        draft.findings.add(
            "no-way-back",
            f"{named} of `{fields['right'].name}` has no counterpart on the left, but the line goes both ways.",
            spec.span,
            hint="List every word of the right side, or make the line `->`.",
        )
