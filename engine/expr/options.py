"""Conditions over options, decided without a database: a small interpreter over the checked tree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from engine.expr.error import ExprError
from engine.expr.functions import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.expr.term import Term


def evaluate(term: Term) -> Any:
    """The value of a checked tree whose names are all options. Raises ExprError for what needs a database."""
    if term.op == "literal":
        return term.value
    run = _RUNS.get(term.op)
    if run is None:
        raise _needs_database(term)
    return run(*term.args)


def _needs_database(term: Term) -> ExprError:
    pure = ", ".join(sorted(name for name, function in FUNCTIONS.items() if function.pure))
    return ExprError(
        "not-allowed",
        f"`{term.op}` cannot be decided from options alone.",
        offset=term.offset,
        length=term.length,
        hint=f"Conditions over options take comparisons, AND, OR, NOT, IN, BETWEEN, LIKE, CASE and: {pure}.",
    )


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Term, Term], bool]:
    """A comparison that is false beside NULL."""

    def run(first: Term, second: Term) -> bool:
        left, right = evaluate(first), evaluate(second)
        return left is not None and right is not None and compare(left, right)

    return run


def _between(value: Term, low: Term, high: Term) -> bool:
    middle, first, last = evaluate(value), evaluate(low), evaluate(high)
    return None not in (middle, first, last) and first <= middle <= last


def _like(value: Term, pattern: Term) -> bool:
    found = evaluate(value)
    if found is None:
        return False
    shape = "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in evaluate(pattern))
    return re.fullmatch(shape, found, re.DOTALL) is not None


def _in(value: Term, *listed: Term) -> bool:
    found = evaluate(value)
    return found is not None and any(evaluate(item) == found for item in listed)


def _case(*parts: Term) -> Any:
    for at in range(0, len(parts) - 1, 2):
        if evaluate(parts[at]):
            return evaluate(parts[at + 1])
    return evaluate(parts[-1])


def _coalesce(*parts: Term) -> Any:
    return next((found for part in parts if (found := evaluate(part)) is not None), None)


def _nullif(first: Term, second: Term) -> Any:
    found = evaluate(first)
    return None if found == evaluate(second) else found


def _of_known(choose: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    """A choice among the values that are there; NULL if none is."""

    def run(*parts: Term) -> Any:
        known = [found for part in parts if (found := evaluate(part)) is not None]
        return choose(known) if known else None

    return run


def _on_text(answer: Callable[..., Any], missing: Any) -> Callable[..., Any]:
    """A function of texts that gives `missing` if one of them is NULL."""

    def run(*parts: Term) -> Any:
        found = [evaluate(part) for part in parts]
        return missing if None in found else answer(*found)

    return run


_RUNS: dict[str, Callable[..., Any]] = {
    "=": lambda first, second: evaluate(first) == evaluate(second),
    "<>": lambda first, second: evaluate(first) != evaluate(second),
    "<": _ordered(lambda left, right: left < right),
    "<=": _ordered(lambda left, right: left <= right),
    ">": _ordered(lambda left, right: left > right),
    ">=": _ordered(lambda left, right: left >= right),
    "between": _between,
    "like": _like,
    "in": _in,
    "is-null": lambda part: evaluate(part) is None,
    "and": lambda *parts: all(evaluate(part) for part in parts),
    "or": lambda *parts: any(evaluate(part) for part in parts),
    "not": lambda part: not evaluate(part),
    "truth": lambda part: evaluate(part) is True,
    "case": _case,
    "coalesce": _coalesce,
    "nullif": _nullif,
    "greatest": _of_known(max),
    "least": _of_known(min),
    "trim": _on_text(lambda found: found.strip(" "), None),
    "length": _on_text(len, None),
    "starts_with": _on_text(lambda found, start: found.startswith(start), missing=False),
    "contains": _on_text(lambda found, part: part in found, missing=False),
}
