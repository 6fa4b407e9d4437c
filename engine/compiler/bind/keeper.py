"""Keeper: the module or trigger that keeps the links which a name means, in this spec or in one beside it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from engine.record import SIDES, Side
from engine.spec.files import loader_for
from engine.spec.model import Module
from engine.spec.read import read_spec
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.compiler.draft.draft import Draft
    from engine.spec.diagnostic import Text
    from engine.spec.model import Spec, StreamRef, Trigger


_NAME = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Whoever keeps links, and the spec that it stands in."""

    rule: Module | Trigger
    spec: Spec
    integration: str | None  #: the other integration; None = this one
    ends: Mapping[Side, StreamRef]  #: a trigger that changes or deletes has no right one

    @property
    def name(self) -> str:
        """As a person names it from here."""
        return f"{self.integration}.{self.rule.name}" if self.integration else self.rule.name


def keeper_of(draft: Draft, name: str, text: Text | None) -> Keeper | None:
    """Whoever keeps the links of `MODULE` or `SPEC.MODULE`; a finding at `text` where there is nobody."""
    integration, _, module = name.rpartition(".")
    spec = draft.spec
    if integration and integration != draft.spec.name:
        beside = draft.beside(integration)
        if beside is None:
            message = f"There is no spec `{integration}` beside this one, so its links are not known."
            _tell(draft, "unknown-spec", message, text, None)
            return None
        spec = beside
    rule = _rule(spec, module)
    if rule is None:
        message = f"There is no module `{module}` in {f'`{integration}`' if integration else 'this spec'}."
        _tell(
            draft,
            "unknown-module",
            message,
            text,
            did_you_mean(module, [*spec.modules, *spec.triggers]),
        )
        return None
    return Keeper(
        rule=rule, spec=spec, integration=None if spec is draft.spec else spec.name, ends=_ends(rule)
    )


def _tell(draft: Draft, code: str, message: str, text: Text | None, hint: str | None) -> None:
    if text is not None:
        draft.findings.add(code, message, text.span, hint=hint)


def specs_beside(file: str) -> Callable[[str], Spec | None]:
    """Gives the spec of another integration, from the file of its name beside `file`; None where there is none."""

    @cache
    def read(name: str) -> Spec | None:
        if not _NAME.fullmatch(name):
            return None  # it never becomes a path
        beside = os.path.join(os.path.dirname(file), f"{name}.yaml")  # noqa: PTH118, PTH120 - as `files` has it
        try:
            found, _ = read_spec(beside, loader_for(file))
        except OSError:
            return None
        return found if found is not None and found.name == name else None

    return read


def _rule(spec: Spec, name: str) -> Module | Trigger | None:
    """Whoever keeps the links of that name: with `pairs` it is another one."""
    found: Module | Trigger | None = spec.modules.get(name) or spec.triggers.get(name)
    pairs = found.pairs if isinstance(found, Module) else None
    return _rule(spec, pairs.value) if pairs is not None and pairs.value != name else found


def _ends(rule: Module | Trigger) -> dict[Side, StreamRef]:
    if isinstance(rule, Module):
        return {"left": rule.left, "right": rule.right}
    return {"left": rule.watch, **({"right": rule.create} if rule.create else {})}


def side_of(keeper: Keeper, draft: Draft, ref: StreamRef, stream: str | None) -> Side | None:
    """On which side of the links the records of a system are; `stream`: of which stream, None = any."""
    for side in SIDES:
        end = keeper.ends.get(side)
        if end is not None and _same_system(keeper, draft, end, ref) and stream in (None, end.stream):
            return side
    return None


def _same_system(keeper: Keeper, draft: Draft, end: StreamRef, ref: StreamRef) -> bool:
    """Whether two references are to one system; between specs the connector tells, whatever each calls it."""
    if keeper.integration is None:
        return end.system == ref.system
    theirs, ours = keeper.spec.systems.get(end.system), draft.spec.systems.get(ref.system)
    return theirs is not None and ours is not None and theirs.connector.value == ours.connector.value
