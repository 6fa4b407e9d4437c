"""A create or a deletion that a database accepts and ignores is found out, said, and comes back as nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from database_pair import COUNTED, database_pair

if TYPE_CHECKING:
    from pathlib import Path

    from database_pair import DatabasePair

MODULE = """\
  people:
    sync: home.people {arrow} away.people
    match: [ name = name ]
    deletes: propagate
    limits: {{ deletes: none }}
    fields: [ name {arrow} name, town {arrow} town ]
"""
#: kind -> statements that make the table ignore inserts, or deletions, in its own ways
RULES = {
    (
        "sqlite",
        "INSERT",
        "ignored",
    ): "CREATE TRIGGER rule BEFORE INSERT ON people BEGIN SELECT raise(ignore); END",
    ("sqlite", "INSERT", "undone"): (
        "CREATE TRIGGER rule AFTER INSERT ON people BEGIN DELETE FROM people WHERE id = new.id; END"
    ),
    (
        "sqlite",
        "DELETE",
        "ignored",
    ): "CREATE TRIGGER rule BEFORE DELETE ON people BEGIN SELECT raise(ignore); END",
    ("sqlite", "DELETE", "undone"): (
        "CREATE TRIGGER rule AFTER DELETE ON people BEGIN INSERT INTO people VALUES (old.id, old.name, old.town); END"
    ),
    ("postgresql", "UPDATE", "ignored"): "RETURN NULL",
    (
        "sqlite",
        "UPDATE",
        "ignored",
    ): "CREATE TRIGGER rule BEFORE UPDATE ON people BEGIN SELECT raise(ignore); END",
    ("mariadb", "UPDATE", "ignored"): (
        "CREATE TRIGGER rule BEFORE UPDATE ON people FOR EACH ROW SET new.town = old.town"
    ),
    ("postgresql", "INSERT", "ignored"): "RETURN NULL",
    ("postgresql", "INSERT", "undone"): "DELETE FROM people WHERE id = new.id; RETURN NULL",
    ("postgresql", "DELETE", "ignored"): "RETURN NULL",
    ("postgresql", "DELETE", "undone"): "INSERT INTO people VALUES (old.id, old.name, old.town); RETURN NULL",
}


def rule(pair: DatabasePair, act: str, how: str) -> None:
    body = RULES[pair.kind, act, how]
    if pair.kind == "postgresql":
        pair.away(f"CREATE FUNCTION rule() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; END $$")
        when = "BEFORE" if how == "ignored" else "AFTER"
        body = f"CREATE TRIGGER rule {when} {act} ON people FOR EACH ROW EXECUTE FUNCTION rule()"
    pair.away(body)


def begin(pair: DatabasePair, arrow: str) -> None:
    pair.spec(MODULE.format(arrow=arrow) + ("    conflicts: home\n" if arrow == "<->" else ""))
    pair.home("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, town TEXT)")
    pair.away(f"CREATE TABLE people (id {COUNTED[pair.kind]}, name VARCHAR(9), town VARCHAR(9))")
    pair.home("INSERT INTO people VALUES (1, 'Ann', 'Gent'), (2, 'Bob', 'Pune')")


def end_rule(pair: DatabasePair) -> None:
    pair.away("DROP TRIGGER rule" + (" ON people" if pair.kind == "postgresql" else ""))


@pytest.mark.parametrize("arrow", ["->", "<->"])
@pytest.mark.parametrize("how", ["ignored", "undone"])
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_create_that_is_ignored_is_held_and_made_once_it_is_kept(
    tmp_path: Path, kind: str, how: str, arrow: str
) -> None:
    with database_pair(tmp_path, kind) as pair:
        begin(pair, arrow)
        rule(pair, "INSERT", how)
        for words in ((), ("--full",)):
            report = pair.run(*words, code=4)
            assert report["held_now"] == 2
            assert "not-kept" in pair.call("errors", "--format", "json").output
        end_rule(pair)
        pair.run("--full")
        assert pair.away("SELECT name FROM people ORDER BY name") == [("Ann",), ("Bob",)]
        assert pair.home("SELECT count(*) FROM people") == [(2,)]
        assert pair.writes() == 0


@pytest.mark.parametrize("arrow", ["->", "<->"])
@pytest.mark.parametrize("how", ["ignored", "undone"])
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_deletion_that_is_ignored_is_held_and_nobody_comes_back(
    tmp_path: Path, kind: str, how: str, arrow: str
) -> None:
    with database_pair(tmp_path, kind) as pair:
        begin(pair, arrow)
        pair.run()
        rule(pair, "DELETE", how)
        pair.home("DELETE FROM people WHERE id = 1")
        pair.run("--full")
        for _ in range(2):
            report = pair.run("--full", code=4)
            assert report["modules"]["people"]["deleted"] == {"left": 0, "right": 0}
            assert "not-kept" in pair.call("errors", "--format", "json").output
            assert pair.home("SELECT name FROM people") == [("Bob",)]
            assert pair.away("SELECT name FROM people ORDER BY name") == [("Ann",), ("Bob",)]
        end_rule(pair)
        pair.run("--full")
        assert pair.away("SELECT name FROM people") == [("Bob",)]
        assert pair.writes("--full") == 0


@pytest.mark.parametrize("arrow", ["->", "<->"])
@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_an_update_that_is_ignored_is_held_with_both_values(tmp_path: Path, kind: str, arrow: str) -> None:
    with database_pair(tmp_path, kind) as pair:
        begin(pair, arrow)
        pair.run()
        rule(pair, "UPDATE", "ignored")
        pair.home("UPDATE people SET town = 'Rome' WHERE id = 1")
        for words in ((), ("--full",)):
            pair.run(*words, code=4)
            told = " ".join(pair.call("errors").output.split())
            assert "was sent `Rome` and still shows `Gent`" in told
            assert pair.home("SELECT town FROM people WHERE id = 1") == [("Rome",)]
        end_rule(pair)
        pair.run("--full")
        assert pair.away("SELECT town FROM people WHERE name = 'Ann'") == [("Rome",)]
        assert pair.writes() == 0
