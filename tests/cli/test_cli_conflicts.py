"""`engine conflicts`: a person sees both values and decides; the ledger keeps the decision for exactly these."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from ledger_by_command import CONFLICT, HELD, Desk, desk_in, linked

if TYPE_CHECKING:
    from pathlib import Path

MAIL = replace(CONFLICT, key="mail", line="mail -> mail", base_left=None, base_right=None, contact=True)
CITY = replace(CONFLICT, key="town", line="city <-> town", left=None, base_right=None)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Three fields of one pair are in conflict: 1 name, 2 mail (one way, never in step), 3 city."""
    made = desk_in(tmp_path)
    (tmp_path / ".engine").mkdir()
    made.remember(links=linked(("1", "a")), conflicts=(CONFLICT, MAIL, CITY), held=(HELD,))
    return made


def takes(desk: Desk) -> list[str | None]:
    with desk.ledger() as ledger:
        return [one.take for one in ledger.conflicts("shop-desk")]


def test_the_list_names_the_record_the_field_and_both_values(desk: Desk) -> None:
    shown = desk.call("conflicts", "list", desk.spec)
    assert shown.exit_code == 0
    assert shown.stdout.startswith("3 fields in conflict, 3 not decided\n")
    (line,) = [one for one in shown.stdout.splitlines() if one.lstrip().startswith("1 ")]
    for part in ("Acme & Sons", "name <-> label", '"Acme Ltd"', '"ACME Inc"', "2026-03-01 10:00:00 UTC"):
        assert part in line
    assert f"engine conflicts resolve {desk.spec} --folder {desk.folder} NUMBER" in shown.stdout
    found = json.loads(desk.call("conflicts", "list", "shop-desk", "--format", "json").stdout)["conflicts"]
    assert [(one["number"], one["left"], one["contact"]) for one in found] == [
        (1, "Acme Ltd", False),
        (2, "Acme Ltd", True),
        (3, None, False),
    ]


def test_one_conflict_is_shown_with_what_was_what_is_and_who_would_win(desk: Desk) -> None:
    shown = desk.call("conflicts", "show", desk.spec, "1").stdout
    assert shown == (
        "Conflict 1 of people: name <-> label\n"
        "Acme & Sons\n"
        "\n"
        "       record          when last in sync  now         changed  record changed\n"
        "───────────────────────────────────────────────────────────────────────────────────\n"
        'left   shop.people 1   "Acme"             "Acme Ltd"  yes      2026-02-27T09:00:00Z\n'
        'right  desk.clients a  "Acme"             "ACME Inc"  yes      -\n'
        "\n"
        "since    2026-03-01 10:00:00 UTC\n"
        f"spec     {desk.spec}:23\n"
        "policy   hold: a person decides\n"
        "decided  not yet\n"
        "\n"
        f"Decide: engine conflicts resolve {desk.spec} --folder {desk.folder} 1 --take shop|desk\n"
    )


@pytest.mark.parametrize(("number", "policy", "proposes"), [("1", "hold", None), ("3", "right", "right")])
def test_the_side_that_the_spec_would_let_win_is_told(
    desk: Desk, number: str, policy: str, proposes: str | None
) -> None:
    shown = json.loads(desk.call("conflicts", "show", desk.spec, number, "--format", "json").stdout)[
        "conflict"
    ]
    assert (shown["policy"], shown["proposes"]) == (policy, proposes)


def test_where_the_spec_is_only_known_by_name_the_values_are_shown_all_the_same(desk: Desk) -> None:
    shown = desk.call("conflicts", "show", "shop-desk", "2")
    assert shown.exit_code == 0
    assert "policy" not in shown.stdout
    assert "never" in shown.stdout
    assert shown.stdout.endswith("2 --take left|right\n")


@pytest.mark.parametrize(
    ("take", "side"), [("shop", "left"), ("desk", "right"), ("left", "left"), ("right", "right")]
)
def test_a_decision_is_kept_for_the_next_run(desk: Desk, take: str, side: str) -> None:
    told = desk.call("conflicts", "resolve", desk.spec, "1", "3", "--take", take)
    assert told.exit_code == 0, told.output
    assert takes(desk) == [side, None, side]
    assert told.stdout.startswith("Decided 2 conflicts; nothing is written yet.\n")
    winner, loser = ('"Acme Ltd"', '"ACME Inc"') if side == "left" else ('"ACME Inc"', '"Acme Ltd"')
    assert f"1: people name <-> label: {winner} of the {side} replaces {loser}\n" in told.stdout


def test_all_means_those_that_are_not_decided_yet(desk: Desk) -> None:
    desk.call("conflicts", "resolve", desk.spec, "3", "--take", "desk")
    told = desk.call(
        "conflicts", "resolve", desk.spec, "--all", "--take", "shop", "--module", "people", "--format", "json"
    )
    assert [one["number"] for one in json.loads(told.stdout)["decided"]] == [1, 2]
    assert takes(desk) == ["left", "left", "right"]
    nothing = desk.call("conflicts", "resolve", desk.spec, "--all", "--take", "shop")
    assert (nothing.exit_code, nothing.stdout) == (0, "No conflict waits for a decision.\n")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["1", "9", "--take", "shop"], 1, "There is no conflict 9 now."),
        (["1", "2", "--take", "desk"], 1, "never writes the left side, so desk cannot win"),
        (["1", "--take", "desck"], 1, "`desck` does not name one side"),
        (["--take", "left"], 2, "or say --all"),
        (["1", "--all", "--take", "left"], 2, "or say --all"),
        (["1", "--module", "people", "--take", "left"], 2, "--module goes with --all"),
        (["--all", "--module", "poeple", "--take", "left"], 1, "has no module `poeple`"),
        (["one", "--take", "left"], 2, "not a valid integer"),
    ],
)
def test_what_cannot_be_decided_is_said_and_nothing_is_stored(
    desk: Desk, words: list[str], code: int, sentence: str
) -> None:
    told = desk.call("conflicts", "resolve", desk.spec, *words)
    assert (told.exit_code, sentence in told.stderr) == (code, True), told.output
    assert takes(desk) == [None] * 3


def test_nobody_decides_while_a_run_is_on(desk: Desk) -> None:
    with desk.ledger() as ledger:
        ledger.take_lease("shop-desk", "process 7 on elsewhere", "2100-01-01T00:00:00Z", 60)
        told = desk.call("conflicts", "resolve", desk.spec, "1", "--take", "shop")
    assert (told.exit_code, "is being run by process 7" in told.stderr) == (7, True), told.output
    assert takes(desk) == [None] * 3


def test_without_conflicts_or_without_any_run_that_is_what_is_said(desk: Desk, tmp_path: Path) -> None:
    desk.remember(agreed=("1",))
    assert desk.call("conflicts", "list", desk.spec).stdout == "No field is in conflict.\n"
    (tmp_path / "empty").mkdir()
    told = desk_in(tmp_path / "empty").call("conflicts", "list", "shop-desk")
    assert (told.exit_code, "Nothing has run yet here" in told.stderr) == (1, True)
