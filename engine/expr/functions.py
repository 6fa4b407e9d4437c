"""The functions of the language: what each takes, what it gives, and its name in DuckDB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.catalog import FieldType

#: What a parameter takes. `same`: all parameters of this kind share one type. `digits`: 0 to 9.
#: `unit`, `format`: a literal text that is checked. `scalar`: anything but lists and objects.
Parameter = Literal["text", "integer", "numeric", "day", "same", "digits", "unit", "format", "scalar"]
Result = FieldType | Literal["same", "first", "last"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function of the language."""

    name: str
    takes: tuple[Parameter, ...]
    gives: (
        Result  #: `same` = the type its `same` parameters share; `first`, `last` = the type of that argument
    )
    least: int  #: arguments that must be there
    repeats: bool = False  #: the last parameter may stand any number of times
    arithmetic: bool = False  #: may overflow
    total: bool = False  #: never NULL
    pure: bool = False  #: `options.py` can evaluate it without DuckDB


UNITS = ("year", "quarter", "month", "week", "day", "hour", "minute")
#: Letters that strftime may use: no locale, no zone.
FORMATS = frozenset("YymdHMSjBbAaFT%pI")


def _function(
    name: str, *takes: Parameter, gives: Result, least: int | None = None, **flags: bool
) -> Function:
    return Function(
        name=name, takes=takes, gives=gives, least=len(takes) if least is None else least, **flags
    )


FUNCTIONS: dict[str, Function] = {
    function.name: function
    for function in (
        _function("coalesce", "same", gives="same", least=1, repeats=True, pure=True),
        _function("nullif", "same", "same", gives="first", pure=True),
        _function("greatest", "same", gives="same", least=1, repeats=True, pure=True),
        _function("least", "same", gives="same", least=1, repeats=True, pure=True),
        _function("lower", "text", gives="text"),
        _function("upper", "text", gives="text"),
        _function("trim", "text", gives="text", pure=True),
        _function("length", "text", gives="integer", pure=True),
        _function("substr", "text", "integer", "integer", gives="text", least=2),
        _function("left", "text", "integer", gives="text"),
        _function("right", "text", "integer", gives="text"),
        _function("replace", "text", "text", "text", gives="text"),
        _function("concat", "scalar", gives="text", least=1, repeats=True, total=True),
        _function("starts_with", "text", "text", gives="boolean", total=True, pure=True),
        _function("contains", "text", "text", gives="boolean", total=True, pure=True),
        _function("split_part", "text", "text", "integer", gives="text"),
        _function("round", "numeric", "digits", gives="first", least=1, arithmetic=True),
        _function("abs", "numeric", gives="first", arithmetic=True),
        _function("floor", "numeric", gives="integer"),
        _function("ceil", "numeric", gives="integer"),
        _function("year", "day", gives="integer"),
        _function("month", "day", gives="integer"),
        _function("day", "day", gives="integer"),
        _function("date_trunc", "unit", "day", gives="last"),
        _function("strftime", "day", "format", gives="text"),
    )
}
