"""Money of projects: quotes, invoices and expenses, as the scenarios of both integrations of Projects tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rows_projects import client, edit, errors, finance, log, product, project, task
from rows_world import only

from engine.sandbox.projects.entities import STATUSES

if TYPE_CHECKING:
    from rows_world import House

#: The status of a task that is closed.
CLOSED = next(id_ for id_, _, closes in STATUSES["tasks"] if closes)
#: In Projects: what a list of the finance tab is called in an address, and in its answer.
TAB = {
    "quotes": "quotes",
    "invoices": "invoices",
    "expenses": "expenses",
    "recurringinvoices": "recurring_invoices",
    "recurringexpenses": "recurring_expenses",
}
DESIGN = {"name": "Design", "rate": 250, "quantity": 2}
MONTHLY = {"recurrence_frequency": "months", "repeat_every": 1, "start_date": "2026-12-01"}


@dataclass(frozen=True, kw_only=True)
class Site:
    """A project with its customer, in both systems."""

    house: House
    client: str  #: in Projects
    project: str  #: in Projects
    customer: str  #: in the finance product
    billed: str  #: the project in the finance product

    def tab(self, name: str) -> list[dict[str, Any]]:
        """What the finance tab shows of one kind."""
        answer = self.house.visitor.projects(
            "GET", f"/projects/{self.project}/{name}", params={"per_page": 100}
        )
        return list(answer.json()[TAB[name]]) if answer.content else []

    def books(self, name: str) -> list[dict[str, Any]]:
        """What the finance product holds of one kind, whole."""
        return self.house.visitor.records(product(self.house), name)

    def enter(self, path: str, **values: Any) -> dict[str, Any]:
        """Somebody makes a transaction of the project in the finance product."""
        answer = finance(
            self.house, "POST", path, customer_id=self.customer, project_id=self.billed, **values
        )
        return next(dict(value) for value in answer.values() if isinstance(value, dict))

    def add(self, name: str, /, **values: Any) -> str:
        """Somebody makes a transaction in the finance tab; answers its id."""
        answer = self.ask("POST", f"/{name}", **values)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def ask(self, method: str, path: str, **values: Any) -> Any:
        """One call of Projects below the project."""
        body = {"json": values} if values else {}
        return self.house.visitor.projects(method, f"/projects/{self.project}{path}", **body)


def begun(house: House) -> Site:
    """A project of Acme's that has come over; expenses are booked on two accounts of the chart."""
    accounts = {
        row["account_name"]: row["account_id"] for row in house.visitor.records(product(house), "accounts")
    }
    spent, *_, paid = accounts.values()
    house.choose(expenses=True, expense_account=spent, expense_paid_through=paid)
    acme = client(house, "Acme", currency_code="EUR")
    site = project(house, "New site", client=acme)
    house.run()
    customer = only(house.visitor.records(product(house), "contacts"))["contact_id"]
    billed = only(house.visitor.records(product(house), "projects"))["project_id"]
    return Site(house=house, client=acme, project=site, customer=customer, billed=billed)


def shows_what_finance_makes(house: House) -> None:
    """Each kind of transaction that is made for the project in the finance product appears in its finance tab."""
    site = begun(house)
    chosen = {"account_id": house.chosen["expense_account"]}
    site.enter("/estimates", estimate_number="Q-1", date="2026-11-02", line_items=[DESIGN])
    site.enter("/invoices", invoice_number="I-1", due_date="2026-11-30", line_items=[DESIGN])
    spent = chosen | {"paid_through_account_id": house.chosen["expense_paid_through"]}
    site.enter("/expenses", **spent, date="2026-11-01", amount=80, reference_number="R-1", is_billable=True)
    site.enter("/recurringinvoices", **MONTHLY, recurrence_name="Hosting", line_items=[DESIGN])
    site.enter("/recurringexpenses", **MONTHLY, **chosen, recurrence_name="Licence", amount=12)
    house.run()
    quote, invoice, expense = (only(site.tab(name)) for name in ("quotes", "invoices", "expenses"))
    assert (quote["number"], quote["total"], quote["date"], quote["status"]) == (
        "Q-1",
        500,
        "2026-11-02",
        "draft",
    )
    assert [(line["name"], line["rate"]) for line in quote["lines"]] == [("Design", 250)]
    assert (invoice["number"], invoice["balance"], invoice["due_date"]) == ("I-1", 500, "2026-11-30")
    assert invoice["client"]["id"] == site.client
    assert (expense["reference"], expense["total"], expense["is_billable"]) == ("R-1", 80, True)
    hosting, licence = (only(site.tab(name)) for name in ("recurringinvoices", "recurringexpenses"))
    assert (hosting["name"], hosting["total"], hosting["frequency"]) == ("Hosting", 500, "months")
    assert (licence["name"], licence["amount"]) == ("Licence", 12)
    house.quiet()


def shows_what_finance_changes(house: House) -> None:
    """A quote that is sent, an invoice with another line, an expense that costs more; then all three are deleted."""
    site = begun(house)
    quote = site.enter("/estimates", line_items=[DESIGN])["estimate_id"]
    invoice = site.enter("/invoices", line_items=[DESIGN])["invoice_id"]
    expense = site.enter("/expenses", **_spending(house), date="2026-11-01", amount=80)["expense_id"]
    house.run()
    finance(house, "POST", f"/estimates/{quote}/status/sent")
    finance(house, "PUT", f"/invoices/{invoice}", line_items=[DESIGN, {"name": "Travel", "rate": 30}])
    finance(house, "PUT", f"/expenses/{expense}", amount=90)
    house.run()
    assert only(site.tab("quotes"))["status"] == "sent"
    assert [line["name"] for line in only(site.tab("invoices"))["lines"]] == ["Design", "Travel"]
    assert only(site.tab("invoices"))["total"] == 530
    assert only(site.tab("expenses"))["amount"] == 90
    for path in (f"/estimates/{quote}", f"/invoices/{invoice}", f"/expenses/{expense}"):
        finance(house, "DELETE", path)
    _seen_gone(house)
    assert [site.tab(name) for name in ("quotes", "invoices", "expenses")] == [[], [], []]
    house.quiet()


def carries_what_projects_makes(house: House) -> None:
    """A quote, an invoice and an expense of the finance tab are made in the finance product, with its own numbers."""
    site = begun(house)
    quote = site.add("quotes", date="2026-11-02", expiry_date="2026-11-30", lines=[DESIGN], notes="As agreed")
    invoice = site.add("invoices", date="2026-11-02", due_date="2026-11-30", lines=[DESIGN])
    expense = site.add("expenses", date="2026-11-01", amount=80, reference="R-1", is_billable=True)
    house.run()
    there = {name: only(site.books(name)) for name in ("estimates", "invoices", "expenses")}
    for row in there.values():
        assert (row["customer_id"], row["project_id"]) == (site.customer, site.billed)
    assert (there["estimates"]["total"], there["estimates"]["notes"]) == (500, "As agreed")
    assert there["estimates"]["expiry_date"] == "2026-11-30"
    assert [line["name"] for line in there["invoices"]["line_items"]] == ["Design"]
    assert there["invoices"]["due_date"] == "2026-11-30"
    assert (there["expenses"]["amount"], there["expenses"]["reference_number"]) == (80, "R-1")
    assert there["expenses"]["account_id"] == house.chosen["expense_account"]
    # What only the finance product knows has come back already.
    assert only(site.tab("quotes")).get("number") == there["estimates"]["estimate_number"]
    assert only(site.tab("invoices")).get("balance") == 500
    assert [only(site.tab(name))["id"] for name in ("quotes", "invoices", "expenses")] == [
        quote,
        invoice,
        expense,
    ]
    house.quiet()


def carries_what_projects_changes(house: House) -> None:
    """What the finance tab changes and deletes is changed and deleted in the finance product."""
    site = begun(house)
    quote = site.add("quotes", lines=[DESIGN])
    invoice = site.add("invoices", lines=[DESIGN])
    expense = site.add("expenses", date="2026-11-01", amount=80)
    house.run()
    assert site.ask("PATCH", f"/quotes/{quote}", status="sent").is_success
    assert site.ask("PATCH", f"/invoices/{invoice}", due_date="2026-12-24", reference="PO 7").is_success
    assert site.ask("PATCH", f"/expenses/{expense}", amount=95).is_success
    house.run()
    assert only(site.books("estimates"))["status"] == "sent"
    changed = only(site.books("invoices"))
    assert (changed["due_date"], changed["reference_number"]) == ("2026-12-24", "PO 7")
    assert only(site.books("expenses"))["amount"] == 95
    house.run()  # the new totals come back
    assert only(site.tab("expenses"))["total"] == 95
    for path in (f"/quotes/{quote}", f"/invoices/{invoice}", f"/expenses/{expense}"):
        assert site.ask("DELETE", path).is_success
    _seen_gone(house)
    assert [site.books(name) for name in ("estimates", "invoices", "expenses")] == [[], [], []]
    house.quiet()


def leaves_recurring_ones_to_finance(house: House) -> None:
    """What recurs is shown in Projects; what somebody makes or changes there goes nowhere."""
    site = begun(house)
    chosen = {"account_id": house.chosen["expense_account"]}
    site.enter("/recurringinvoices", **MONTHLY, recurrence_name="Hosting", line_items=[DESIGN])
    site.enter("/recurringexpenses", **MONTHLY, **chosen, recurrence_name="Licence", amount=12)
    house.run()
    for name in ("recurringinvoices", "recurringexpenses"):
        shown = only(site.tab(name))
        assert shown["frequency"] == "months"
        assert site.ask("PATCH", f"/{name}/{shown['id']}", name="Other").is_success
        site.add(name, name="Own", frequency="weeks", repeat_every=1, start_date="2026-12-01", amount=1)
    house.forget_calls()
    house.run()
    assert [one for one in house.writes() if f"/{product(house)}/" in one] == []
    assert only(site.books("recurring_invoices"))["recurrence_name"] == "Hosting"
    assert only(site.books("recurring_expenses"))["recurrence_name"] == "Licence"


def _seen_gone(house: House) -> None:
    """What two complete reads in a row do not show is deleted."""
    for _ in range(2):
        house.run("--full")


def _spending(house: House) -> dict[str, str]:
    chosen = house.chosen
    return {
        "account_id": chosen["expense_account"],
        "paid_through_account_id": chosen["expense_paid_through"],
    }


def invoices_by_hand(house: House, trigger: str, stream: str) -> None:
    """A thing gets one invoice for its project's customer, and says so in Projects; a second one is refused."""
    site = begun(house)
    thing = _billable(site, stream)
    house.run()
    words = (trigger, "--record", f"projects.{stream}:{thing}", "--yes")
    house.must("do", *words)
    invoice = only(site.books("invoices"))
    assert (invoice["customer_id"], invoice["project_id"]) == (site.customer, site.billed)
    assert [(line["name"], line["rate"]) for line in invoice["line_items"]] == [("Ground floor", 1200)]
    house.run()
    shown = only(site.tab("invoices"))
    assert shown["number"] == invoice["invoice_number"]
    assert site.ask("GET", f"/{stream}/{thing}").json().get("invoice", {}).get("id") == shown["id"]
    house.forget_calls()
    refused = house.engine("do", *words)
    assert refused.exit_code != 0, refused.output
    assert "already" in refused.output
    assert house.writes() == []
    house.quiet()


def _billable(site: Site, stream: str) -> str:
    """A milestone, a task list or a closed task that is to be paid for; answers its id."""
    dates = {"start_date": "2026-11-01", "end_date": "2026-11-20"} if stream == "phases" else {}
    rate = {"rate_per_hour": 1200} if stream == "tasks" else {"rate": 1200}
    made = site.ask("POST", f"/{stream}", name="Ground floor", **dates, **rate)
    assert made.is_success, made.text
    thing = str(made.json()["id"])
    if stream == "tasks":
        edit(site.house, "tasks", thing, status=CLOSED)
    return thing


def task_invoiced_in_projects(house: House) -> None:
    """An invoice of the finance tab for a task: neither the task nor its time can be invoiced in Books."""
    site, job, _ = _worked(house)
    site.add("invoices", task={"id": job}, lines=[DESIGN])
    house.run()
    house.run()  # by then Books knows that the time is invoiced
    entry = only(site.books("time_entries"))
    assert entry["billed_status"] == "invoiced"
    house.forget_calls()
    refused = house.engine("do", "invoice-task", "--record", f"projects.tasks:{job}", "--yes")
    assert refused.exit_code != 0, refused.output
    assert "This task has been invoiced already." in refused.output
    assert house.writes() == []
    assert _bill_time(site, entry["time_entry_id"]).status_code == 400
    assert len(site.books("invoices")) == 1


def task_invoiced_in_books(house: House) -> None:
    """All time of a task is on an invoice of Books: one of the finance tab for the task goes nowhere."""
    site, job, _ = _worked(house)
    assert _bill_time(site, only(site.books("time_entries"))["time_entry_id"]).status_code == 201
    house.run()
    assert site.ask("GET", f"/tasks/{job}").json()["invoice_status"] == "invoiced"
    assert site.ask("POST", "/invoices", task={"id": job}, lines=[DESIGN]).status_code == 400
    again = _pushed_through(site, task=job)
    house.forget_calls()
    house.run(expect=4)
    assert errors(house).get("invoices") == ["The task has been invoiced already."]
    assert house.writes() == []
    assert [row["id"] for row in site.tab("invoices") if row["id"] == again] == [again]
    assert len(site.books("invoices")) == 1


def time_invoiced_in_projects(house: House) -> None:
    """An invoice of the finance tab for one time log: Books takes the time for invoiced, and refuses to bill it."""
    site, _, hour = _worked(house)
    site.add("invoices", timelog={"id": hour}, lines=[DESIGN])
    house.run()
    house.run()
    entry = only(site.books("time_entries"))
    assert entry["billed_status"] == "invoiced"
    refused = _bill_time(site, entry["time_entry_id"])
    assert refused.status_code == 400
    assert "invoiced already" in refused.text
    assert len(site.books("invoices")) == 1
    house.quiet()


def time_invoiced_in_books(house: House) -> None:
    """Time on an invoice of Books: Projects knows it, and an invoice of the finance tab for it is held."""
    site, _, hour = _worked(house)
    assert _bill_time(site, only(site.books("time_entries"))["time_entry_id"]).status_code == 201
    house.run()
    assert site.ask("GET", f"/logs/{hour}").json()["invoice_status"] == "invoiced"
    assert site.ask("POST", "/invoices", timelog={"id": hour}, lines=[DESIGN]).status_code == 400
    _pushed_through(site, timelog=hour)
    house.forget_calls()
    house.run(expect=4)
    assert errors(house).get("invoices") == ["The timesheet has been invoiced already."]
    assert house.writes() == []
    assert len(site.books("invoices")) == 1


def _worked(house: House) -> tuple[Site, str, str]:
    """The site, a closed task of it, and approved time on the task; all has come over."""
    site = begun(house)
    job = task(house, site.project, "Ground floor", rate_per_hour=1200)
    hour = log(house, site.project, task=job)
    edit(house, "tasks", job, status=CLOSED)
    house.run()
    return site, job, hour


def _bill_time(site: Site, entry: str) -> Any:
    """Somebody puts time onto an invoice in the finance product; answers its response."""
    call = getattr(site.house.visitor, product(site.house))
    line = DESIGN | {"time_entry_ids": [entry]}
    body = {"customer_id": site.customer, "project_id": site.billed, "line_items": [line]}
    return call("POST", "/invoices", json=body)


def _pushed_through(site: Site, **what: str) -> str:
    """An invoice in the finance tab that Projects itself should have refused; answers its id."""
    values = {"project": site.project, "client": site.client, "lines": [DESIGN], "date": "2026-11-02", **what}
    return str(site.house.visitor.command("edit", product="projects", module="invoices", set=values)["id"])
