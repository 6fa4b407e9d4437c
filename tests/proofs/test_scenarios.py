"""Stories of two systems and the people who work in them; each is a file that says what must come of it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from places import CASES
from scenario_check import assert_quiet, play
from scenario_read import ScenarioError, read_scenario
from scenario_stage import Stage

if TYPE_CHECKING:
    from pathlib import Path

HERE = CASES / "scenarios"


def scenarios() -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in sorted(HERE.glob("*.yaml"))]


@pytest.mark.parametrize("path", scenarios())
def test_scenario(path: Path, tmp_path: Path) -> None:
    """Step by step; and whatever the story was, two runs more write nothing."""
    scenario = read_scenario(path)
    with Stage(scenario, tmp_path) as stage:
        for step in scenario.story:
            play(stage, step)
        if scenario.story[-1].kind != "validate":
            assert_quiet(stage, f"{path.stem}, after the story")


SMALL: dict[str, Any] = {
    "says": "A company comes over.",
    "systems": {
        "crm": {"streams": {"accounts": {"name": "text"}}},
        "books": {"streams": {"customers": {"name": "text"}}},
    },
    "spec": "modules:\n  customers:\n    sync: crm.accounts -> books.customers\n    fields: [ name -> name ]\n",
    "story": [
        {"add": {"crm.accounts": {"A1": {"name": "Acme"}}}},
        {"run": {"writes": ["create books.customers"]}},
        {"then": {"books.customers": {"customers-1": {"name": "Acme"}}, "links": {"customers": 1}}},
    ],
}
ADD, RUN, THEN = range(3)
#: What is said wrongly: where, and instead of what it says.
WRONG: dict[str, tuple[list[Any], Any]] = {
    "one write more": (["story", RUN, "run", "writes"], ["2 times create books.customers"]),
    "another kind of write": (["story", RUN, "run", "writes"], ["update books.customers customers-1: name"]),
    "no write": (["story", RUN, "run", "writes"], "nothing"),
    "another exit code": (["story", RUN, "run", "exit"], 4),
    "words that nobody said": (["story", RUN, "run", "tells"], ["never"]),
    "another number of records read": (["story", RUN, "run", "reads"], {"crm.accounts": 2}),
    "a moment that never comes": (["story", RUN, "run", "meanwhile"], {"before writing crm.accounts": []}),
    "a death that never comes": (["story", RUN, "run", "dies"], "before writing crm.accounts"),
    "another value": (["story", THEN, "then", "books.customers"], {"customers-1": {"name": "Globex"}}),
    "a record more": (["story", THEN, "then", "books.customers"], {"customers-1": {}, "customers-2": {}}),
    "a record less": (["story", THEN, "then", "books.customers"], {}),
    "another link": (["story", THEN, "then", "links"], {"customers": ["A1 = customers-2"]}),
    "somebody held": (["story", THEN, "then", "held"], {"customers A1": ["refused"]}),
    "a conflict": (["story", THEN, "then", "conflicts"], {"customers A1 name": ["a", "b"]}),
    "a value that was lost": (["story", THEN, "then", "lost"], ["customers right customers-1 name: a"]),
}
#: What nobody understands: where, and instead of what it says.
UNREADABLE: dict[str, tuple[list[Any], Any]] = {
    "a key of the file": (["then"], {}),
    "a key of a system": (["systems", "crm", "country"], "IN"),
    "a key of a run": (["story", RUN, "run", "wrote"], "nothing"),
    "a step": (["story", ADD], {"ad": {}}),
    "two steps in one": (["story", ADD, "wait"], "1 hour"),
    "a run that says nothing": (["story", RUN, "run"], {"exit": 0}),
    "a stream": (["story", ADD, "add"], {"crm.firms": {"A1": {}}}),
    "a habit": (["habits"], {"crm.accounts": {"sings": True}}),
    "a time": (["story", ADD], {"wait": "1 fortnight"}),
    "something else to hold": (["story", THEN, "then", "heeld"], {}),
    "an end without an assertion": (["story", THEN], {"wait": "1 hour"}),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_scenario_that_says_something_wrong_fails(tmp_path: Path, name: str) -> None:
    """A scenario cannot pass by asserting nothing: whatever one of them can say is found to be wrong where it is."""
    with pytest.raises(AssertionError):
        told(tmp_path, *WRONG[name])


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_scenario_that_nobody_understands_fails(tmp_path: Path, name: str) -> None:
    with pytest.raises(ScenarioError):
        told(tmp_path, *UNREADABLE[name])


def test_the_scenario_that_those_are_made_of_is_right(tmp_path: Path) -> None:
    told(tmp_path, ["says"], "A company comes over.")


def told(folder: Path, place: list[Any], instead: Any) -> None:
    """Tell the small scenario with one thing changed."""
    said = copy.deepcopy(SMALL)
    at: Any = said
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = instead
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(said, sort_keys=False), encoding="utf-8")
    test_scenario(path, folder)
