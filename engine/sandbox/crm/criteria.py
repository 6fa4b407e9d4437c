"""Conditions over CRM records as SQL: the fields that can be compared, and the search criteria as text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from engine.sandbox.server.clock import parse_time
from engine.sandbox.server.refusals import CrmRefused

if TYPE_CHECKING:
    from engine.sandbox.crm.modules import CrmModule

#: A condition with the values to bind.
Condition = tuple[str, tuple[Any, ...]]

MAX_CRITERIA = 15
_TIMES = {"Created_Time": "created", "Modified_Time": "modified"}
_COMPARE = {
    "equals": "=",
    "not_equal": "<>",
    "greater_than": ">",
    "greater_equal": ">=",
    "less_than": "<",
    "less_equal": "<=",
}
_TOKEN = re.compile(r"\s*(?:(and|or)\b|([()])|((?:\\.|[^\\()])+))", re.IGNORECASE)


def column(module: CrmModule, name: str) -> str | None:
    """The SQL of a field; None = the module has no such field that can be compared."""
    name = name.removesuffix(".id") if name != "id" else name
    if name == "id" or name in _TIMES:
        return _TIMES.get(name, "id")
    field = module.fields.get(name)
    return None if field is None or field.type == "subform" else f"json_extract(body, '$.\"{name}\"')"


def bound(module: CrmModule, name: str, value: Any) -> Any:
    """A value as the store compares it with a field: an instant as epoch seconds, a yes as 1."""
    if name in _TIMES:
        moment = parse_time(str(value))
        if moment is None:
            raise CrmRefused(400, "INVALID_QUERY", "the value is not an instant", api_name=name)
        return moment
    kind = module.fields[name].type if name in module.fields else "text"
    if kind == "boolean":
        return {"true": 1, "false": 0}.get(str(value).lower(), value)
    if kind in ("integer", "double", "currency") and isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise CrmRefused(400, "INVALID_QUERY", "the value is not a number", api_name=name) from None
    return value


def parse_criteria(module: CrmModule, text: str) -> Condition:
    """Search criteria such as `((City:equals:Ghent)and(Phone:starts_with:+32))`. Raises CrmRefused."""
    reader = _Reader(module, text)
    found = reader.expression()
    if reader.left or reader.count > MAX_CRITERIA:
        raise _bad(text)
    return found


def _bad(text: str) -> CrmRefused:
    return CrmRefused(400, "INVALID_QUERY", "invalid query formed", reason=text[:100], param_name="criteria")


class _Reader:
    """Reads criteria from left to right; `and` and `or` join bracketed conditions."""

    def __init__(self, module: CrmModule, text: str) -> None:
        self._module = module
        self._text = text
        self.count = 0
        self.left = self._tokens(text)

    def _tokens(self, text: str) -> list[str]:
        found, at = [], 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise _bad(text)
            found.append(next(part for part in match.groups() if part is not None))
            at = match.end()
        return found

    def _take(self, wanted: str | None = None) -> str:
        if not self.left or (wanted is not None and self.left[0] != wanted):
            raise _bad(self._text)
        return self.left.pop(0)

    def expression(self, depth: int = 0) -> Condition:
        """One or more bracketed conditions."""
        if depth > MAX_CRITERIA:
            raise _bad(self._text)
        sql, args = self._bracketed(depth)
        while self.left and self.left[0].lower() in ("and", "or"):
            word = self._take().upper()
            more, values = self._bracketed(depth)
            sql, args = f"({sql} {word} {more})", args + values
        return sql, args

    def _bracketed(self, depth: int) -> Condition:
        self._take("(")
        found = self.expression(depth + 1) if self.left[:1] == ["("] else self._single(self._take())
        self._take(")")
        return found

    def _single(self, text: str) -> Condition:
        self.count += 1
        parts = text.split(":", 2)
        sql = column(self._module, parts[0]) if len(parts) == 3 else None  # noqa: PLR2004  # field, operator, value
        if sql is None:
            raise _bad(text)
        name, operator, raw = parts
        values = [re.sub(r"\\(.)", r"\1", part) for part in re.split(r"(?<!\\),", raw)]
        if operator == "starts_with":
            return f"substr(lower({sql}), 1, length(?)) = lower(?)", (values[0], values[0])
        args = tuple(bound(self._module, name, value) for value in values)
        if operator == "between" and len(args) == 2:  # noqa: PLR2004  # from and to
            return f"{sql} BETWEEN ? AND ?", args
        if operator == "in":
            return f"{sql} IN ({','.join('?' * len(args))})", args
        if operator in _COMPARE:
            value = bound(self._module, name, re.sub(r"\\(.)", r"\1", raw))
            folded = "COLLATE NOCASE" if isinstance(value, str) else ""
            return f"{sql} {_COMPARE[operator]} ? {folded}", (value,)
        raise _bad(text)
