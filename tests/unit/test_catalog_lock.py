"""Catalogs that are pulled from the systems and kept beside the spec: asked once, gone by offline, never trusted."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from places import CASES
from sandbox_visitor import visit

from engine.catalog import Catalog, Field, Stream
from engine.cli import engine
from engine.compiler.bind.lock import read_lock
from engine.compiler.bind.lock_text import lock_text
from engine.compiler.compile import check_file, compile_file
from engine.connectors.http.description.account_fields import observed
from engine.connectors.zoho import CRM
from engine.spec.files import lock_of

WRONG = yaml.safe_load((CASES / "locks" / "wrong.yaml").read_text(encoding="utf-8"))

SPEC = """\
spec: 1
name: customers
systems:
  crm:   { connector: zoho-crm,   with: { credentials: "${env:ZOHO_CRM}" } }
  books: { connector: zoho-books, with: { organization: "20081234567", credentials: "${env:ZOHO_BOOKS}" } }
modules:
  customers:
    sync: crm.Accounts -> books.contacts
    match: [ Account_Name = contact_name ]
    duplicates: skip
    view: { crm: Account_Name = 'Zellweger Optik AG' }
    fields:
      - Account_Name -> contact_name
      - id -> cf_engine_key
"""
TABLES = """\
spec: 1
name: tables
systems:
  left:  { connector: sql, with: { url: "sqlite:///left.db" } }
  right: { connector: sql, with: { url: "sqlite:///right.db" } }
modules:
  people:
    sync: left.people -> right.clients
    match: [ name = label ]
    fields: [ name -> label, amount -> worth ]
"""
STORES = """\
spec: 1
name: stores
systems:
  shop: { connector: memory, with: { store: a, streams: { people: { fields: { name: text } } } } }
  desk: { connector: memory, with: { store: b, streams: { clients: { fields: { label: text } } } } }
modules:
  people: { sync: shop.people -> desk.clients, match: [ name = label ], fields: [ name -> label ] }
"""


def call(*words: str) -> Result:
    return CliRunner().invoke(engine, words)


def written(folder: Path, text: str) -> Path:
    spec = folder / "specs" / "one.yaml"
    spec.parent.mkdir(exist_ok=True)
    spec.write_text(text, encoding="utf-8")
    return spec


def test_what_an_organisation_added_is_known_offline_once_it_was_pulled_and_runs(tmp_path: Path) -> None:
    """A custom field that no shipped catalog has: unknown before; checked, read and written after."""
    spec, folder = written(tmp_path, SPEC), str(tmp_path / "kept")
    assert [one.code for one in check_file(str(spec))] == ["unknown-field"]
    pulled = call("catalog", "pull", str(spec), "--sandbox", "--folder", folder)
    assert pulled.exit_code == 0, pulled.output
    assert check_file(str(spec)) == ()
    lock = Path(lock_of(str(spec))).read_text(encoding="utf-8")
    assert "cf_engine_key" in lock
    assert "observed" in lock
    with visit(tmp_path / "kept") as visitor:
        visitor.command("edit", product="crm", module="Accounts", set={"Account_Name": "Zellweger Optik AG"})
        for secret in (one["credentials"]["refresh_token"] for one in visitor.running.connect().values()):
            assert secret not in lock
    ran = call("run", str(spec), "--sandbox", "--folder", folder)
    assert ran.exit_code == 0, ran.output
    with visit(tmp_path / "kept") as visitor:
        made = [
            one for one in visitor.records("books", "contacts") if one["contact_name"] == "Zellweger Optik AG"
        ]
        account = next(
            one for one in visitor.records("crm", "Accounts") if one["Account_Name"] == "Zellweger Optik AG"
        )
    keys = {field["api_name"]: field["value"] for one in made for field in one["custom_fields"]}
    assert (len(made), keys["cf_engine_key"]) == (1, account["id"])


REGIONS = """\
spec: 1
name: regions
systems:
  crm:   { connector: zoho-crm,   with: { credentials: "${env:ZOHO_CRM}" } }
  books: { connector: zoho-books, with: { organization: "20081234567", credentials: "${env:ZOHO_BOOKS}" } }
modules:
  regions:
    sync: crm.Regions -> books.contacts
    match: [ Name = contact_name ]
    duplicates: skip
    fields: [ Name -> contact_name, Code -> notes ]
"""


def test_a_module_that_the_organisation_made_is_found_checked_and_read(tmp_path: Path) -> None:
    spec, folder = written(tmp_path, REGIONS), str(tmp_path / "kept")
    assert [one.code for one in check_file(str(spec))] == ["unknown-stream"]
    assert call("catalog", "pull", str(spec), "--sandbox", "--folder", folder).exit_code == 0
    assert check_file(str(spec)) == ()
    with visit(tmp_path / "kept") as visitor:
        sent = {"data": [{"Name": "Benelux", "Code": "BX"}]}
        assert visitor.crm("POST", "/Regions", json=sent).status_code == 201
    ran = call("run", str(spec), "--sandbox", "--folder", folder)
    assert ran.exit_code == 0, ran.output
    with visit(tmp_path / "kept") as visitor:
        notes = [
            one["notes"] for one in visitor.records("books", "contacts") if one["contact_name"] == "Benelux"
        ]
    assert notes == ["BX"]
    assert (
        "Try: It has"
        in call(
            "catalog",
            "pull",
            str(written(tmp_path, REGIONS.replace("Regions", "Planets"))),
            "crm",
            "--sandbox",
            "--folder",
            folder,
        ).stderr
    )


def test_a_second_pull_changes_nothing_and_check_tells_when_the_system_differs(tmp_path: Path) -> None:
    spec = written(tmp_path, SPEC)
    words = ("catalog", "pull", str(spec), "--sandbox", "--folder", str(tmp_path / "kept"))
    assert call(*words, "--check").exit_code == 1
    lock = Path(lock_of(str(spec)))
    assert not lock.exists()
    call(*words)
    first = lock.read_bytes()
    again = call(*words, "--check")
    assert (again.exit_code, lock.read_bytes()) == (0, first), again.output
    # As if the organisation had added a field and renamed a choice since.
    lock.write_bytes(first.replace(b"              - Analyst\n", b"              - Broker\n"))
    differs = call(*words, "--check")
    assert differs.exit_code == 1
    assert "-              - Broker" in differs.stdout
    assert "+              - Analyst" in differs.stdout
    told = json.loads(call(*words, "--check", "--format", "json").stdout)
    assert (told["differs"], told["written"]) == (True, False)


def test_a_pull_of_one_system_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    spec = written(tmp_path, SPEC)
    words = ("catalog", "pull", str(spec), "--sandbox", "--folder", str(tmp_path / "kept"))
    call(*words)
    lock = Path(lock_of(str(spec)))
    whole = lock.read_text(encoding="utf-8")
    changed = whole.replace("              - Analyst\n", "").replace("max=200", "max=199")
    lock.write_text(changed, encoding="utf-8")
    assert call(*words, "books").exit_code == 0
    after = yaml.safe_load(lock.read_text(encoding="utf-8"))["systems"]
    assert after["crm"] == yaml.safe_load(changed)["systems"]["crm"]
    assert after["books"] == yaml.safe_load(whole)["systems"]["books"]
    assert "no system `book`" in call(*words, "book").stderr


def test_tables_of_a_database_are_checked_offline_and_not_asked_again(tmp_path: Path) -> None:
    """Without the lock only the open database knows its columns; with it a mistake is found by `validate`."""
    spec = written(tmp_path, TABLES.replace("amount -> worth", "amuont -> worth"))
    for name, table, column in (("left", "people", "name"), ("right", "clients", "label")):
        with sqlite3.connect(spec.parent / f"{name}.db") as database:
            amount = "amount" if name == "left" else "worth"
            database.execute(
                f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, {column} TEXT, {amount} NUMERIC)"
            )
    assert check_file(str(spec)) == ()
    assert call("catalog", "pull", str(spec), "--folder", str(tmp_path / "kept")).exit_code == 0
    assert [(one.code, one.span.line) for one in check_file(str(spec))] == [("unknown-field", 10)]
    written(tmp_path, TABLES)
    assert check_file(str(spec)) == ()
    plan = compile_file(str(spec))
    assert all(one.catalog is not None and not one.catalog.open for one in plan.systems.values())
    assert call("run", str(spec), "--folder", str(tmp_path / "kept")).exit_code == 0
    with sqlite3.connect(spec.parent / "left.db") as database:
        database.execute("ALTER TABLE people ADD COLUMN colour TEXT")
    differs = call("catalog", "pull", str(spec), "--check", "--folder", str(tmp_path / "kept"))
    assert differs.exit_code == 1
    assert "+          colour: text" in differs.stdout


@pytest.mark.parametrize("case", WRONG, ids=[case["what"] for case in WRONG])
def test_a_lock_is_read_as_a_strangers_file_and_every_mistake_has_its_place(
    case: dict[str, Any], tmp_path: Path
) -> None:
    spec = written(tmp_path, STORES)
    lock = Path(lock_of(str(spec)))
    lock.write_text(case["lock"] + "#" * case.get("padded", 0), encoding="utf-8")
    line, code, words = case["says"]
    found = check_file(str(spec))
    told = [(one.span.file, one.span.line, one.code) for one in found]
    assert (str(lock), line, code) in told, found
    assert any(words in one.message for one in found)


def test_a_folder_is_validated_with_its_locks_and_a_broken_lock_stops_a_run(tmp_path: Path) -> None:
    spec = written(tmp_path, STORES)
    Path(lock_of(str(spec))).write_text("lock: 1\nsystems: { shop: 3 }\n", encoding="utf-8")
    checked = call("validate", str(spec.parent))
    assert checked.exit_code == 1
    assert checked.stdout.count("one.catalog.lock.yaml:2:") == 1
    ran = call("run", str(spec), "--folder", str(tmp_path / "kept"))
    assert (ran.exit_code, "one.catalog.lock.yaml:2:" in ran.stderr) == (1, True)
    orphan = spec.parent / "gone.catalog.lock.yaml"
    orphan.write_text("lock: 7\nsystems: {}\n", encoding="utf-8")
    assert "gone.catalog.lock.yaml:1:" in call("validate", str(spec.parent)).stdout


def test_every_catalog_comes_back_from_its_text_as_it_was() -> None:
    """Whatever a system may call its fields and choices."""
    odd = [
        "true",
        "NULL",
        "0o17",
        "1e3",
        "a: b",
        "x #y",
        '"',
        "'",
        "\\",
        "- a",
        " lead",
        "é",
        "\u202e",
        "2026-01-01",
    ]
    names = {
        name: Field(name=name, type="text", source="observed") for name in ("a b", "yes", "1", "näme", "a.b")
    }
    choice = Field(name="c", type="enum", choices=tuple(sorted(odd)), label="a: b", refers="my table")
    stream = Stream(name="my table", id="1", fields={**names, "c": choice}, label="no", source="observed")
    catalog = Catalog(connector="sql", streams={"my table": stream})
    text = lock_text("one.yaml", {"left": catalog}, {"left": Catalog(connector="sql")})
    lock, findings = read_lock("one.catalog.lock.yaml", lambda _: text.encode())
    assert findings == ()
    assert lock["left"].over(Catalog(connector="sql")).streams == {"my table": stream}


def test_a_system_overrules_what_ships_and_only_where_it_speaks() -> None:
    shipped = CRM.describe({}).streams["Accounts"]
    told = CRM.description.streams["Accounts"].metadata
    assert told is not None
    rows: list[dict[str, Any]] = [
        {"name": "Account_Name", "kind": "text", "required": True, "max_length": 120, "label": "Kunde"},
        {"name": "Rating", "kind": "picklist", "choices": ["Warm", "Cold"]},
        {"name": "Employees", "kind": "bigint"},
        {"name": "Owner", "kind": "ownerlookup"},
        {"name": "Region__c", "kind": "lookup", "refers": "Regions"},
        {"name": "Odd", "kind": "hologram"},
        {"name": "$se_module", "kind": "text"},
    ]
    seen = observed(shipped, rows, told, None)
    fields = seen.fields
    assert (fields["Account_Name"].max_length, fields["Account_Name"].label) == (120, "Kunde")
    assert fields["Rating"].choices == ("Cold", "Warm")
    assert fields["Owner.id"].refers == "users"
    assert (fields["Region__c.id"].type, fields["Region__c.id"].refers) == ("id", "Regions")
    assert fields["Odd"].type == "unknown"
    assert "$se_module" not in fields
    assert "Fax" not in fields  # the answer names every field: it does not exist here
    assert fields["Owner.email"] == shipped.fields["Owner.email"]  # what the system sets is not always named
    assert {shipped.id, shipped.modified} <= set(fields)
    assert {name for name, one in fields.items() if one.source == "observed"} == {
        "Account_Name", "Rating", "Employees", "Owner.id", "Region__c.id", "Odd",
    }  # fmt: skip
