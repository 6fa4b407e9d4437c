"""Observe: ask the systems of a spec what their streams are like, for the lock that is kept beside the spec."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.compiler.bind.lock import Lock, read_lock
from engine.compiler.bind.lock_text import lock_text
from engine.compiler.bind.systems import used_streams
from engine.connectors.read_port import Observing
from engine.connectors.registry import connector_types
from engine.errors import UserError
from engine.plan import SystemPlan
from engine.run.session.systems import open_system
from engine.spec.diagnostic import SpecError
from engine.spec.files import loader_for, lock_of
from engine.spec.read import read_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.catalog import Catalog, Stream
    from engine.connectors.read_port import Reader
    from engine.run.session.systems import World
    from engine.spec.diagnostic import Diagnostic
    from engine.spec.model import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What a lock says, and what it would say now."""

    file: str  #: the lock
    before: str | None  #: its text; None = there is none yet
    now: str
    streams: Mapping[str, int]  #: by system that was asked: streams that were found
    unmade: tuple[str, ...] = ()  #: `system.stream` of what the spec names and a run would make


def spec_to_pull(file: str) -> Spec:
    """A spec whose catalogs are to be pulled: names of fields in it need not be known yet.

    Raises SpecError where the file itself is wrong.
    """
    spec, findings = read_spec(file, loader_for(file))
    if spec is None:
        raise SpecError(findings)
    return spec


def systems_to_ask(spec: Spec, named: Iterable[str]) -> dict[str, SystemPlan]:
    """The systems that a person named, or all of the spec. Raises UserError for one that it does not have."""
    wanted = list(named) or list(spec.systems)
    strange = [name for name in wanted if name not in spec.systems]
    if strange:
        raise UserError(
            f"The spec `{spec.name}` has no system `{strange[0]}`.",
            remedy=f"It has {', '.join(spec.systems)}.",
        )
    return {name: _plan(spec, name) for name in wanted}


def _plan(spec: Spec, name: str) -> SystemPlan:
    system = spec.systems[name]
    place = f"{system.span.file}:{system.span.line}"
    return SystemPlan(name=name, connector=system.connector.value, settings=system.settings, place=place)


def pull(spec: Spec, asked: Mapping[str, SystemPlan], world: World) -> Pulled:
    """Ask the systems, and lay what they say over the lock; nothing is written yet.

    Raises UserError or TemporaryError if a system cannot be asked, SpecError if the lock that is there is wrong.
    """
    file, used = lock_of(spec.file), used_streams(spec)
    found = {name: _ask(one, used[name], Path(spec.file).parent, world) for name, one in asked.items()}
    types = connector_types()
    names = {name: one.connector.value for name, one in spec.systems.items()}
    shipped = {name: types.find(one).describe(spec.systems[name].settings) for name, one in names.items()}
    kept = {} if set(asked) == set(spec.systems) else _kept(file, spec, shipped)
    known = {name: one for name, one in {**kept, **found}.items() if one.streams}
    if not known:
        raise UserError(
            f"No stream that `{spec.name}` names exists yet, so there is nothing to keep.",
            remedy="Run the spec first; that makes them.",
        )
    text = lock_text(Path(spec.file).name, known, shipped)
    lock = Path(file)
    before = lock.read_text(encoding="utf-8") if lock.is_file() else None
    _refuse_unreadable(file, text)
    return Pulled(
        file=file,
        before=before,
        now=text,
        streams={name: len(catalog.streams) for name, catalog in found.items()},
        unmade=tuple(
            f"{name}.{stream}"
            for name, one in found.items()
            for stream in sorted(used[name] - set(one.streams))
        ),
    )


def _ask(system: SystemPlan, used: set[str], base: Path, world: World) -> Catalog:
    connector = open_system(system, base, world)
    try:
        return _closed(connector, system.name, used)
    finally:
        connector.close()


def _closed(connector: Reader, system: str, used: set[str]) -> Catalog:
    """The streams that are used and those that they refer to, as the system tells them."""
    whole = connector.catalog()
    seen = connector.observe(sorted(used)).streams if isinstance(connector, Observing) else whole.streams
    known = replace(whole, streams={**whole.streams, **seen})
    missing = sorted(used - set(known.streams))
    if missing and not whole.open:
        raise UserError(
            f"`{system}` has no stream `{missing[0]}`, which the spec names.",
            remedy=f"It has {', '.join(sorted(known.streams)[:20]) or 'none at all'}.",
        )
    behind = _with_references(known, used - set(missing))
    if not isinstance(connector, Observing):
        return replace(whole, streams=behind)
    further = connector.observe(sorted(set(behind) - set(seen))).streams
    return replace(whole, streams={**seen, **further})


def _with_references(catalog: Catalog, used: set[str]) -> dict[str, Stream]:
    refers = {
        field.refers
        for name in used
        for field in catalog.streams[name].fields.values()
        if field.refers in catalog.streams
    }
    return {name: one for name, one in catalog.streams.items() if name in used or name in refers}


def _kept(file: str, spec: Spec, shipped: Mapping[str, Catalog]) -> dict[str, Catalog]:
    """What the lock that is there says of systems of the spec."""
    lock, findings = _read(file)
    if any(one.severity == "error" for one in findings):
        raise SpecError(findings)
    return {
        name: replace(one.over(shipped[name]), streams=_only(one.over(shipped[name]), one.streams))
        for name, one in lock.items()
        if name in spec.systems and spec.systems[name].connector.value == one.connector
    }


def _only(catalog: Catalog, names: Iterable[str]) -> dict[str, Stream]:
    return {name: catalog.streams[name] for name in names}


def _read(file: str) -> tuple[Lock, tuple[Diagnostic, ...]]:
    return read_lock(file, loader_for(file))


def _refuse_unreadable(file: str, text: str) -> None:
    """A lock that `validate` would refuse, such as one that is too large, is not written. Raises UserError."""
    _, findings = read_lock(file, lambda _: text.encode("utf-8"))
    for one in findings:
        if one.severity == "error":
            raise UserError(
                f"The lock would not be readable: {one.message}",
                remedy="Split the spec, so that each part uses fewer streams.",
            )
