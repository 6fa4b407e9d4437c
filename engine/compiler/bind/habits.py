"""Habits: a system's time zone, and how its people write phone numbers, put on each field of its catalog."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.catalog import Catalog, Field, Stream
    from engine.compiler.draft.draft import Findings
    from engine.spec.model import Spec, System

_CLOCKS = (
    "date",
    "instant",
    "text",
    "unknown",
)  # a text may be declared to be more by the field it is kept in step with
_NUMBERS = ("phone", "text", "unknown")


def with_habits(spec: Spec, catalogs: Mapping[str, Catalog], findings: Findings) -> dict[str, Catalog]:
    """The catalogs with each system's zone and region on the fields that they mean something for."""
    for system in spec.systems.values():
        _check_zone(system, findings)
        _check_region(system, findings)
    if findings.wrong:
        return dict(catalogs)
    return {name: _of_catalog(one, spec.systems[name]) for name, one in catalogs.items()}


def at_home(field: Field, system: System) -> Field:
    """The field with its system's zone and region; what its connector says of the field itself goes first."""
    if system.zone is not None and field.type in _CLOCKS and field.zone is None:
        field = replace(field, zone=system.zone.value)
    if system.region is not None and field.type in _NUMBERS and field.region is None:
        field = replace(field, region=system.region.value)
    return field


def _of_catalog(catalog: Catalog, system: System) -> Catalog:
    if system.zone is None and system.region is None:
        return catalog
    streams = {name: _of_stream(one, system) for name, one in catalog.streams.items()}
    return replace(catalog, streams=streams)


def _of_stream(stream: Stream, system: System) -> Stream:
    return replace(stream, fields={name: at_home(one, system) for name, one in stream.fields.items()})


def _check_zone(system: System, findings: Findings) -> None:
    if system.zone is None or _is_zone(system.zone.value):
        return
    hint = did_you_mean(system.zone.value, sorted(one for one in available_timezones() if "/" in one))
    findings.add(
        "unknown-zone",
        f"There is no time zone `{system.zone}`.",
        system.zone.span,
        hint=hint or "Write its IANA name, such as Asia/Kolkata, America/New_York or UTC.",
    )


def _is_zone(name: str) -> bool:
    """Whether it names a place or UTC; `EST` and its like are offsets that hide a place."""
    if name != "UTC" and "/" not in name:
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return not name.startswith(("posix/", "right/"))


def _check_region(system: System, findings: Findings) -> None:
    if system.region is None:
        return
    from engine.expr.phone import region

    if region(system.region.value) is None:
        findings.add(
            "unknown-region",
            f"There is no region `{system.region}`.",
            system.region.span,
            hint="Write the two capital letters of a country, such as IN, US or DE.",
        )
