"""Schema branch: which alternative of an `anyOf` an author meant, so that only its errors are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

Error = Any  # jsonschema's Error, whose attributes are typed as perhaps unset
Branch = list[Error]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What to tell about a value that fits no alternative. Exactly one of the first three is not empty."""

    errors: tuple[Error, ...] = ()  #: of the alternative that was meant
    types: tuple[str, ...] = ()  #: none was meant: the JSON types that would do
    missing: tuple[str, ...] = ()  #: it cannot be told: the keys of which one would decide
    keys: tuple[str, ...] = ()  #: all keys that any of the alternatives knows


def choose(error: Error) -> Choice:
    """Tell the alternatives apart: first by type, then by the keys or the look of what is written."""
    branches: dict[int, Branch] = {}
    for inner in error.context or ():
        branches.setdefault(int(inner.relative_schema_path[0]), []).append(inner)
    fitting = [branch for branch in branches.values() if not _types(branch)]
    if not fitting:
        types = [name for branch in branches.values() for name in _types(branch)]
        return Choice(types=tuple(dict.fromkeys(types)))
    if isinstance(error.instance, dict):
        return _by_keys(fitting, error.instance)
    return Choice(errors=tuple(_by_look(fitting, error.instance)))


def _types(branch: Branch) -> Sequence[str]:
    """The types that the branch asks for, where the value is of none of them; empty = the type fits."""
    for inner in branch:
        if inner.relative_path:
            continue
        if inner.validator == "type":
            wanted = inner.validator_value
            return [wanted] if isinstance(wanted, str) else list(wanted)
        if inner.validator == "enum" and not isinstance(inner.instance, str):
            return ["string"]
    return ()


def _by_look(branches: list[Branch], written: object) -> Branch:
    """Of several that take text, `${…}` means the reference; anything else the first."""
    refers = [branch for branch in branches if _is_reference(branch)]
    if refers and isinstance(written, str) and "${" in written:
        return refers[0]
    return ([branch for branch in branches if branch not in refers] or branches)[0]


def _is_reference(branch: Branch) -> bool:
    return any(inner.validator == "pattern" and inner.validator_value.startswith(r"^\$") for inner in branch)


def _by_keys(branches: list[Branch], written: dict[str, object]) -> Choice:
    keys: tuple[str, ...] = tuple(dict.fromkeys(key for branch in branches for key in _known(branch)))
    whole = [branch for branch in branches if _required(branch) is None]
    if whole:
        meant: Branch = min(whole, key=_strange)
        return Choice(errors=tuple(meant), keys=keys)
    met = [sum(key in written for key in _required(branch) or ()) for branch in branches]
    best = [branch for branch, count in zip(branches, met, strict=True) if count == max(met)]
    if len(best) == 1:
        return Choice(errors=tuple(best[0]), keys=keys)
    missing = [next(key for key in _required(branch) or () if key not in written) for branch in best]
    return Choice(missing=tuple(dict.fromkeys(missing)), keys=keys)


def _required(branch: Branch) -> list[str] | None:
    """The keys that the branch asks for, where one of them is absent; None = it has all."""
    for inner in branch:
        if inner.validator == "required" and not inner.relative_path:
            return list(inner.validator_value)
    return None


def _known(branch: Branch) -> list[str]:
    return [key for inner in branch if not inner.relative_path for key in inner.schema.get("properties", ())]


def _strange(branch: Branch) -> int:
    """How many keys are unknown to the branch."""
    return sum(
        key not in inner.schema.get("properties", ())
        for inner in branch
        if inner.validator == "additionalProperties" and not inner.relative_path
        for key in inner.instance
    )
