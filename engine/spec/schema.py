"""Schema: a document against the language's JSON Schema, in words an author understands.

jsonschema finds what is wrong; here one finding is made of it, at the right key. Alternatives (`anyOf`) are
told apart by what the author has written, so that only the alternative that was meant is spoken of.
"""

from __future__ import annotations

import json
import re
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from engine.spec.hint import truth
from engine.spec.schema_branch import Choice, choose
from engine.spec.schema_words import KINDS, kind, name_of, names_of, owner_of, quote, sentence
from engine.spec.share import share
from engine.suggest import closest, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jsonschema import Draft202012Validator

    from engine.spec.compose import Pointer
    from engine.spec.diagnostic import Span
    from engine.spec.document import Document
    from engine.spec.report import Report

FileKind = Literal["spec", "mapping", "lock", "profile"]

#: Unknown keys of one mapping that are compared with its missing ones; each comparison takes a while.
MOST_SLIPS = 20

Error = Any  # jsonschema's ValidationError, whose attributes are typed as perhaps unset


def check_schema(which: FileKind, document: Document, report: Report) -> None:
    """Note everything in which the document departs from its schema."""
    teller = _Teller(which, document, report)
    for error in _validator(which).iter_errors(document.value):
        teller.tell(error)
        if report.full:
            return


@cache
def _validator(which: FileKind) -> Draft202012Validator:
    from jsonschema import Draft202012Validator  # 0.1 s to load: only where a file is really checked

    files = {f"{name}.schema.json": _read(name) for name in dict.fromkeys(("spec", "mapping", which))}
    own = f"{which}.schema.json"
    return Draft202012Validator(_inlined(files[own], own, files))


def _read(name: str) -> Any:
    return json.loads((share("schemas") / f"{name}.schema.json").read_text(encoding="utf-8"))


def _inlined(part: Any, own: str, files: dict[str, Any]) -> Any:
    """The schema with every `$ref` replaced by what it refers to, which halves the time of a check.

    The language has no recursive part, so this ends. `own` is the file that `#/…` refers to.
    """
    if isinstance(part, list):
        return [_inlined(inner, own, files) for inner in part]
    if not isinstance(part, dict):
        return part
    kept = {
        key: _inlined(inner, own, files) for key, inner in part.items() if key not in ("$ref", "$defs", "$id")
    }
    if "$ref" not in part:
        return kept
    file, _, name = part["$ref"].partition("#/$defs/")
    target = file or own
    return {**_inlined(files[target]["$defs"][name], target, files), **kept}


class _Teller:
    """Turns validation errors into findings about one document."""

    def __init__(self, which: FileKind, document: Document, report: Report) -> None:
        self.which = which
        self.document = document
        self.report = report
        self.told: set[tuple[Pointer, str]] = (
            set()
        )  #: jsonschema tells each missing key once more than needed
        self.tellers: dict[str, Callable[[Error, Pointer], None]] = {
            "additionalProperties": self._unknown_key,
            "required": self._missing_key,
            "type": self._wrong_type,
            "enum": self._wrong_choice,
            "const": self._wrong_constant,
            "pattern": self._wrong_form,
            "minLength": self._empty,
            "minItems": self._empty,
            "minProperties": self._empty,
            "minimum": self._too_small,
        }

    def tell(self, error: Error) -> None:
        """Note one error, or those of the alternative that was meant."""
        pointer = tuple(error.absolute_path)
        if error.validator == "anyOf":
            self._alternatives(error, pointer)
        else:
            self.tellers[str(error.validator)](error, pointer)

    def _alternatives(self, error: Error, pointer: Pointer) -> None:
        chosen = choose(error)
        for inner in chosen.errors:
            if inner.validator == "additionalProperties":
                self._unknown_key(inner, pointer, siblings=chosen.keys)
            else:
                self.tell(inner)
        if chosen.types:
            self._type(error.instance, pointer, chosen.types)
        if chosen.missing:
            self._undecided(error, pointer, chosen)

    def _undecided(self, error: Error, pointer: Pointer, chosen: Choice) -> None:
        """No alternative can be told; a slip of the key that would decide is said once, as a slip."""
        unknown = (key for key in error.instance if key not in chosen.keys and not key.startswith("x-"))
        strange = list(islice(unknown, MOST_SLIPS))
        for key in strange:
            self._one_unknown_key(key, pointer, chosen.keys, frozenset())
        if not any(closest(key, chosen.keys) in chosen.missing for key in strange):
            message = f"{sentence(name_of(pointer))} needs one of {names_of(chosen.missing, 'or')}."
            self._add("missing-key", message, self.document.at(pointer))

    def _unknown_key(self, error: Error, pointer: Pointer, siblings: Iterable[str] = ()) -> None:
        known = error.schema.get("properties", {})
        for key in error.instance:
            if key not in known and not key.startswith("x-") and not self.report.full:
                self._one_unknown_key(key, pointer, known, frozenset(siblings) - set(known))

    def _one_unknown_key(
        self, key: str, pointer: Pointer, known: Iterable[str], siblings: frozenset[str]
    ) -> None:
        inner = (*pointer, key)
        span = self.document.at(inner)
        if key in siblings:
            message = f"`{key}` cannot be combined with the other keys of {owner_of(self.which, pointer)}."
            self._add("unknown-key", message, span, "keep one of them")
            return
        hint = self._cut(inner, known) or did_you_mean(key, known, otherwise="Keys here")
        message = f"{quote(key)} is not a key of {owner_of(self.which, pointer)}."
        self._add("unknown-key", message, span, hint)

    def _cut(self, inner: Pointer, known: Iterable[str]) -> str | None:
        """The hint that this is no key but the rest of a value; not where it looks like a slip of a key."""
        key = str(inner[-1])
        if self.document.is_empty(inner) or (" " in key and closest(key, known) is None):
            return _cut_by_comma(self.document, inner)
        return None

    def _missing_key(self, error: Error, pointer: Pointer) -> None:
        known = error.schema["properties"]
        strange = (key for key in error.instance if key not in known)
        slips = {closest(key, known) for key in islice(strange, MOST_SLIPS)}
        for key in error.validator_value:
            if key not in error.instance and key not in slips and (pointer, key) not in self.told:
                self.told.add((pointer, key))
                message = f"`{key}` is missing in {owner_of(self.which, pointer)}."
                self._add("missing-key", message, self.document.at(pointer))

    def _wrong_type(self, error: Error, pointer: Pointer) -> None:
        wanted = error.validator_value
        self._type(error.instance, pointer, (wanted,) if isinstance(wanted, str) else tuple(wanted))

    def _type(self, value: Any, pointer: Pointer, wanted: tuple[str, ...]) -> None:
        expected = names_of([KINDS[word] for word in wanted], "or", bare=True)
        span = self.document.value_at(pointer)
        if value is None:
            at = self.document.at(pointer)
            message = f"{sentence(name_of(pointer))} has no value; it must be {expected}."
            self._add("wrong-type", message, at, _cut_by_comma(self.document, pointer))
            return
        text = self.document.text(pointer)
        message = f"{sentence(name_of(pointer))} must be {expected}, not {kind(value)}."
        self._add("wrong-type", message, span, _type_hint(wanted, None if text is None else text.value))

    def _wrong_choice(self, error: Error, pointer: Pointer) -> None:
        choices = [str(choice) for choice in error.validator_value]
        written = self._written(pointer)
        message = f"{sentence(name_of(pointer))} cannot be {written}."
        hint = did_you_mean(str(error.instance), choices, otherwise="Choose from")
        self._add("wrong-choice", message, self.document.value_at(pointer), hint)

    def _wrong_constant(self, error: Error, pointer: Pointer) -> None:
        message = f"{sentence(name_of(pointer))} must be {error.validator_value}."
        hint = "it is the version of the language that this engine reads" if pointer == ("spec",) else None
        self._add("wrong-choice", message, self.document.value_at(pointer), hint)

    def _wrong_form(self, error: Error, pointer: Pointer) -> None:
        if error.schema.get("x-told-by-reader"):
            return  # the reader takes this form apart and says what is wrong in it
        wanted = error.schema["errorMessage"]
        if "propertyNames" in error.absolute_schema_path:
            message = f"{quote(error.instance)} must be {wanted}."
            self._add("wrong-form", message, self.document.at((*pointer, error.instance)))
            return
        message = f"{sentence(name_of(pointer))} must be {wanted}, not {self._written(pointer)}."
        self._add("wrong-form", message, self.document.value_at(pointer))

    def _empty(self, error: Error, pointer: Pointer) -> None:
        del error
        message = f"{sentence(name_of(pointer))} is empty."
        self._add("empty", message, self.document.at(pointer), "give it a value, or remove the key")

    def _too_small(self, error: Error, pointer: Pointer) -> None:
        message = f"{sentence(name_of(pointer))} must be at least {error.validator_value}."
        self._add("wrong-form", message, self.document.value_at(pointer))

    def _written(self, pointer: Pointer) -> str:
        text = self.document.text(pointer)
        return "that" if text is None else quote(text.value)

    def _add(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        self.report.add(code, message, span, hint=hint)


def _type_hint(wanted: tuple[str, ...], written: str | None) -> str | None:
    """What to write instead of a scalar of the wrong type; None = the message says it."""
    if written is None:
        return None
    if "string" in wanted:
        return f'quote it: "{written}"'
    if "array" in wanted:
        return f"write `[ {written} ]`"
    return truth(written) if wanted == ("boolean",) else None


def _cut_by_comma(document: Document, pointer: Pointer) -> str | None:
    """The hint for a key that is really the rest of the value before it, cut by a comma inside `{ … }`."""
    key = document.places.keys.get(pointer)
    before = _key_before(document, pointer)
    if key is None or before is None or document.places.scalars.get(before, ("", "'"))[1]:
        return None
    line, _, end = document.places.values[before]
    if document.lines[key[0]][key[1]] in "\"'":
        return None  # a quoted key was meant as one
    if key[0] != line or not re.fullmatch(r",\s*", document.lines[line][end : key[1]]):
        return None
    return f'a comma ended the value of `{before[-1]}`: quote it, `{before[-1]}: "… , …"`'


def _key_before(document: Document, pointer: Pointer) -> Pointer | None:
    container = document.value
    for part in pointer[:-1]:
        container = container[part]
    if not isinstance(container, dict):
        return None
    names = list(container)
    place = names.index(str(pointer[-1]))
    return (*pointer[:-1], names[place - 1]) if place else None
