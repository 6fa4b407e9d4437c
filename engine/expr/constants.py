"""Constants: what was chosen for an option, in the form that its type has in an expression."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.expr.arguments import MAX_SCALE
from engine.expr.error import ExprError
from engine.expr.lattice import read_date, read_instant, said

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.catalog import FieldType
    from engine.expr.scope import Name, OptionValue
    from engine.expr.term import Literal_, Term


def constant_of(name: Name, option: OptionValue) -> Literal_:
    """What was chosen for an option, in the form its type has here."""
    value = option.value
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return _number(name, value)
    readers: dict[FieldType, Callable[[str], Literal_]] = {"date": read_date, "instant": read_instant}
    if isinstance(value, str) and option.type in readers:
        read = readers[option.type](value)
        if read is None:
            raise ExprError(
                "bad-literal", f"The option `{name.sql}` holds `{value}`, which is not {said(option.type)}."
            )
        return read
    if isinstance(value, str) and "\x00" in value:
        raise ExprError("bad-literal", f"The option `{name.sql}` holds a NUL character.")
    return value


def _number(name: Name, value: float | Decimal) -> int | Decimal:
    """A number within what computations can hold."""
    exact = value if isinstance(value, int) else Decimal(str(value))
    if isinstance(exact, int) and abs(exact) < 10**18:
        return exact
    finite = isinstance(exact, Decimal) and exact.is_finite() and abs(exact) < 10**18
    if not finite or exact != round(exact, MAX_SCALE):
        raise ExprError(
            "bad-literal", f"The option `{name.sql}` holds {value}, which is too large or too fine."
        )
    return exact


def argument_of(function: str, term: Term) -> str | Name:
    """A literal text or a name as an engine function takes it. Raises ExprError for anything else."""
    if term.name is not None:
        return term.name
    if term.op == "literal" and isinstance(term.value, str):
        return term.value
    raise ExprError(
        "not-allowed",
        f"`{function}` takes quoted texts and names, not expressions.",
        offset=term.offset,
        length=term.length,
    )
