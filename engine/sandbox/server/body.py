"""Bodies of requests: read no further than they may be long, as JSON objects or as forms."""

from __future__ import annotations

import json
import math
from email import message_from_bytes
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from engine.errors import UserError

if TYPE_CHECKING:
    from starlette.requests import Request

#: A larger body is refused, and a larger form.
MAX_BODY_BYTES = 10 * 1024 * 1024
MAX_FORM_BYTES = 64 * 1024


class NotJson(ValueError):  # noqa: N818  # named for what was sent
    """The body of a request is no JSON object, or too large; each product refuses it in its own words."""


async def read_json(request: Request) -> dict[str, Any]:
    """The JSON object in a request's body. Raises NotJson for anything else."""
    try:
        return await _json_object(request)
    except ValueError as error:
        raise NotJson(str(error)) from error


async def read_body(request: Request, most: int | None = None) -> bytes:
    """A request's body; None = MAX_BODY_BYTES at most. Reads no more than that. Raises NotJson for a larger one."""
    read = bytearray()
    async for some in request.stream():
        read += some
        if len(read) > (MAX_BODY_BYTES if most is None else most):
            raise NotJson("the body is too large")
    return bytes(read)


async def _json_object(request: Request) -> dict[str, Any]:
    raw = await read_body(request)
    # CRM takes any: its own samples send a form's type. A browser can send another one to anybody, but not JSON's.
    if not request.url.path.startswith("/crm/") and "json" not in request.headers.get("Content-Type", ""):
        raise ValueError("the header Content-Type does not say application/json")
    try:
        parsed = json.loads(raw, parse_constant=_no_constant, parse_float=_finite)
        if b"\\ud" in raw.lower():
            json.dumps(parsed, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("the body is nested too deeply") from error
    if not isinstance(parsed, dict):
        raise ValueError("the body is not an object")  # noqa: TRY004  # callers know one kind of bad body
    return parsed


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is too large")
    return number


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form, whatever its type, and of the query. Raises NotJson for one that is too large."""
    raw, kind = await read_body(request, MAX_FORM_BYTES), request.headers.get("Content-Type", "")
    fields = dict(request.query_params)
    if not kind.lower().startswith("multipart/form-data"):
        return fields | dict(parse_qsl(raw.decode("utf-8", "replace")))
    whole = message_from_bytes(b"Content-Type: " + kind.encode("latin-1") + b"\r\n\r\n" + raw)
    for part in whole.walk():
        name, value = part.get_param("name", header="Content-Disposition"), part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(value, bytes):
            fields[name] = value.decode("utf-8", "replace")
    return fields


def with_values(kept: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """A copy of an object with values set; a dotted name reaches into an object inside. Raises UserError."""
    changed = dict(kept)
    for name, value in values.items():
        outer, dot, inner = name.partition(".")
        inside = changed.get(outer, {})
        if dot and not isinstance(inside, dict):
            raise UserError(f"`{outer}` is no object, so that `{name}` cannot be set.")
        changed[outer] = {**inside, inner: value} if dot else value
    return changed
