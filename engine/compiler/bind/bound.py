"""Bound: the catalogs that a spec is checked against, and which of their streams were pulled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.compiler.bind.lock import locked
from engine.compiler.bind.systems import bind
from engine.compiler.draft.draft import Findings
from engine.spec.diagnostic import SpecError
from engine.spec.excerpt import complete
from engine.spec.files import loader_for
from engine.spec.read import read_spec

if TYPE_CHECKING:
    from engine.catalog import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The catalog of one system."""

    catalog: Catalog
    pulled: frozenset[str]  #: streams that were observed; the others are as they ship


def bound_catalogs(file: str) -> dict[str, Bound]:
    """By system of a spec. Raises SpecError where the spec or its lock is wrong; its modules are not looked at."""
    load = loader_for(file)
    spec, found = read_spec(file, load)
    if spec is None:
        raise SpecError(found)
    findings = Findings()
    lock = locked(spec, load, findings)
    catalogs = bind(spec, findings, {}, lock)
    if findings.wrong:
        raise SpecError(complete(findings.found, load))
    return {
        name: Bound(catalog=one, pulled=frozenset(lock[name].streams if name in lock else ()))
        for name, one in catalogs.items()
    }
