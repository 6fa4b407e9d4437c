"""What an administrator sets, the recycle bin, and the corners of ERP that no description shows."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from http_scripted import batch, read, write
from places import ROOT
from sandbox_visitor import Visitor, visit

from engine.cli import engine
from engine.connectors.port import Surroundings
from engine.connectors.zoho import CRM, ERP
from engine.errors import TemporaryError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SPEC = ROOT / "specs" / "zoho-books-crm.yaml"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Visitor]:
    with visit(tmp_path) as visitor:
        yield visitor


def test_two_customers_of_one_name_need_the_switch_of_the_organisation(here: Visitor) -> None:
    name = {"contact_name": "Zwei & Zwei"}
    assert here.books("POST", "/contacts", json=name).status_code == 201
    assert here.books("POST", "/contacts", json=name).json()["code"] == 3062
    assert here.books("GET", "/settings/preferences").json()["preferences"]["allow_duplicate_names"] is False
    wrong = here.books("PUT", "/settings/preferences", json={"allow_duplicate_names": "yes"})
    assert wrong.status_code == 400
    here.books("PUT", "/settings/preferences", json={"allow_duplicate_names": True})
    assert here.books("POST", "/contacts", json=name).status_code == 201
    assert here.erp("GET", "/settings/preferences").json()["preferences"]["allow_duplicate_names"] is False


def test_customers_are_cloned_once_the_organisation_allows_it_and_not_before(tmp_path: Path) -> None:
    """`duplicates: clone` of the shipped spec: refused with its own sentence, then done, then steady."""
    words = ["run", str(SPEC), "--sandbox", "--set", "duplicates=clone", "--folder", str(tmp_path)]
    refused = CliRunner().invoke(engine, words)
    assert refused.exit_code == 1
    assert "allow the same display name" in refused.stderr
    with visit(tmp_path) as visitor:
        before = visitor.records("books", "contacts")
        visitor.books("PUT", "/settings/preferences", json={"allow_duplicate_names": True})
    done = CliRunner().invoke(engine, words)
    assert done.exit_code == 0, done.output
    with visit(tmp_path) as visitor:
        accounts, after = visitor.records("crm", "Accounts"), visitor.records("books", "contacts")
    assert len(after) == len(before) + len(accounts)
    again = CliRunner().invoke(engine, words)
    assert "Nothing to do" in again.stdout, again.output


def test_a_deleted_record_comes_back_from_the_bin_as_it_was(here: Visitor) -> None:
    made = here.crm("POST", "/Accounts", json={"data": [{"Account_Name": "Hin & Her", "Phone": "+32 1"}]})
    id_ = made.json()["data"][0]["details"]["id"]
    here.crm("DELETE", f"/Accounts/{id_}")
    (lying,) = here.crm("GET", "/settings/recycle_bin").json()["recycle_bin"]
    assert (lying["id"], lying["display_name"], lying["module"]["api_name"]) == (id_, "Hin & Her", "Accounts")
    assert here.crm("GET", "/settings/recycle_bin/actions/count").json() == {"count": 1}
    told = here.crm("POST", "/settings/recycle_bin/actions/restore", json={"ids": [id_, "1"]}).json()
    assert [one["code"] for one in told["recycle_bin"]] == ["SUCCESS", "CANNOT_RESTORE"]
    assert here.crm("GET", f"/Accounts/{id_}").json()["data"][0]["Phone"] == "+32 1"
    assert here.crm("GET", "/settings/recycle_bin").status_code == 204


def test_employees_of_erp_are_read_and_written_by_the_older_paths(here: Visitor, tmp_path: Path) -> None:
    around = Surroundings(folder=tmp_path, clock=time.time, sleep=time.sleep, sandbox=True)
    with closing(ERP.open(here.running.connect()["zoho-erp"], around)) as erp:
        row = {"name": "Ada Veld", "email": "ada@nordwind.example", "status": "inactive"}
        (made,) = write(erp, "employees", batch("create", row))
        assert made.outcome == "applied", made
        (changed,) = write(erp, "employees", batch("update", {"_id": made.id, "status": "active"}))
        assert changed.outcome == "applied"
        found = [one for page in read(erp, "employees", "name", "status") for one in page.records or ()]
    assert [(one["name"], one["status"]) for one in found] == [("Ada Veld", "active")]
    assert here.erp("GET", "/employees").json()["code"] == 5


def test_an_answer_beyond_all_bounds_is_refused_and_not_kept(here: Visitor, tmp_path: Path) -> None:
    around = Surroundings(folder=tmp_path, clock=time.time, sleep=lambda _: None, sandbox=True)
    here.command("faults", match={"path": "/Accounts"}, fault="huge", times=9)
    with (
        closing(CRM.open(here.running.connect()["zoho-crm"], around)) as crm,
        pytest.raises(TemporaryError, match="larger than 32 MiB"),
    ):
        read(crm, "Accounts", "Account_Name")


def test_an_administrator_has_a_field_of_crm_take_no_duplicate_values(here: Visitor) -> None:
    def make() -> str:
        answer = here.crm("POST", "/Products", json={"data": [{"Product_Name": "Lamp"}]})
        return str(answer.json()["data"][0]["code"])

    assert [make(), make()] == ["SUCCESS", "SUCCESS"]
    here.command("unique", module="Products", field="Product_Name")
    assert make() == "DUPLICATE_DATA"
    fields = here.crm("GET", "/settings/fields", params={"module": "Products"}).json()["fields"]
    told = {one["api_name"]: one["unique"] for one in fields}
    assert (told["Product_Name"], told["Product_Code"]) == ({"case_sensitive": False}, {})
    here.command("unique", module="Products", field="Product_Name", on=False)
    assert make() == "SUCCESS"


def test_a_product_says_of_its_organisation_what_it_was_told(here: Visitor) -> None:
    here.command("organization", product="crm", set={"license_details.paid_type": "standard"})
    here.command("organization", product="erp", set={"currency_code": "INR"})
    org = here.crm("GET", "/org").json()["org"][0]
    assert (org["license_details"]["paid_type"], org["license_details"]["paid"]) == ("standard", True)
    assert here.erp("GET", "/organizations").json()["organizations"][0]["currency_code"] == "INR"
    assert here.books("GET", "/organizations").json()["organizations"][0]["currency_code"] == "EUR"
