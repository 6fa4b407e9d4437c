"""Ids of other modules' records: translated through links, unknown while there is none, and what lives below them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from lens_world import Bench

if TYPE_CHECKING:
    from pathlib import Path

    from engine.record import Side

LEFT = """
      users: { fields: { email: text } }, accounts: { fields: { name: text, owner: id refers=users } },
      people: { fields: { mail: text, account: id refers=accounts, boss: id } }"""
RIGHT = """
      users: { fields: { email: text } }, contacts: { fields: { label: text, owner_id: id refers=users } },
      persons: { fields: { mail: text, contact_id: id refers=contacts, boss_id: id, user_id: id refers=users } }"""
USERS = "  users: { sync: crm.users == books.users, match: [ email = email ] }\n"
TURNED = "  users: { sync: books.users == crm.users, match: [ email = email ] }\n"
ACCOUNTS = """\
  accounts:
    sync: crm.accounts ARROW books.contacts
    match: [ name = label ]
    conflicts: hold
    fields:
      - name <-> label
      - { map: owner <-> owner_id, refers: users, MORE }
"""
PEOPLE = """\
  people:
    sync: crm.people <-> books.persons
    under: { account: accounts, else: hold }
    match: [ mail = mail ]
    conflicts: hold
    fields: [ mail <-> mail ]
"""
LINKS = [("L1", "R1"), ("L2", "R2")]
TURNED_LINKS = [(right, left) for left, right in LINKS]


def bench(
    folder: Path, *, users: str = USERS, arrow: str = "<->", more: str = "on: always", people: str = ""
) -> Bench:
    """Accounts whose owner is a user, and perhaps people below them."""
    accounts = ACCOUNTS.replace("ARROW", arrow).replace("MORE", more)
    return Bench.of(folder, left=LEFT, right=RIGHT, modules=users + accounts + people)


def told(answer: dict[str, Any], *names: str) -> tuple[Any, ...]:
    """Some columns of what a lens answers; of a trouble its code."""
    return tuple(getattr(answer[name], "code", answer[name]) for name in names)


@pytest.mark.parametrize(
    ("users", "links"), [(USERS, LINKS), (TURNED, TURNED_LINKS)], ids=["straight", "turned"]
)
def test_an_id_is_said_in_the_other_sides_terms_whichever_way_the_links_point(
    tmp_path: Path, users: str, links: list[tuple[str, str]]
) -> None:
    world = bench(tmp_path, users=users)
    (left,) = world.look("accounts", "left", {"_id": "1", "name": "A", "owner": "L2"}, links=links)
    (right,) = world.look("accounts", "right", {"_id": "2", "label": "A", "owner_id": "R2"}, links=links)
    assert (left["c1"], left["hash"]) == (right["c1"], right["hash"]) == ("R2", left["hash"])
    assert (
        told(left, "absent", "roots", "trouble")
        == told(right, "absent", "roots", "trouble")
        == (None, None, None)
    )
    assert world.written("accounts", "right", 1, {"_id": "1", "owner": "L1"}, links=links) == "R1"
    assert world.written("accounts", "left", 1, {"_id": "2", "owner_id": "R1"}, links=links) == "L1"


@pytest.mark.parametrize("side", ["left", "right"])
def test_an_id_without_a_link_is_unknown_and_names_what_it_waits_for(tmp_path: Path, side: Side) -> None:
    """Unknown is never a change: an owner who is not linked yet empties nothing on the other side."""
    field = "owner" if side == "left" else "owner_id"
    rows = ({"_id": "1", field: "X9"}, {"_id": "2", field: None}, {"_id": "3", "_absent": [field]})
    stranger, nobody, hidden = bench(tmp_path).look("accounts", side, *rows, links=LINKS)
    assert told(stranger, "absent", "roots", "trouble") == (["c1"], [f"users/{side}/X9"], None)
    assert told(nobody, "absent", "roots", "trouble", "c1") == (None, None, None, None)
    assert told(hidden, "absent", "roots") == (["c1"], None)
    (turned,) = bench(tmp_path, users=TURNED).look("accounts", side, rows[0], links=TURNED_LINKS)
    assert turned["roots"] == [f"users/{'right' if side == 'left' else 'left'}/X9"]


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_required_id_without_a_link_holds_the_record(tmp_path: Path, side: Side) -> None:
    field = "owner" if side == "left" else "owner_id"
    world = bench(tmp_path, more="required: true")
    waits, whole = world.look(
        "accounts", side, {"_id": "1", field: "X9"}, {"_id": "2", field: f"{side[0].upper()}1"}, links=LINKS
    )
    assert told(waits, "trouble", "absent", "roots") == ("blocked", None, [f"users/{side}/X9"])
    assert "`users`" in waits["trouble"].message
    assert told(whole, "trouble", "lacks", "roots") == (None, None, None)


def test_what_is_only_written_over_waits_for_nothing(tmp_path: Path) -> None:
    world = bench(tmp_path, arrow="->", more="required: true")
    (target,) = world.look("accounts", "right", {"_id": "1", "label": "A", "owner_id": "X9"}, links=LINKS)
    assert told(target, "c1", "trouble", "absent", "roots") == ("X9", None, None, None)
    assert [one.module for one in world.module("accounts").left.references] == ["users"]
    assert world.module("accounts").right.references == ()


def test_a_record_is_recognised_only_below_its_own_parent(tmp_path: Path) -> None:
    world = bench(tmp_path, people=PEOPLE)
    rows = ({"_id": "1", "mail": "A@x", "account": "L1"}, {"_id": "2", "mail": "A@x", "account": "L2"})
    here, there = world.look("people", "left", *rows, links=LINKS)
    (right,) = world.look("people", "right", {"_id": "3", "mail": "A@x", "contact_id": "R2"}, links=LINKS)
    assert (here["k0"], there["k0"]) != (right["k0"], right["k0"])
    assert there["k0"] == right["k0"] is not None
    module = world.module("people")
    (parent,) = [line for line in module.fields if line.on_create]
    assert parent.line == "account <-> contact_id"
    assert world.written("people", "right", 1, rows[1], links=LINKS) == "R2"
    assert (
        world.written("people", "left", 1, {"_id": "3", "mail": "a", "contact_id": "R1"}, links=LINKS) == "L1"
    )
    assert module.keys[0].line == "account = contact_id AND mail = mail"


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(("otherwise", "trouble", "seen"), [("hold", "blocked", True), ("skip", None, False)])
def test_a_parent_without_a_link_holds_or_skips_what_lives_below_it(
    tmp_path: Path, side: Side, otherwise: str, trouble: str | None, *, seen: bool
) -> None:
    field = "account" if side == "left" else "contact_id"
    world = bench(tmp_path, people=PEOPLE.replace("hold", otherwise, 1))
    rows = [{"_id": "1", "mail": "a", field: value} for value in ("X9", None, f"{side[0].upper()}1")]
    stranger, orphan, child = world.look("people", side, *rows, links=LINKS)
    assert told(stranger, "trouble", "in_view", "roots") == (trouble, seen, [f"accounts/{side}/X9"])
    assert told(orphan, "trouble", "in_view", "roots") == (trouble, seen, None)
    assert told(child, "trouble", "in_view", "roots") == (None, True, None)
    assert stranger["k0"] is None or side == "right"
    (hidden,) = world.look("people", side, {"_id": "4", "mail": "a", "_absent": [field]}, links=LINKS)
    assert told(hidden, "trouble", "in_view", "roots") == (None, True, None), (
        "an answer may leave the parent out"
    )


def test_what_the_view_leaves_out_waits_for_nothing(tmp_path: Path) -> None:
    people = PEOPLE.replace("under:", "view: { crm: mail <> 'no' }\n    under:")
    rows = [{"_id": "1", "mail": mail, "account": "X9"} for mail in ("yes", "no")]
    inside, outside = bench(tmp_path, people=people).look("people", "left", *rows, links=LINKS)
    assert told(inside, "in_view", "roots") == (True, ["accounts/left/X9"])
    assert told(outside, "in_view", "roots") == (False, None)


def test_on_the_right_one_module_that_knows_the_parent_is_enough(tmp_path: Path) -> None:
    """Where two modules share a stream, an id of it is a record of one of them."""
    people = PEOPLE.replace("account: accounts,", "account: accounts, boss: others,").replace(
        "fields: [ mail <-> mail ]",
        "fields: [ mail <-> mail, { map: account -> contact_id, refers: accounts } ]",
    )
    others = ACCOUNTS.replace("accounts:", "others:", 1).replace("ARROW", "<->").replace("MORE", "on: create")
    world = bench(tmp_path, people=others + people.replace("under: {", "under: { as: contact_id,"))
    end = world.module("people").right
    world.stage(end, [{"_id": nr, "contact_id": nr} for nr in ("R1", "R2", "R3")])
    for one, pair in zip(end.references, LINKS, strict=True):
        world.refer([one], [pair])
    found = world.database.execute(f"SELECT roots FROM ({end.lens}) ORDER BY id").fetchall()
    assert found == [(None,), (None,), (["accounts/right/R3", "others/right/R3"],)]


def test_of_several_parents_the_first_with_a_value_counts(tmp_path: Path) -> None:
    people = PEOPLE.replace("account: accounts,", "boss: users, account: accounts,").replace(
        "fields: [ mail <-> mail ]", "fields: [ mail <-> mail, { map: boss -> boss_id, refers: users } ]"
    )
    world = bench(tmp_path, people=people)
    rows = [
        {"_id": "1", "boss": boss, "account": account}
        for boss, account in [("L1", "X9"), ("X9", "L1"), (None, "L1")]
    ]
    answers = world.look("people", "left", *rows, links=LINKS)
    assert [told(one, "trouble")[0] for one in answers] == [None, "blocked", None]


def test_the_field_of_a_parent_can_be_said(tmp_path: Path) -> None:
    """Without it, it is the one field of the right side that refers to the parent's stream."""
    for said, found in (("", "contact_id"), ("as: boss_id, ", "boss_id")):
        people = PEOPLE.replace("account: accounts, ", f"boss: accounts, {said}")
        world = bench(tmp_path, people=people)
        assert [line.line for line in world.module("people").fields] == ["mail <-> mail", f"boss <-> {found}"]


def test_every_statement_with_references_binds(tmp_path: Path) -> None:
    world = bench(tmp_path, people=PEOPLE)
    assert all(world.bind(module) for module in world.plan.modules)
