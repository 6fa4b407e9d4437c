"""What goes wrong with the file is said in one sentence, and nothing is half-written."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from ledger_place import ask, new_place

from engine.errors import TemporaryError, UserError
from engine.ledger import Settlement, Wait, open_ledger, opening
from engine.ledger.sqlite.database import SqliteDatabase
from engine.ledger.tables import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = "2026-03-01T10:00:00Z"


def links(rows: int) -> pa.Table:
    ids = [f"{row:0200}" for row in range(rows)]
    return pa.table({"left_id": ids, "right_id": ids})


def test_reading_where_nothing_has_run_says_so_and_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Nothing has run yet here"):
        open_ledger(tmp_path / "ledger.db", readonly=True)
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    """It holds business records."""
    open_ledger(f"sqlite:///{tmp_path}/new/ledger.db").close()
    assert (tmp_path / "new" / "ledger.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("readonly", [True, False])
def test_a_ledger_of_a_newer_version_is_left_alone(place: str, readonly: bool) -> None:  # noqa: FBT001  # a parameter
    open_ledger(place).close()
    ask(place, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(UserError, match="newer version") as caught:
        open_ledger(place, readonly=readonly)
    assert "Upgrade" in str(caught.value.remedy)


@pytest.mark.parametrize("content", [b"Account_Name,City\n" * 100, None])
def test_a_file_that_is_no_ledger_is_not_touched(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "accounts.db"
    if content is None:
        ask(str(path), "CREATE TABLE accounts (id TEXT)")
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(UserError, match="not a ledger"):
        open_ledger(path)
    assert path.read_bytes() == before


def test_other_databases_are_refused_by_name() -> None:
    with pytest.raises(UserError, match="mysql://") as caught:
        open_ledger("mysql://localhost/ledger")
    assert "postgresql://" in str(caught.value.remedy)


def test_a_released_lease_leaves_no_lock_beside_the_file(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "ledger.db") as ledger:
        lease = ledger.take_lease("i", "a test", NOW, 60)
        assert len(list(tmp_path.glob("*.i.1.lock"))) == 1
        ledger.release(lease)
        assert not list(tmp_path.glob("*.i.1.lock"))


@contextmanager
def another_writer(path: Path) -> Iterator[None]:
    """Another connection in the middle of a write."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM runs")
        yield
        connection.execute("ROLLBACK")


def test_readers_do_not_wait_for_a_write_and_another_writer_says_whom_it_waits_for(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with open_ledger(path, patience_s=0.05) as ledger:
        lease = ledger.take_lease("i", "a test", NOW, 60)
        ledger.note(lease, Settlement(run="r", module="m", links=links(3)))
        with another_writer(path):
            with open_ledger(path, readonly=True) as reader:  # waiting, it would wait for ever
                assert reader.links_table("i", "m").num_rows == 3
                assert [status.links for status in reader.status("i")] == [3]
            with pytest.raises(TemporaryError, match="written by another process"):
                ledger.note(lease, Settlement(run="r", module="m", dropped=(1,)))
        ledger.note(lease, Settlement(run="r", module="m", dropped=(1,)))
        assert ledger.links_table("i", "m").num_rows == 2


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    open_ledger(path).close()
    with open_ledger(path, readonly=True) as reader, pytest.raises(UserError, match="cannot be written"):
        reader.take_lease("i", "a test", NOW, 60)


def test_a_full_disk_is_said_and_nothing_of_the_batch_is_stored(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "ledger.db") as ledger:
        lease = ledger.take_lease("i", "a test", NOW, 60)

        def shrink(connection: sqlite3.Connection, record: object) -> None:
            del record
            connection.execute("PRAGMA max_page_count=60")

        assert isinstance(ledger._database, SqliteDatabase)
        sa.event.listen(ledger._database._engine, "connect", shrink)
        ledger._database.close()
        with pytest.raises(UserError, match="no room left"):
            ledger.note(lease, Settlement(run="r", module="m", links=links(2_000)))
        assert ledger.links_table("i", "m").num_rows == 0
        assert len(ledger.note(lease, Settlement(run="r", module="m", links=links(3)))) == 3


def test_a_disk_that_fails_during_a_bulk_settlement_leaves_nothing_of_it(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "ledger.db") as ledger:
        lease = ledger.take_lease("i", "a test", NOW, 60)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
        try:
            with pytest.raises(UserError, match=r"disk failed|no room left"):
                ledger.note(lease, Settlement(run="r", module="m", links=links(6_000)))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert ledger.links_table("i", "m").num_rows == 0
        assert len(ledger.note(lease, Settlement(run="r", module="m", links=links(6_000)))) == 6_000


def test_several_that_set_up_one_ledger_at_once_all_get_it(place: str) -> None:
    def use(name: str) -> int:
        with open_ledger(place) as ledger:
            return ledger.take_lease(name, "a thread", NOW, 60).epoch

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(use, "abcd")) == [1, 1, 1, 1]


def shape(place: str) -> dict[str, object]:
    """Tables with their columns, and indexes with theirs."""
    database = opening.database_at(place, readonly=True, patience_s=1)
    with closing(database), database.reading() as connection:
        look = sa.inspect(connection)
        return {
            table: (
                [(c["name"], str(c["type"]), c["nullable"]) for c in look.get_columns(table)],
                look.get_pk_constraint(table)["constrained_columns"],
                sorted((i["name"], tuple(i["column_names"]), i["unique"]) for i in look.get_indexes(table)),
            )
            for table in sorted(look.get_table_names())
        }


def migrated(place: str, *, to: str = "head") -> str:
    """A ledger made step by step from nothing, up to a version."""
    database = opening.database_at(place, readonly=False, patience_s=1)
    with closing(database):
        database.make_room()
        with database.writing() as connection:
            config = opening._config()
            config.attributes["connection"] = connection
            command.upgrade(config, to)
    return place


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_steps_lead_to_the_same_tables_as_a_new_ledger_has(tmp_path: Path, kind: str) -> None:
    (tmp_path / "stepped").mkdir()
    with new_place(kind, tmp_path) as new, new_place(kind, tmp_path / "stepped") as stepped:
        open_ledger(new).close()
        assert shape(migrated(stepped)) == shape(new)
    assert ScriptDirectory.from_config(opening._config()).get_current_head() == schema.HEAD


#: A ledger as the first version left it: one run, one link with its base, one batch.
FIRST_VERSION = (
    "INSERT INTO meta VALUES ('next_link', '2')",
    "INSERT INTO lease VALUES ('i', 3, NULL, '2026-03-01T10:01:00Z')",
    "INSERT INTO links VALUES (1, 'i', 'm', 'l', 'r', NULL, NULL, 'v', NULL, 'active', 'run')",
    """INSERT INTO bases VALUES (1, '{"a":1}', NULL)""",
    "INSERT INTO intents VALUES (1, 'i', 'run', 'm', 'right', 'update', 3, '2026', 'done', 1, NULL, NULL, NULL)",
)


def test_a_ledger_of_the_first_version_keeps_its_content_and_can_then_hold_what_is_new(place: str) -> None:
    migrated(place, to="0001")
    for statement in FIRST_VERSION:
        ask(place, statement)
    with open_ledger(place) as ledger:
        lease = ledger.take_lease("i", "a test", NOW, 60)
        assert lease.epoch == 4
        (link,) = ledger.links_table("i", "m").to_pylist()
        assert (link["left_id"], link["right_id"], link["left_version"], link["made"]) == (
            "l",
            "r",
            "v",
            None,
        )
        assert ledger.bases([1])[1][0] == {"a": 1}
        assert [intent.id for intent in ledger.run_intents("i", "run")] == [1]
        wait = Wait(side="left", record_id="2", root_module="m", root_side="left", root_id="3")
        new = pa.table({"left_id": ["2"], "right_id": ["s"], "made": ["right"]})
        assert list(ledger.note(lease, Settlement(run="r", module="m", links=new, waits=(wait,)))) == [2]
        assert ledger.waits("i", "m") == [wait]


NEXT_STEP = f'''
"""A step of a later version."""
from alembic import op
revision = "next"
down_revision = "{schema.HEAD}"


def upgrade():
    op.execute("ALTER TABLE runs ADD COLUMN mood TEXT")
'''


def test_an_older_ledger_is_brought_up_to_date_by_a_run_and_never_by_a_reader(
    tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_ledger(place).close()
    (tmp_path / "steps").mkdir()
    (tmp_path / "steps" / "step_next.py").write_text(NEXT_STEP)
    now = opening._config()

    def later_version() -> Config:
        config = Config()
        config.set_main_option("script_location", str(now.get_main_option("script_location")))
        config.set_main_option("path_separator", "newline")
        places = [Path(opening.__file__).parent / "migrations" / "versions", tmp_path / "steps"]
        config.set_main_option("version_locations", "\n".join(map(str, places)))
        return config

    monkeypatch.setattr(opening, "_config", later_version)
    monkeypatch.setattr(schema, "HEAD", "next")
    with pytest.raises(UserError, match="older version"):
        open_ledger(place, readonly=True)
    open_ledger(place).close()
    open_ledger(place, readonly=True).close()
    assert "mood" in str(shape(place)["runs"])


def test_a_small_run_loads_neither_adbc_nor_alembic_and_naming_the_ledger_loads_nothing() -> None:
    """Each costs a tenth of a second and more."""
    program = """
import sys, tempfile
import engine.ledger
assert not {"sqlalchemy", "pyarrow", "filelock"} & set(sys.modules), "engine.ledger is too heavy"
import pyarrow as pa
with tempfile.TemporaryDirectory() as folder, engine.ledger.open_ledger(folder + "/ledger.db") as ledger:
    lease = ledger.take_lease("i", "me", "2026-03-01T10:00:00Z", 60)
    table = pa.table({"left_id": ["1"], "right_id": ["2"]})
    ledger.note(lease, engine.ledger.Settlement(run="r", module="m", links=table))
    assert ledger.links_table("i", "m").num_rows == 1
assert not {"adbc_driver_manager", "alembic", "duckdb"} & set(sys.modules), "a small run is too heavy"
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr == ""
