"""Streams that a spec declares itself, under `with: { streams: … }`, for systems that publish no catalog.

streams:
  accounts: { id: code, modified: changed_at, fields: { revenue: money, name: text required max=200 } }
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from engine.catalog import Capabilities, Field, FieldType, Precision, Stream, Unit
from engine.errors import UserError

_FLAGS: Mapping[str, tuple[str, Any]] = {
    "required": ("required", True),
    "unique": ("unique", True),
    "read-only": ("writable", False),
    "detail": ("detail_only", True),
    "observed": ("source", "observed"),
    "assumed": ("source", "assumed"),
    "caseless": ("caseless", True),
    "unstamped": ("unstamped", True),
    "sensitive": ("sensitive", True),
}
_PAIRS: Mapping[str, tuple[str, type]] = {
    "max": ("max_length", int),
    "scale": ("scale", int),
    "refers": ("refers", str),
    "stream-in": ("stream_in", str),
    "precision": ("precision", str),
    "unit": ("unit", str),
    "null": ("sends_null", bool),
}
#: Words that a pair may have; of any other it is free.
_WORDS: Mapping[str, tuple[str, ...]] = {
    "precision": get_args(Precision),
    "unit": get_args(Unit),
    "null": ("send",),
}

#: JSON Schema of one declared stream, shared by the connectors that take declarations.
STREAM_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "id": {
            "type": ["string", "array"],
            "items": {"type": "string"},
            "minItems": 1,
            "uniqueItems": True,
            "description": "The field that identifies a record; several as a list: `[order_id, product_id]`.",
        },
        "modified": {
            "type": "string",
            "description": "The field with the time of the last change; so a run reads only what changed.",
        },
        "null": {
            "enum": ["send"],
            "description": "New records get null where there is no value, and no default of the system.",
        },
        "tells": {
            "enum": ["nothing"],
            "description": "Records are not read back after a write: what was sent counts as what the system holds.",
        },
        "changed_by": {
            "type": "string",
            "description": "The field with the mail address of whoever changed the record last.",
        },
        "fields": {
            "type": "object",
            "description": "Types of fields, such as `money` or `text required max=200`.",
            "additionalProperties": {
                "oneOf": [
                    {"type": "string"},
                    {
                        "type": "object",
                        "required": ["type"],
                        "additionalProperties": False,
                        "properties": {
                            "type": {"enum": list(get_args(FieldType))},
                            "label": {"type": "string"},
                            "required": {"type": "boolean"},
                            "unique": {"type": "boolean"},
                            "writable": {"type": "boolean"},
                            "max_length": {"type": "integer", "minimum": 1},
                            "scale": {"type": "integer", "minimum": 0},
                            "choices": {"type": "array", "items": {"type": "string"}},
                            "refers": {"type": "string"},
                            "stream_in": {"type": "string"},
                            "caseless": {"type": "boolean"},
                            "unstamped": {"type": "boolean"},
                            "sensitive": {"type": "boolean"},
                            "null": {"enum": ["send"]},
                            "precision": {"enum": list(get_args(Precision))},
                            "unit": {"enum": list(get_args(Unit))},
                        },
                    },
                ]
            },
        },
    },
}


def streams_schema(**more: Mapping[str, Any]) -> dict[str, Any]:
    """JSON Schema of `streams:`; `more` are properties that one connector adds to each stream."""
    one = {**STREAM_SCHEMA, "properties": {**STREAM_SCHEMA["properties"], **more}}
    return {
        "type": "object",
        "description": "Streams by name: what identifies a record, what tells its last change, and types.",
        "additionalProperties": one,
    }


def declared(settings: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """What `streams:` says, by stream name. Raises UserError if it is not a mapping of mappings."""
    streams = settings.get("streams") or {}
    if not isinstance(streams, Mapping):
        raise UserError(f"`streams` must name streams, but it is {streams!r}.")
    for name, said in streams.items():
        if said is not None and not isinstance(said, Mapping):
            raise UserError(
                f"The stream `{name}` must be described by keys such as `id`, but it is {said!r}."
            )
    return {name: said or {} for name, said in streams.items()}


def declare_stream(
    name: str, said: Mapping[str, Any], *, can: Capabilities, identity: str | None = None
) -> Stream:
    """A stream from its declaration; `identity` is the id field where none is declared.

    Where the id field is neither declared nor implied it is empty: only the open connection knows it.
    """
    fields = {field: declare_field(field, words) for field, words in (said.get("fields") or {}).items()}
    return Stream(
        name=name,
        id=id_name(id_fields(said)) or identity or "",
        modified=said.get("modified"),
        changed_by=said.get("changed_by"),
        fields=fields,
        can=can,
        sends_null=said.get("null") == "send",
        tells_nothing=said.get("tells") == "nothing",
        open=True,
    )


def id_fields(said: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that a declaration names under `id`; empty = it names none."""
    named = said.get("id") or ()
    return (str(named),) if isinstance(named, str | int) else tuple(str(one) for one in named)


def id_name(fields: tuple[str, ...]) -> str:
    """The field that identifies a record: the one named, or what several make up together."""
    return "+".join(fields)


def declare_field(name: str, words: str | Mapping[str, Any]) -> Field:
    """A field from `text required max=200` or a mapping of the same. Raises UserError at a wrong word."""
    if isinstance(words, Mapping):
        said = {key: value for key, value in words.items() if key != "null"}
        said |= {"sends_null": True} if words.get("null") == "send" else {}
    else:
        kind, *rest = str(words).split() or [""]
        said = {"type": kind, **dict(_word(name, word) for word in rest)}
    if said.get("type") not in get_args(FieldType):
        raise UserError(
            f"The field `{name}` has the type `{said.get('type')}`, which does not exist.",
            remedy=f"Use one of: {', '.join(get_args(FieldType))}.",
        )
    said["choices"] = tuple(said.get("choices") or ())
    try:
        return Field(name=name, **said)
    except TypeError as error:
        raise UserError(
            f"The declaration of the field `{name}` has a key that means nothing: {error}."
        ) from error


def _word(name: str, word: str) -> tuple[str, Any]:
    """One word after the type: a flag, or KEY=VALUE."""
    if word in _FLAGS:
        return _FLAGS[word]
    key, equals, value = word.partition("=")
    if equals and key in _PAIRS:
        attribute, convert = _PAIRS[key]
        words = _WORDS.get(key, (value,))
        if value not in words:
            raise UserError(f"The field `{name}` says `{word}`, but `{key}` is one of: {', '.join(words)}.")
        try:
            return attribute, convert(value)
        except ValueError:
            raise UserError(f"The field `{name}` says `{word}`, but `{key}` takes a whole number.") from None
    raise UserError(
        f"The field `{name}` is declared with `{word}`, which means nothing here.",
        remedy=f"After the type may stand: {', '.join(_FLAGS)}, {', '.join(f'{pair}=…' for pair in _PAIRS)}.",
    )
