"""How two parts of an expression meet: literals take the type of their neighbour, all else must agree."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.expr.error import ExprError
from engine.expr.lattice import FAMILY, join, read_date, read_instant, read_minutes, said
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.catalog import FieldType
    from engine.expr.term import Literal_, Term


def wrong(term: Term, message: str, *, code: str = "type-mismatch", hint: str | None = None) -> ExprError:
    """An error at the place of a term."""
    return ExprError(code, message, offset=term.offset, length=term.length, hint=hint)


def as_condition(term: Term) -> Term:
    """The term where true or false is needed; a boolean that may be missing counts as false."""
    if term.type != "boolean":
        hint = None if term.flexible else "Compare it with something, or write `… IS NOT NULL`."
        if term.flexible and term.value in {"true", "false", 0, 1}:
            hint = "Write `true` or `false` without quotes."
        raise wrong(term, f"A condition is true or false; this is {_shown(term)}.", hint=hint)
    if term.total:
        return term
    return replace(term, op="truth", args=(term,), value=None, name=None, call=None, total=True)


def fit(term: Term, type_: FieldType, choices: Sequence[str] = ()) -> Term:
    """The term beside something of `type_`: a literal is read as one, anything else must be of its family."""
    if term.flexible and term.value is None:
        return replace(term, type=type_)
    if term.flexible and isinstance(term.value, str):
        return _fit_text(term, term.value, type_, choices)
    if FAMILY[term.type] == FAMILY[type_] != "nested":
        return term
    raise wrong(
        term, f"{said(type_).capitalize()} cannot be compared with {_shown(term)}.", hint=_hint(term, type_)
    )


def _fit_text(term: Term, text: str, type_: FieldType, choices: Sequence[str]) -> Term:
    """A text in quotes, read as what stands beside it."""
    family = FAMILY[type_]
    if family == "text":
        if choices and text not in choices:
            raise wrong(
                term,
                f"`{text}` is not among the choices.",
                code="unknown-choice",
                hint=did_you_mean(text, choices),
            )
        return replace(term, type=type_)
    value: Literal_ = None
    if type_ == "duration":
        value = read_minutes(text)
    elif family == "date":
        value = read_date(text)
    elif family == "instant":
        value = read_instant(text)
    if value is None:
        raise wrong(
            term, f"`{text}` is not {said(type_)}.", code="bad-literal", hint=_SPELLED.get(type_, _UNQUOTED)
        )
    return replace(term, type=type_, value=value)


_UNQUOTED = "Numbers, true and false are written without quotes."
_SPELLED: dict[FieldType, str] = {
    "date": "Write a day of the calendar as '2026-01-31'.",
    "instant": "Write a moment with its offset: '2026-01-31T09:00:00Z'.",
    "duration": "Write hours and minutes as '1:30', or minutes as a number.",
}


def _shown(term: Term) -> str:
    if term.flexible and term.value is not None and term.type != "boolean":
        return f"the text `{term.value}`" if isinstance(term.value, str) else f"the number {term.value}"
    if term.op == "name" and term.name is not None:
        return f"`{term.name.sql}`, {said(term.type)}"
    return said(term.type)


def _hint(term: Term, type_: FieldType) -> str | None:
    families = {FAMILY[term.type], FAMILY[type_]}
    if families == {"text", "numeric"} and term.flexible:
        kind = "An id is text even if it looks like a number" if type_ == "id" else "Text takes quotes"
        return f"{kind}: quote it, '{term.value}'."
    if families == {"date", "instant"}:
        return "Write `cast(… AS date)` around the moment."
    if families == {"text", "numeric"}:
        return "Write `cast(… AS text)` around the number, or `cast(… AS decimal)` around the text."
    if "nested" in families:
        return "A list or an object can only be asked `IS NULL`; `path:` reads what is in it."
    if "boolean" in families:
        return "Write the field alone, `NOT Field`, or compare it with `true` or `false`."
    return None


def pair_up(first: Term, second: Term) -> tuple[Term, Term]:
    """Both sides of a comparison, each fitted to the other. Raises ExprError if they do not go together."""
    for term in (first, second):
        if term.flexible and term.value is None:
            raise wrong(term, "NULL cannot be compared.", code="not-allowed", hint="Write `Field IS NULL`.")
    if second.flexible or not first.flexible:
        return first, fit(second, first.type, first.choices)
    return fit(first, second.type, second.choices), second


def fit_all(terms: Sequence[Term]) -> tuple[FieldType, list[Term]]:
    """The one type that all terms share, and the terms fitted to it. Raises ExprError at one that differs."""
    firm = [term for term in terms if not term.flexible] or [term for term in terms if term.value is not None]
    if not firm:
        raise wrong(terms[0], "All values here are NULL.", hint="Give at least one value.")
    shared = firm[0].type
    for term in firm[1:]:
        shared = _shared(shared, term)
    fitted = [fit(term, shared) for term in terms]
    for term in fitted:
        if term.flexible and term.value is not None and FAMILY[shared] in {"text", "numeric"}:
            literal: FieldType = "text" if FAMILY[shared] == "text" else term.type
            shared = _shared(shared, replace(term, type=literal))
    return shared, [
        replace(term, type=shared) if term.flexible and term.value is None else term for term in fitted
    ]


def _shared(shared: FieldType, term: Term) -> FieldType:
    joined = join(shared, term.type)
    if joined is None:
        message = f"All values must be of one type: {said(shared)} does not go with {_shown(term)}."
        raise wrong(term, message, hint=_hint(term, shared))
    return joined
