"""Which promises a suite has: those that the declared capabilities call for. The others are not there at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from engine.catalog import Capabilities

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.connectors.port import ConnectorType
    from engine.testing.system import Fault

Test = TypeVar("Test", bound="Callable[..., None]")
_CONDITION = "_applies_if"


def applies(condition: Callable[[type[Promises]], object]) -> Callable[[Test], Test]:
    """The test exists only in suites for which the condition holds."""

    def mark(test: Test) -> Test:
        setattr(test, _CONDITION, condition)
        return test

    return mark


class Promises:
    """What a suite declares. Tests that do not apply to it are taken away: a test that skips proves nothing."""

    type_: ClassVar[ConnectorType]  #: what the package's entry point names
    can: ClassVar[Capabilities] = Capabilities()  #: what the stream lets us do; must be what the catalog says
    faults: ClassVar[tuple[Fault, ...]] = ()  #: what `SystemUnderTest.strike` can do
    number: ClassVar[str | None] = None  #: a field of exact decimals with two digits after the point
    #: False = pages are counted, so that a record which is deleted while they are read can hide another one
    steady_pages: ClassVar[bool] = True
    conditional: ClassVar[bool] = False  #: True = a write that was decided on an older version is refused
    confidential: ClassVar[bool] = False  #: True = there are credentials, see `SystemUnderTest.secrets`

    def __init_subclass__(cls) -> None:
        if not hasattr(cls, "type_"):
            return  # a part of the suite, not yet about any connector
        for name, (test, condition) in dict(_conditional(cls)).items():
            if not condition(cls):
                setattr(cls, name, None)
            elif getattr(cls, name) is None:
                setattr(cls, name, test)


def _conditional(cls: type) -> Iterator[tuple[str, tuple[Any, Callable[[Any], object]]]]:
    """The tests that have a condition, by name; those of a subclass come after those that they replace."""
    for base in reversed(cls.__mro__):
        for name, test in list(vars(base).items()):
            condition = getattr(test, _CONDITION, None)
            if condition is not None:
                yield name, (test, condition)
