"""A scenario as it stands in its file; a key that means nothing is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

#: What each step may say; None = anything (names of streams, modules or records).
STEPS: dict[str, frozenset[str] | None] = {
    "add": None,
    "add-many": frozenset({"to", "count", "record"}),
    "add-late": frozenset({"stamped", "records"}),
    "edit": None,
    "delete": None,
    "restore": None,
    "wait": None,
    "habits": None,
    "spec": None,
    "decide": None,
    "link": None,
    "validate": frozenset({"finds"}),
    "preview": frozenset({"writes", "asks"}),
    "run": frozenset(
        {
            *("writes", "exit", "tells", "quiet", "times", "accepted", "full"),
            *("dies", "unanswered", "meanwhile", "reads", "since"),
        }
    ),
    "then": None,
}
_TOP = {"says", "systems", "habits", "page", "spec", "story"}
_UNITS = {"second": "seconds", "minute": "minutes", "hour": "hours", "day": "days"}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a story."""

    kind: str  #: a key of STEPS
    said: Any
    place: str  #: which step of which file


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What is given and what happens."""

    name: str  #: the file's name
    says: str  #: the promise, as a sentence
    systems: Mapping[str, Mapping[str, Any]]  #: zone, region, and streams with the types of their fields
    habits: Mapping[str, Mapping[str, Any]]  #: by stream; see `Habits`
    page: int  #: records of one page
    spec: str  #: the spec below its systems
    story: Sequence[Step]


class ScenarioError(Exception):
    """The file is wrong, not the engine."""


def read_scenario(path: Path) -> Scenario:
    """The scenario of a file. Raises ScenarioError at what it does not understand."""
    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    known(said, _TOP, path.name)
    if not {"says", "systems", "spec", "story"} <= set(said):
        raise ScenarioError(f"{path.name}: it needs `says`, `systems`, `spec` and `story`.")
    for name, system in said["systems"].items():
        known(system, {"zone", "region", "streams"}, f"{path.name}, {name}")
    return Scenario(
        name=path.stem,
        says=said["says"],
        systems=said["systems"],
        habits=said.get("habits", {}),
        page=said.get("page", 1_000),
        spec=said["spec"],
        story=_asserting(steps_of(said["story"], path.stem), path.name),
    )


def steps_of(said: Sequence[Mapping[str, Any]], place: str) -> list[Step]:
    """The steps of a story."""
    return [_step(one, f"{place}, step {number}") for number, one in enumerate(said, start=1)]


def _step(said: Mapping[str, Any], place: str) -> Step:
    known(said, set(STEPS), place)
    if len(said) != 1:
        raise ScenarioError(f"{place}: one step says one thing, not {', '.join(said)}.")
    ((kind, body),) = said.items()
    keys = STEPS[kind]
    if keys is not None:
        known(body, keys, f"{place}, {kind}")
    if kind == "run" and "writes" not in body:
        raise ScenarioError(f"{place}: a run says what it `writes`, or `nothing`.")
    return Step(kind=kind, said=body, place=place)


def known(said: Any, keys: set[str] | frozenset[str], place: str) -> None:
    """Raises ScenarioError unless it is a mapping with no other keys than these."""
    if not isinstance(said, dict):
        raise ScenarioError(
            f"{place}: {said!r} says nothing; it needs keys such as {', '.join(sorted(keys))}."
        )
    if surplus := set(said) - keys:
        raise ScenarioError(
            f"{place}: nobody knows {', '.join(map(repr, surplus))}; there is {', '.join(sorted(keys))}."
        )


def _asserting(steps: list[Step], place: str) -> list[Step]:
    """A story ends with what must then hold."""
    if not steps or steps[-1].kind not in ("then", "validate"):
        raise ScenarioError(f"{place}: the story must end with `then` (or `validate`).")
    return steps


def duration(words: str) -> timedelta:
    """`90 seconds`, `1 hour`, `45 days`."""
    found = re.fullmatch(r"(\d+) (second|minute|hour|day)s?", words)
    if found is None:
        raise ScenarioError(f"`{words}` is no time such as `10 minutes`.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
