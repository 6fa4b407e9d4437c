"""Deals out believable details: names, addresses, telephone numbers, sums."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from engine.sandbox.crm.modules import MODULES
from engine.sandbox.server.store import fold

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

_STAGES = {
    "Qualification": 10,
    "Needs Analysis": 20,
    "Proposal/Price Quote": 60,
    "Negotiation/Review": 80,
    "Closed Won": 100,
}


def plain(text: str) -> str:
    """A text as it stands in a mail or web address."""
    letters = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in letters if c.isascii() and c.isalnum())


class Names:
    """Details drawn from the raw material by the given dice."""

    def __init__(self, words: dict[str, Any], dice: random.Random) -> None:
        self._words = words
        self._dice = dice
        self._used = {fold(name) for name in words["odd_names"]}

    def account(self, name: str | None, place: int) -> dict[str, Any]:
        """A customer of CRM; `name` None = draw one that nobody has."""
        country = self._country()
        name = name or self._company(country)
        fields = MODULES["Accounts"].fields
        home = plain(name) or f"customer{place}"
        return {
            "Account_Name": name,
            "Account_Number": f"{place + 1:06d}",
            "Account_Type": self._maybe(
                0.9, self._dice.choice(("Customer", "Customer", "Prospect", "Partner", "Other"))
            ),
            "Industry": self._maybe(0.8, self._dice.choice(fields["Industry"].choices)),
            "Ownership": self._maybe(0.5, self._dice.choice(fields["Ownership"].choices)),
            "Rating": self._maybe(0.7, self._dice.choice(("Active", "Active", "Acquired", "Shut Down"))),
            "Phone": self._maybe(0.85, self._phone(country)),
            "Fax": self._maybe(0.1, self._phone(country)),
            "Website": self._maybe(0.75, f"https://www.{home}.{country['tld']}"),
            "Employees": self._maybe(0.6, self._dice.randrange(1, 900)),
            "Annual_Revenue": self._maybe(0.5, self._dice.randrange(5_000_000, 900_000_000) / 100),
            "Description": self._maybe(0.3, self._dice.choice(self._words["descriptions"])),
            **self._address(country, "Billing_"),
            **(self._address(country, "Shipping_") if self._dice.random() < 0.4 else {}),  # noqa: PLR2004  # some deliver elsewhere
        }

    def person(self, account: dict[str, Any], place: int) -> dict[str, Any]:
        """Somebody who works for a customer."""
        country = self._country()
        first = self._dice.choice(self._words["first_names"])
        last = self._dice.choice(country["surnames"])
        return {
            "First_Name": first,
            "Last_Name": last,
            "Full_Name": f"{first} {last}",
            "Email": f"{plain(first)}.{plain(last)}{place}@{country['tld']}",
            "Account_Name": account["id"],
            "Phone": self._maybe(0.7, self._phone(country)),
            "Title": self._maybe(
                0.5, self._dice.choice(("Buyer", "Owner", "Accountant", "Head of Purchasing"))
            ),
            "Email_Opt_Out": self._dice.random() < 0.1,  # noqa: PLR2004  # a few want no mail
            **self._address(country, "Mailing_", code="Zip"),
        }

    def vendor(self, name: str) -> dict[str, Any]:
        """Somebody whom the company buys from."""
        country = self._country()
        address = self._address(country, "", code="Zip_Code")
        mail = f"sales@{plain(name)}.example"
        return {"Vendor_Name": name, "Email": mail, "Phone": self._phone(country), **address}

    def deal(self, account: dict[str, Any], place: int) -> dict[str, Any]:
        """A chance to sell."""
        stage = self._dice.choice(tuple(_STAGES))
        return {
            "Deal_Name": f"{account['Account_Name'].strip()[:60]}, order {place + 1}",
            "Stage": stage,
            "Probability": _STAGES[stage],
            "Amount": self._dice.randrange(20_000, 5_000_000) / 100,
            "Closing_Date": f"2026-{self._dice.randrange(11, 13)}-{self._dice.randrange(1, 29):02d}",
            "Account_Name": account["id"],
            "Type": "Existing Business",
        }

    def customer_of(self, account: dict[str, Any], new_id: Callable[[], str]) -> dict[str, Any]:
        """What Books knows of an account: most of it the same, some of it older or missing."""
        name = account["Account_Name"]
        address = {
            "address": account["Billing_Street"],
            "city": account["Billing_City"],
            "state": account.get("Billing_State", ""),
            "zip": account["Billing_Code"],
            "country": account["Billing_Country"],
            "phone": account.get("Phone", ""),
        }
        differs = self._dice.random()
        if differs < 0.3:  # noqa: PLR2004  # has moved since
            address |= {"address": f"{self._dice.randrange(1, 99)} Old Road", "zip": ""}
        elif differs < 0.5:  # noqa: PLR2004  # never had an address here
            address = {}
        site = account.get("Website", "") if self._dice.random() < 0.7 else ""  # noqa: PLR2004  # not everyone told it
        details = {"contact_name": name, "company_name": name, "website": site, "billing_address": address}
        return details | self._persons(self._country(), new_id) | self._terms()

    def books_details(self, new_id: Callable[[], str]) -> dict[str, Any]:
        """An address, persons and terms for a contact that only Books has."""
        country = self._country()
        found = self._address(country, "")
        names = {"Street": "address", "City": "city", "State": "state", "Code": "zip", "Country": "country"}
        address = {names[name]: value or "" for name, value in found.items()}
        return {"billing_address": address} | self._persons(country, new_id) | self._terms()

    def _persons(self, country: dict[str, Any], new_id: Callable[[], str]) -> dict[str, Any]:
        persons = []
        for place in range(self._dice.choice((0, 1, 1, 2))):
            first, last = (
                self._dice.choice(self._words["first_names"]),
                self._dice.choice(country["surnames"]),
            )
            persons.append(
                {
                    "contact_person_id": new_id(),
                    "first_name": first,
                    "last_name": last,
                    "email": f"{plain(first)}.{plain(last)}@{country['tld']}",
                    "phone": self._phone(country),
                    "is_primary_contact": place == 0,
                }
            )
        return {"contact_persons": persons}

    def _terms(self) -> dict[str, Any]:
        days = self._dice.choice((0, 15, 15, 30))
        return {"payment_terms": days, "payment_terms_label": f"Net {days}" if days else "Due on Receipt"}

    def _country(self) -> dict[str, Any]:
        countries = self._words["countries"]
        weights = [country["weight"] for country in countries]
        return dict(self._dice.choices(countries, weights)[0])

    def _company(self, country: dict[str, Any]) -> str:
        """A name that nobody has yet, however it is cased."""
        while True:
            one, two = self._dice.sample(country["surnames"], 2)
            trade, form = self._dice.choice(country["trades"]), self._dice.choice(country["forms"])
            name = self._dice.choice(
                (f"{one} {trade} {form}", f"{one} & {two} {form}", f"{trade} {one} {form}")
            )
            if fold(name) not in self._used:
                self._used.add(fold(name))
                return name

    def _address(self, country: dict[str, Any], prefix: str, code: str = "Code") -> dict[str, Any]:
        city, state, zip_ = self._dice.choice(country["cities"])
        street = f"{self._dice.choice(country['streets'])} {self._dice.randrange(1, 180)}"
        return {
            f"{prefix}Street": street,
            f"{prefix}City": city,
            f"{prefix}State": state,
            f"{prefix}{code}": zip_,
            f"{prefix}Country": country["name"],
        }

    def _phone(self, country: dict[str, Any]) -> str:
        return f"{country['phone']} {self._dice.randrange(100):02d} {self._dice.randrange(100):02d}"

    def _maybe(self, share: float, value: Any) -> Any:
        return value if self._dice.random() < share else None
