"""Held records by cause and by the values that they are held for: what is said once, and how often it is so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from engine.render.text import printable, shorten, shown, times

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_NAMED, _NAME = 3, 40  #: records that are named of a cause, and characters of each name
_LONGEST = 80  #: characters of one value; whoever kept it has cut it to so many


class Reasoned(Protocol):
    """Whatever is held with a reason."""

    @property
    def code(self) -> str: ...  # noqa: D102 - as HeldRow and Held say
    @property
    def label(self) -> str | None: ...  # noqa: D102
    @property
    def message(self) -> str: ...  # noqa: D102
    @property
    def remedy(self) -> str | None: ...  # noqa: D102
    @property
    def place(self) -> str | None: ...  # noqa: D102
    @property
    def offending(self) -> Mapping[str, str | None]: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What records of one module have in common that are held."""

    module: str
    code: str
    message: str
    remedy: str | None
    place: str | None
    offending: tuple[tuple[str, str | None], ...]  #: the values, by field
    names: tuple[str, ...]  #: the first of the records
    records: int

    def as_json(self) -> dict[str, Any]:
        """The cause as `--format json` prints it."""
        return {
            "module": self.module,
            "code": self.code,
            "message": self.message,
            "remedy": self.remedy,
            "place": self.place,
            "offending": dict(self.offending),
            "records": self.records,
        }


def causes_of(held: Iterable[tuple[str, str, Reasoned]]) -> list[Cause]:
    """The causes of (module, record, why it is held), the most frequent first."""
    named: dict[tuple[Any, ...], list[str]] = {}
    for module, record, one in held:
        cause = (module, one.code, one.message, one.remedy, one.place, tuple(one.offending.items()))
        named.setdefault(cause, []).append(one.label or record)
    return [
        Cause(
            module=module,
            code=code,
            message=message,
            remedy=remedy,
            place=place,
            offending=offending,
            names=tuple(names[:_NAMED]),
            records=len(names),
        )
        for (module, code, message, remedy, place, offending), names in sorted(
            named.items(), key=lambda item: -len(item[1])
        )
    ]


def causes_text(causes: Sequence[Cause], most: int, more: str) -> str:
    """A line a cause, each with what resolves it; `more`: where the rest of them is."""
    lines = [_line(one) for one in causes[:most]]
    rest = len(causes) - most
    lines += [f"  … and {rest:,} more causes: {more}\n"] if rest > 0 else []
    return "".join(lines)


def _line(one: Cause) -> str:
    values = values_text(one.offending)
    names = ", ".join(shorten(printable(name), _NAME) for name in one.names)
    rest = ", …" if one.records > len(one.names) else ""
    often = f" {times(one.records)}" if one.records > 1 or values else ""
    about = f"{values}{often} ({names}{rest})" if values else f"{names}{rest}{often}"
    remedy = f"\n      {printable(one.remedy)}" if one.remedy else ""
    return f"  {printable(one.module)}: {about}: {printable(one.message)}{remedy}\n"


def values_text(offending: Iterable[tuple[str, str | None]]) -> str:
    """`country: "Norway", city: empty`; nothing where no value is to blame."""
    return ", ".join(f"{printable(name)}: {shown(value, limit=_LONGEST)}" for name, value in offending)
