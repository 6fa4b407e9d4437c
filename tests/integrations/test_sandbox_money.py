"""The finance tab of the local Projects, and time that is invoiced once, seen by a plain client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sandbox_visitor import Visitor, visit

from engine.sandbox.projects.entities import FIRST_USER

if TYPE_CHECKING:
    from collections.abc import Iterator

LINES = [{"name": "Oak", "rate": 12.5, "quantity": 4}, {"name": "Glue", "rate": 2}]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with visit(tmp_path_factory.mktemp("money"), company="bare") as visitor:
        yield visitor


def _made(portal: Visitor, path: str, **body: Any) -> str:
    answer = portal.projects("POST", path, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _site(portal: Visitor) -> str:
    return f"/projects/{_made(portal, '/projects', name='Site')}"


def _log(portal: Visitor, site: str, task: str) -> str:
    values = {
        "date": "2026-11-02",
        "hours": "1:00",
        "bill_status": "Billable",
        "owner_zpuid": str(FIRST_USER),
    }
    return _made(portal, f"{site}/log", module={"type": "task", "id": task}, **values)


def _states(portal: Visitor, site: str, task: str, log: str) -> tuple[str, str]:
    paths = (f"{site}/tasks/{task}", f"{site}/logs/{log}")
    first, second = (portal.projects("GET", path).json()["invoice_status"] for path in paths)
    return first, second


def test_a_quote_is_made_listed_for_the_portal_changed_and_deleted(portal: Visitor) -> None:
    client = _made(portal, "/clients", name="Acme")
    site = f"/projects/{_made(portal, '/projects', name='Site', client={'id': client})}"
    quote = _made(portal, f"{site}/quotes", lines=LINES)
    (listed,) = portal.projects("GET", "/quotes").json()["quotes"]
    assert (listed["id"], listed["total"], listed["status"]) == (quote, 52, "draft")
    assert listed["client"] == {"id": client, "name": "Acme"}
    changed = portal.projects("PATCH", f"{site}/quotes/{quote}", json={"lines": LINES[:1]})
    assert changed.json()["total"] == 50
    assert portal.projects("DELETE", f"{site}/quotes/{quote}").status_code == 204
    assert portal.projects("GET", f"{site}/quotes").status_code == 204


def test_what_an_invoice_bills_is_refused_to_another_one_until_the_first_is_gone(portal: Visitor) -> None:
    site = _site(portal)
    task = _made(portal, f"{site}/tasks", name="Saw")
    log = _log(portal, site, task)
    invoice = _made(portal, f"{site}/invoices", task={"id": task}, lines=LINES)
    assert _states(portal, site, task, log) == ("invoiced", "invoiced")
    for what in ({"task": {"id": task}}, {"timelog": {"id": log}}):
        again = portal.projects("POST", f"{site}/invoices", json={"lines": LINES, **what})
        assert again.status_code == 400
        assert "has been invoiced already" in again.text
    assert len(portal.projects("GET", f"{site}/invoices").json()["invoices"]) == 1
    assert portal.projects("DELETE", f"{site}/invoices/{invoice}").status_code == 204
    assert _states(portal, site, task, log) == ("unbilled", "unbilled")
    _made(portal, f"{site}/invoices", timelog={"id": log}, lines=LINES)
    assert _states(portal, site, task, log) == ("unbilled", "invoiced")


def test_an_approved_log_takes_no_changes_but_gets_invoiced(portal: Visitor) -> None:
    site = _site(portal)
    log = _log(portal, site, _made(portal, f"{site}/tasks", name="Saw"))
    approved = {"approval_status": "Approved"}
    portal.command("edit", product="projects", module="timelogs", id=log, set=approved)
    assert portal.projects("PATCH", f"{site}/logs/{log}", json={"notes": "x"}).status_code == 400
    billed = portal.projects("POST", f"{site}/logs/{log}/billing/invoiced")
    assert billed.json()["invoice_status"] == "invoiced"
    assert portal.projects("POST", f"{site}/logs/{log}/billing/paid").status_code == 400


@pytest.mark.parametrize("product", ["books", "erp"])
def test_time_that_was_billed_goes_onto_no_invoice_and_is_free_again_with_its_invoice(
    portal: Visitor, product: str
) -> None:
    call = getattr(portal, product)

    def made(path: str, name: str, **body: Any) -> str:
        answer = call("POST", path, json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()[name][f"{name}_id"])

    customer = made("/contacts", "contact", contact_name="Acme")
    (me, *_) = portal.records(product, "users")
    about = {"project_name": "Site", "customer_id": customer, "billing_type": "based_on_task_hours"}
    site = made("/projects", "project", **about, user_id=me["user_id"])
    task = made(f"/projects/{site}/tasks", "task", task_name="Saw")
    hour = {"project_id": site, "task_id": task, "user_id": me["user_id"], "log_date": "2026-11-02"}
    entry = made("/projects/timeentries", "time_entry", **hour, log_time="01:00", is_billable=True)
    bill = {"customer_id": customer, "line_items": [LINES[0] | {"time_entry_ids": [entry]}]}
    invoice = made("/invoices", "invoice", **bill)
    assert call("GET", f"/projects/{site}/tasks/{task}").json()["task"]["is_invoiced"] is True
    assert call("POST", "/invoices", json=bill).status_code == 400
    assert call("DELETE", f"/invoices/{invoice}").status_code == 200
    elsewhere = {"billed_status": "invoiced"}
    assert call("PUT", f"/projects/timeentries/{entry}", json=elsewhere).status_code == 200
    assert call("POST", "/invoices", json=bill).status_code == 400
    freed = {"billed_status": "unbilled"}
    assert call("PUT", f"/projects/timeentries/{entry}", json=freed).status_code == 200
    made("/invoices", "invoice", **bill)
