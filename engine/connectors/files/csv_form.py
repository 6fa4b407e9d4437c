"""How the values of a CSV stream are spelled, where not as programs do: `NA`, `1.234,50`, `31.03.2026`, `45678`. Pure.

A form is declared and never guessed: `form: { null: [NA], decimal: ",", thousands: ".", date: DD.MM.YYYY }`. What is
written otherwise than declared is no value of its type, so its record is held; both ways go through the same form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.catalog import FieldType

#: The word for days and moments as spreadsheets count them: days since the end of 1899.
SPREADSHEET = "spreadsheet"
_DAY_NOUGHT = datetime(1899, 12, 30, tzinfo=UTC)
#: Before 1 March 1900 spreadsheets do not agree: one of them counts a day that never was.
_FIRST_DAY = 61
_DAY_S = 86_400
_TOKENS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "MM": r"(?P<month>[0-9]{2})",
    "M": r"(?P<month>[0-9]{1,2})",
    "DD": r"(?P<day>[0-9]{2})",
    "D": r"(?P<day>[0-9]{1,2})",
    "hh": r"(?P<hour>[0-9]{2})",
    "mm": r"(?P<minute>[0-9]{2})",
    "ss": r"(?P<second>[0-9]{2})",
}
_TOKEN = re.compile("|".join(_TOKENS))
_PATTERN = {"type": "string", "pattern": "^(spreadsheet|(?=.*YYYY)(?=.*M)(?=.*D)[YMDhms .,:/T-]+)$"}
#: JSON Schema of `form:`.
FORM_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "description": "How values are spelled, such as { null: [NA], decimal: ',', thousands: '.', date: DD.MM.YYYY }.",
    "properties": {
        "null": {
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "minItems": 1,
            "description": "Words that stand for no value, the first is written.",
        },
        "decimal": {"enum": [".", ","], "description": "What stands before the decimals of a number."},
        "thousands": {
            "enum": [".", ",", " ", "'"],
            "description": "What may stand between groups of digits.",
        },
        "date": {
            **_PATTERN,
            "description": "A day, such as DD.MM.YYYY; `spreadsheet` = days since the end of 1899.",
        },
        "instant": {**_PATTERN, "description": "A moment, such as DD.MM.YYYY hh:mm:ss, or `spreadsheet`."},
        "zone": {"type": "string", "description": "IANA name of the clock of `instant`; UTC by default."},
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvForm:
    """The spelling of one stream; every field is as `form:` declares it."""

    null: tuple[str, ...] = ()  #: words for no value; the first is written, empty = nothing is
    decimal: str = "."
    thousands: str | None = None  #: None = digits are not grouped
    date: str | None = None  #: None = YYYY-MM-DD
    instant: str | None = None  #: None = ISO 8601
    zone: str = "UTC"

    def plain(self, text: str | None, type_: FieldType) -> str | None:
        """A value of the file as the engine reads it; what is not in the form is no value of the type."""
        if text is None or text in self.null:
            return None
        if type_ in ("integer", "decimal", "money", "number"):
            return self._number(text)
        if type_ == "date" and self.date is not None:
            found = _moment(text, self.date, UTC)
            return text if found is None else found.date().isoformat()
        if type_ == "instant" and self.instant is not None:
            found = _moment(text, self.instant, ZoneInfo(self.zone))
            return text if found is None else found.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return text

    def spelled(self, text: str | None, type_: FieldType) -> str | None:
        """A value of the engine as the file has it. Raises ValueError if the form cannot show it exactly."""
        if text is None:
            return self.null[0] if self.null else None
        found = self._spelled(text, type_)
        if self.plain(found, type_) != self._as_is(text, type_):
            raise ValueError(text)
        return found

    def shown(self, text: str | None, type_: FieldType) -> str | None:
        """A value of the engine as the file has it, None where the form cannot show it."""
        try:
            return self.spelled(text, type_)
        except (ValueError, ArithmeticError):
            return None

    def _spelled(self, text: str, type_: FieldType) -> str:
        if type_ in ("integer", "decimal", "money", "number"):
            return format(Decimal(text), "f").replace(".", self.decimal)
        if type_ == "date" and self.date is not None:
            day = date.fromisoformat(text)
            return _spell(datetime(day.year, day.month, day.day, tzinfo=UTC), self.date)
        if type_ == "instant" and self.instant is not None:
            return _spell(datetime.fromisoformat(text).astimezone(ZoneInfo(self.zone)), self.instant)
        return text

    def _as_is(self, text: str, type_: FieldType) -> str:
        """The value as `plain` shows it."""
        if type_ in ("integer", "decimal", "money", "number"):
            return format(Decimal(text), "f")
        if type_ == "instant" and self.instant is not None:
            return datetime.fromisoformat(text).astimezone(UTC).isoformat().replace("+00:00", "Z")
        return text

    def _number(self, text: str) -> str:
        words, point = text.strip(), re.escape(self.decimal)
        between = re.escape(self.thousands) if self.thousands else "(?!)"
        if not re.fullmatch(rf"[+-]?([0-9]+|[0-9]{{1,3}}({between}[0-9]{{3}})+)({point}[0-9]+)?", words):
            return f"{text} (not a number with `{self.decimal}` before its decimals)"
        return words.replace(self.thousands or "", "").replace(self.decimal, ".")


def form_of(said: Mapping[str, Any]) -> CsvForm:
    """The form as `form:` declares it."""
    return CsvForm(**{**said, "null": tuple(said.get("null") or ())})


def _moment(text: str, form: str, zone: Any) -> datetime | None:
    """A day or moment in the form; None if it is none."""
    if form == SPREADSHEET:
        return _counted(text, zone)
    pattern = "".join(
        _TOKENS.get(part, re.escape(part)) for part in re.split(f"({_TOKEN.pattern})", form) if part
    )
    found = re.fullmatch(pattern, text.strip())
    try:
        parts = {name: int(digits) for name, digits in found.groupdict().items()} if found else None
        return None if parts is None else datetime(**parts, tzinfo=zone, fold=1)
    except ValueError:
        return None  # such as 31.02.


def _counted(text: str, zone: Any) -> datetime | None:
    if not re.fullmatch(r"[0-9]{1,7}(\.[0-9]+)?", text.strip()) or Decimal(text) < _FIRST_DAY:
        return None
    seconds = int((Decimal(text) * _DAY_S).to_integral_value())
    try:
        return (_DAY_NOUGHT + timedelta(seconds=seconds)).replace(tzinfo=zone, fold=1)
    except OverflowError:
        return None


def _spell(moment: datetime, form: str) -> str:
    if form == SPREADSHEET:
        passed = moment.replace(tzinfo=UTC) - _DAY_NOUGHT
        whole = Decimal(passed.days) + Decimal(passed.seconds) / _DAY_S
        return format(round(whole, 10).normalize(), "f")
    values = {
        "YYYY": f"{moment.year:04d}",
        "MM": f"{moment.month:02d}",
        "M": str(moment.month),
        "DD": f"{moment.day:02d}",
        "D": str(moment.day),
        "hh": f"{moment.hour:02d}",
        "mm": f"{moment.minute:02d}",
        "ss": f"{moment.second:02d}",
    }
    return _TOKEN.sub(lambda token: values[token[0]], form)
