"""The company that lives in the sandbox: clean to the last account, or awkward in known ways."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from sandbox_visitor import Visitor, visit

from engine.sandbox.company.seed import ACCOUNTS, SHARED
from engine.sandbox.crm.fields import judge
from engine.sandbox.crm.modules import MODULES
from engine.sandbox.server.store import fold

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with visit(tmp_path_factory.mktemp("clean")) as visitor:
        yield visitor


def _offer(visitor: Visitor, account: dict[str, Any]) -> dict[str, Any]:
    """What Books answers when an account comes over as a new customer."""
    parts = {"address": "Street", "city": "City", "state": "State", "zip": "Code", "country": "Country"}
    contact = {
        "contact_name": account["Account_Name"],
        "contact_type": "customer",
        "website": account["Website"],
        "notes": account["Description"],
        "billing_address": {ours: account[f"Billing_{theirs}"] for ours, theirs in parts.items()}
        | {"phone": account["Phone"], "fax": account["Fax"]},
        "shipping_address": {ours: account[f"Shipping_{theirs}"] for ours, theirs in parts.items()},
    }
    return dict(visitor.books("POST", "/contacts", json=contact).json())


def _newcomers(visitor: Visitor) -> list[dict[str, Any]]:
    known = {contact["contact_name"] for contact in visitor.records("books", "contacts")}
    return [row for row in visitor.records("crm", "Accounts") if row["Account_Name"] not in known]


def test_a_clean_companys_accounts_come_over_without_a_refusal(clean: Visitor) -> None:
    newcomers = _newcomers(clean)
    assert len(newcomers) == ACCOUNTS - SHARED
    assert Counter(_offer(clean, account)["code"] for account in newcomers) == {0: ACCOUNTS - SHARED}


def test_a_clean_companys_records_are_such_as_crm_takes(clean: Visitor) -> None:
    for module in MODULES.values():
        for row in clean.records("crm", module.name):
            refused = [judge(f, row[f.name], f.name) for f in module.fields.values() if not f.read_only]
            assert refused == [None] * len(refused)


def test_a_clean_company_has_odd_names_and_no_two_alike(clean: Visitor) -> None:
    names = [row["Account_Name"] for row in clean.records("crm", "Accounts")]
    assert len({fold(name) for name in names}) == len(names) == ACCOUNTS
    everything = "".join(names)
    for odd in ("ß", "'", "&", "🐟", "Берёзка", "東京", "\u00a0", "ﬁ", "e\u0301", "\\", "النخيل"):
        assert odd in everything
    assert {"null", "0123456789", "Trailing Space Trading "} <= set(names)


def test_an_awkward_company_is_refused_in_several_ways(tmp_path_factory: pytest.TempPathFactory) -> None:
    with visit(tmp_path_factory.mktemp("awkward"), company="awkward") as awkward:
        accounts = [row["Account_Name"] for row in awkward.records("crm", "Accounts")]
        contacts = {row["contact_name"]: row for row in awkward.records("books", "contacts")}
        refused = [
            answer for answer in (_offer(awkward, row) for row in _newcomers(awkward)) if answer["code"]
        ]
    assert Counter(answer["code"] for answer in refused) == {3062: 3, 15: 2, 4: 1}
    twice = {name for name, times in Counter(accounts).items() if times > 1}
    assert twice == {"Hafenkontor Bremen", "Atelier Deux-Rives"}
    assert contacts["Sleeping Customer NV"]["status"] == "inactive"
    assert contacts["Kontor Nord AB"]["contact_type"] == "vendor"
    assert {"Sleeping Customer NV", "Kontor Nord AB"} <= set(accounts)
