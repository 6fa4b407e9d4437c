"""What a finance product of the company holds beside contacts: documents, projects, time, accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine.sandbox.books.sums import computed
from engine.sandbox.server.clock import START

if TYPE_CHECKING:
    import random

    from engine.sandbox.books.editions import Edition
    from engine.sandbox.company.seed import Seed

_BILLING = ("fixed_cost_for_project", "based_on_project_hours", "based_on_staff_hours", "based_on_task_hours")
#: How many of each document, and the statuses that they are dealt.
_DOCUMENTS = {
    "estimates": (12, ("draft", "sent", "accepted", "declined")),
    "invoices": (24, ("draft", "sent", "sent", "paid", "paid", "void")),
    "salesorders": (8, ("draft", "open", "open", "closed")),
    "purchaseorders": (8, ("draft", "open", "billed")),
}


def day(back: int) -> str:
    """A date so many days before the first day of the sandbox."""
    return (datetime.fromtimestamp(START, UTC) - timedelta(days=back)).date().isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealer:
    """Deals the records of one finance product into a seed."""

    seed: Seed
    edition: Edition
    words: dict[str, Any]
    ids: dict[str, list[str]] = field(default_factory=dict)  #: what was made, by collection

    @property
    def dice(self) -> random.Random:
        """The dice of the seed."""
        return self.seed.dice

    def deal(self) -> None:
        """Everything, those first that others refer to."""
        for module in ("contacts", "items", "users"):
            self.ids[module] = [row.id for _, _, row in self._mine(module)]
        rows = self._mine("contacts")
        self.ids["vendors"] = [row.id for _, _, row in rows if row.body["contact_type"] == "vendor"]
        self.ids["customers"] = [row.id for _, _, row in rows if row.body["contact_type"] == "customer"]
        self.chart()
        for module, (count, statuses) in _DOCUMENTS.items():
            self._documents(module, count, statuses)
        self._projects()
        self._expenses()
        self._recurring()
        self._tasks()

    def chart(self) -> None:
        """The accounts that a company books on."""
        for name, code, kind in self.words["accounts_chart"]:
            self._put("accounts", account_name=name, account_code=code, account_type=kind, is_active=True)

    def _mine(self, module: str) -> list[tuple[str, str, Any]]:
        return [r for r in self.seed.records if r[0] == self.edition.product and r[1] == module]

    def _put(self, module: str, **values: Any) -> str:
        shape = self.edition.collections[module]
        body = computed(shape, {**shape.defaults, **values})
        id_ = self.seed.finance_id(self.edition)
        self.seed.finance(self.edition, module, id_, body)
        self.ids.setdefault(module, []).append(id_)
        return id_

    def _documents(self, module: str, count: int, statuses: tuple[str, ...]) -> None:
        shape = self.edition.collections[module]
        party = "vendor" if module == "purchaseorders" else "customer"
        for place in range(count):
            values: dict[str, Any] = {
                shape.name: f"{shape.number}-{place + 1:06d}",
                f"{party}_id": self.dice.choice(self.ids[f"{party}s"]),
                "date": day(self.dice.randrange(1, 50)),
                "reference_number": f"R-{self.dice.randrange(1000, 9999)}",
                "line_items": self._lines(),
                "status": self.dice.choice(statuses),
            }
            if module == "invoices":
                values |= {"payment_terms": 30, "due_date": day(-30), "billing_address": {}}
            self._put(module, **values)
        self.seed.settings[f"last-number/{self.edition.product}/{module}"] = str(count)

    def _lines(self) -> list[dict[str, Any]]:
        found = []
        for name, _, price in self.dice.sample(self.words["products"][:6], self.dice.choice((1, 2, 3))):
            place = [product[0] for product in self.words["products"]].index(name)
            line = {"line_item_id": self.seed.finance_id(self.edition), "item_id": self.ids["items"][place]}
            found.append(line | {"name": name, "rate": price, "quantity": self.dice.randrange(1, 8)})
        return found

    def _projects(self) -> None:
        for place, (name, tasks) in enumerate(self.words["projects"][:6]):
            project = self._put(
                "projects",
                project_name=name,
                customer_id=self.dice.choice(self.ids["customers"]),
                billing_type=_BILLING[place % len(_BILLING)],
                user_id=self.ids["users"][place],
                rate=self.dice.choice((65, 75, 90)),
            )
            staff = self.ids["users"][place : place + 3]
            for user in staff:
                self._put("project_users", project_id=project, user_id=user, rate=75)
            for task_name in tasks:
                task = self._put("project_tasks", project_id=project, task_name=task_name, rate=75)
                self._time(project, task, staff)

    def _time(self, project: str, task: str, staff: list[str]) -> None:
        for _ in range(self.dice.randrange(4)):
            self._put(
                "time_entries",
                project_id=project,
                task_id=task,
                user_id=self.dice.choice(staff),
                log_date=day(self.dice.randrange(1, 50)),
                log_time=f"{self.dice.randrange(1, 8):02d}:{self.dice.choice((0, 15, 30)):02d}",
                is_billable=self.dice.random() < 0.8,  # noqa: PLR2004  # most of it
                notes="",
            )

    def _expenses(self) -> None:
        for _ in range(12):
            self._put("expenses", **self._spent(), date=day(self.dice.randrange(1, 50)))

    def _spent(self) -> dict[str, Any]:
        accounts = self.ids["accounts"]
        return {
            "account_id": self.dice.choice(accounts[:3]),
            "paid_through_account_id": self.dice.choice(accounts[3:5]),
            "amount": self.dice.randrange(500, 90_000) / 100,
            "customer_id": self.dice.choice(self.ids["customers"]),
            "project_id": self.dice.choice(["", *self.ids["projects"]]),
            "is_billable": self.dice.random() < 0.5,  # noqa: PLR2004  # half of it
            "description": "",
        }

    def _recurring(self) -> None:
        for place in range(4):
            every = {"recurrence_frequency": "months", "repeat_every": place + 1, "start_date": day(40)}
            name, status = f"Maintenance {place + 1}", "stopped" if place == 3 else "active"  # noqa: PLR2004  # the last
            every |= {"recurrence_name": name, "status": status}
            if "recurring_invoices" in self.edition.collections:
                customer = self.dice.choice(self.ids["customers"])
                self._put("recurring_invoices", **every, customer_id=customer, line_items=self._lines())
            spent = {k: v for k, v in self._spent().items() if k != "paid_through_account_id"}
            self._put("recurring_expenses", **every, **spent)

    def _tasks(self) -> None:
        """General tasks, where the product has them."""
        if "tasks" not in self.edition.collections:
            return
        for place, title in enumerate(
            ("Call the supplier", "Check the stock", "Send reminders", "Close the month")
        ):
            owner = self.dice.choice(self.ids["users"])
            number = f"T-{place + 1:06d}"
            values = {
                "entity_type": "purchaseorder",
                "entity_id": self.dice.choice(self.ids["purchaseorders"]),
            }
            self._put("tasks", task_number=number, title=title, owner_id=owner, due_date=day(-9), **values)
        self.seed.settings[f"last-number/{self.edition.product}/tasks"] = "4"
