"""What a database asks of records is told as a text: another one after each change of its rules, else the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import database_servers
import pytest

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "CREATE TABLE things (id INTEGER PRIMARY KEY, name VARCHAR(40), state VARCHAR(20))"
COMMON = (
    "ALTER TABLE things ADD COLUMN note VARCHAR(10)",
    "CREATE UNIQUE INDEX only_one ON things (name)",
    "DROP TABLE things",
)
REFUSING = """
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
CREATE TRIGGER t BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION f()
"""
OWN = {
    "sqlite": (
        "CREATE TRIGGER t BEFORE INSERT ON things BEGIN SELECT raise(abort, 'no'); END",
        "DROP TRIGGER t",
    ),
    "postgres": (
        "ALTER TABLE things ADD CONSTRAINT c CHECK (state <> 'x')",
        "ALTER TABLE things DROP CONSTRAINT c",
        "ALTER TABLE things ALTER COLUMN state SET NOT NULL",
        REFUSING,
        "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "ALTER TABLE things DISABLE TRIGGER t",
        "GRANT SELECT ON things TO PUBLIC",
    ),
    "mariadb": (
        "ALTER TABLE things ADD CONSTRAINT c CHECK (state <> 'x')",
        "ALTER TABLE things DROP CONSTRAINT c",
        "ALTER TABLE things MODIFY state VARCHAR(30) NOT NULL",
        "CREATE TRIGGER t BEFORE INSERT ON things FOR EACH ROW SET NEW.state = 'x'",
        "DROP TRIGGER t",
    ),
}


@pytest.mark.parametrize("kind", OWN)
def test_every_change_of_its_rules_tells_another_text_and_records_tell_none(
    tmp_path: Path, kind: str
) -> None:
    with getattr(database_servers, kind)(tmp_path) as server:
        server.make(TABLE)
        seen = [server.open().demands("things")]
        server.ask("INSERT INTO things VALUES (1, 'a', 'b')")
        assert server.open().demands("things") == seen[0]
        for change in (*OWN[kind], *COMMON):
            server.make(change)
            seen.append(server.open().demands("things"))
            assert seen[-1] != seen[-2], change
        assert server.open().demands("things") == seen[-1]
