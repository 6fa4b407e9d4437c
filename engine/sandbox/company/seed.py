"""The seed of the company: people, accounts, products, customers; the dice that deal them fall the same every time."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from engine.sandbox.books.documents import CURRENCY_ID
from engine.sandbox.books.editions import BOOKS, EDITIONS, ERP, Edition
from engine.sandbox.books.write import key_of as finance_key
from engine.sandbox.company.names import Names, plain
from engine.sandbox.crm.document_rows import FIRST_ID
from engine.sandbox.crm.modules import MODULES
from engine.sandbox.crm.write import API_USER, key_of
from engine.sandbox.projects.entities import PORTAL_ID
from engine.sandbox.server.clock import DAY_S, START
from engine.sandbox.server.store import Row, last_id

if TYPE_CHECKING:
    import random

ACCOUNTS = 320
#: Accounts that Books has already under the same name, and contacts that only Books has.
SHARED = 45
SHARED_WITH_ERP = 30
#: How far before the first day the seeded records begin.
WEEKS = 8


@cache
def words() -> dict[str, Any]:
    """The raw material: names, places, trades."""
    text = files("engine.sandbox.company").joinpath("company.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def _portal(about: dict[str, Any]) -> dict[str, Any]:
    """The portal of Projects; `my_role`, what the user who asks is there, is in no published answer."""
    names = {"portal_name": "lindenhof", "org_name": about["company_name"]}
    return {"id": PORTAL_ID, **names, "is_default_portal": True, "zsoid": "20081234500", "my_role": "owner"}


def _organization(edition: Edition, about: dict[str, Any]) -> dict[str, Any]:
    """The organisation as a finance product describes it."""
    return {
        "organization_id": edition.organization_id,
        "name": about["company_name"],
        "contact_name": about["contact"],
        "email": about["email"],
        "is_default_org": True,
        "plan_name": edition.plan,
        "plan_period": "Yearly",
        "language_code": "en",
        "fiscal_year_start_month": 0,
        "account_created_date": "2026-09-01",
        "time_zone": "Europe/Brussels",
        "is_org_active": True,
        "currency_id": CURRENCY_ID,
        "currency_code": "EUR",
        "currency_symbol": "€",
        "currency_format": "###,##0.00",
        "price_precision": 2,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """What is drawn, and the dice that draw it."""

    dice: random.Random
    #: What the store shall remember, by name; the last ids given out among it.
    settings: dict[str, str] = field(default_factory=dict)
    #: Product, module and record, in the order in which they were made up.
    records: list[tuple[str, str, Row]] = field(default_factory=list)

    def organizations(self) -> None:
        """The organisation, as each product describes it."""
        about = words()["organization"]
        crm = {
            "id": "554023000000000019",
            "zgid": "20081234500",
            "company_name": about["company_name"],
            "primary_email": about["email"],
            "currency": "Euro",
            "iso_code": "EUR",
            "currency_symbol": "€",
            "time_zone": "Europe/Brussels",
            "country_code": "BE",
            "country": about["country"],
            "city": about["city"],
            "type": "Production",
            "mc_status": False,
            "license_details": {
                "paid": True,
                "paid_type": "enterprise",
                "users_license_purchased": 12,
                "portal_users_license_purchased": 0,
            },
        }
        self.settings["company/crm"] = json.dumps(crm)
        for edition in EDITIONS.values():
            self.settings[f"company/{edition.product}"] = json.dumps(_organization(edition, about))
        self.settings["company/projects"] = json.dumps(_portal(about))

    def users(self) -> list[str]:
        """Twelve people in both products; the first one is the administrator who gave the consent."""
        ids = [str(int(API_USER) + 2 * place) for place in range(len(words()["users"]))]
        for place, (id_, name) in enumerate(zip(ids, words()["users"], strict=True)):
            first, _, last = name.partition(" ")
            email = f"{plain(first)}.{plain(last)}@lindenhof.example"
            admin = place == 0
            crm = {
                "full_name": name,
                "first_name": first,
                "last_name": last,
                "email": email,
                "status": "active" if place < len(ids) - 1 else "disabled",
                "zuid": str(20081234600 + place),
                "role": {"id": "554023000000000015", "name": "CEO" if admin else "Sales"},
                "profile": {"id": "554023000000000011", "name": "Administrator" if admin else "Standard"},
                "time_zone": "Europe/Brussels",
                "locale": "en_GB",
            }
            self.add("crm", "users", id_, None, crm)
            self._staff(BOOKS, place, crm)
        return ids

    def accounts(self, users: list[str]) -> list[dict[str, Any]]:
        """The customers, oldest first; the odd names are dealt in among the plain ones."""
        names = Names(words(), self.dice)
        odd = dict(
            zip(
                self.dice.sample(range(ACCOUNTS), len(words()["odd_names"])),
                words()["odd_names"],
                strict=True,
            )
        )
        made: list[dict[str, Any]] = []
        for place in range(ACCOUNTS):
            body = names.account(odd.get(place), place)
            if made and self.dice.random() < 0.06:  # noqa: PLR2004  # a few are daughters of another
                body["Parent_Account"] = self.dice.choice(made)["id"]
            made.append(self.crm("Accounts", body, self.dice.choice(users)))
        return made

    def people(self, users: list[str], accounts: list[dict[str, Any]]) -> None:
        """Those who work for customers, and those whom we buy from."""
        names = Names(words(), self.dice)
        for place in range(90):
            account = self.dice.choice(accounts)
            self.crm("Contacts", names.person(account, place), self.dice.choice(users))
        for vendor in words()["vendors"]:
            self.crm("Vendors", names.vendor(vendor), self.dice.choice(users))

    def products_and_deals(self, users: list[str], accounts: list[dict[str, Any]]) -> None:
        """What is sold, and the chances to sell it."""
        names = Names(words(), self.dice)
        for place, (name, category, price) in enumerate(words()["products"]):
            body = {
                "Product_Name": name,
                "Product_Code": f"{place + 1:05d}",
                "Product_Category": category,
                "Product_Active": place % 7 != 6,  # noqa: PLR2004  # one in seven is retired
                "Unit_Price": price,
                "Usage_Unit": "Hour" if category == "Service" else "Piece",
            }
            self.crm("Products", body, self.dice.choice(users))
        for place in range(40):
            self.crm("Deals", names.deal(self.dice.choice(accounts), place), self.dice.choice(users))

    def _staff(self, edition: Edition, place: int, person: dict[str, Any]) -> None:
        """A user of CRM as a finance product knows the same person."""
        admin = place == 0
        body = {
            "name": person["full_name"],
            "email": person["email"],
            "role_id": str(edition.first_user - (48 if admin else 46)),
            "user_role": "admin" if admin else "staff",
            "status": "active" if person["status"] == "active" else "inactive",
            "is_current_user": admin,
        }
        whole = edition.collections["users"].defaults | body
        self.finance(edition, "users", str(edition.first_user + 2 * place), whole)

    def books(self, accounts: list[dict[str, Any]]) -> None:
        """Contacts and items that Books has already."""
        self._stock(BOOKS, accounts, SHARED)

    def erp(self, accounts: list[dict[str, Any]]) -> None:
        """The same people in ERP, and contacts and items of its own choice."""
        self.erp_staff()
        self._stock(ERP, accounts, SHARED_WITH_ERP)

    def erp_staff(self) -> None:
        """The people of CRM as ERP knows them."""
        people = [row.body for product, module, row in self.records if (product, module) == ("crm", "users")]
        for place, person in enumerate(people):
            self._staff(ERP, place, person)

    def _stock(self, edition: Edition, accounts: list[dict[str, Any]], shared: int) -> None:
        """Contacts: many under an account's name, some that nobody else has; and a few items."""
        names, new_id = Names(words(), self.dice), partial(self.finance_id, edition)
        tidy = [account for account in accounts if account["Account_Name"] == account["Account_Name"].strip()]
        for account in self.dice.sample(tidy, shared):
            self._put(edition, "contacts", names.customer_of(account, new_id))
        for place, name in enumerate(words()["books_only"]):
            kind = "vendor" if place % 3 == 2 else "customer"  # noqa: PLR2004  # every third sells to us
            body = {"contact_name": name, "company_name": name, "contact_type": kind}
            self._put(edition, "contacts", body | names.books_details(new_id))
        for name, category, price in words()["products"][:6]:
            kind = "service" if category == "Service" else "goods"
            self._put(edition, "items", {"name": name, "rate": price, "product_type": kind})

    def awkward(self, users: list[str]) -> None:
        """Records that an API must refuse, or that are two where one is wanted."""
        for extra in words()["awkward"]["accounts"]:
            self.crm("Accounts", {"Account_Type": "Customer", **extra}, self.dice.choice(users))
        for extra in words()["awkward"]["contacts"]:
            self._put(BOOKS, "contacts", {"company_name": extra["contact_name"], **extra})

    def crm(self, module: str, body: dict[str, Any], owner: str) -> dict[str, Any]:
        """Note a record of CRM; gives it with its id."""
        people = {"Owner": owner, "Created_By": owner, "Modified_By": owner}
        whole = people | {name: value for name, value in body.items() if value is not None}
        id_ = self.crm_id()
        self.add("crm", module, id_, key_of(MODULES[module], whole), whole)
        return whole | {"id": id_}

    def _put(self, edition: Edition, module: str, body: dict[str, Any]) -> None:
        whole = edition.collections[module].defaults | body
        self.finance(edition, module, self.finance_id(edition), whole)

    def crm_id(self) -> str:
        """The next id of CRM."""
        return self.next_id("crm", FIRST_ID)

    def finance(self, edition: Edition, module: str, id_: str, body: dict[str, Any]) -> None:
        """Note a whole record of a finance product."""
        self.add(edition.product, module, id_, finance_key(edition.collections[module], body), body)

    def finance_id(self, edition: Edition) -> str:
        """The next id of a finance product."""
        return self.next_id(edition.product, edition.first_id)

    def next_id(self, product: str, first: int) -> str:
        """The next id, counted where the store goes on counting."""
        name = last_id(product)
        self.settings[name] = str(int(self.settings.get(name, first - 1)) + 1)
        return self.settings[name]

    def add(self, product: str, module: str, id_: str, key: str | None, body: dict[str, Any]) -> None:
        """Note a record that was made some weeks ago and touched since, never after the first day began."""
        created = START - self.dice.randrange(DAY_S, WEEKS * 7 * DAY_S)
        modified = self.dice.choice((created, self.dice.randrange(created, START - 3600)))
        row = Row(id=id_, key=key, created=created, modified=modified, deleted=None, body=body)
        self.records.append((product, module, row))
