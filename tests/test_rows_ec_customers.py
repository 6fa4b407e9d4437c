"""CRM and ERP, customers: what the rows EC-… promise, at the command line and in both systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rows_world import flip, proves

if TYPE_CHECKING:
    from rows_world import House


@proves("zoho-erp-crm", flip("deletes: keep", "deletes: propagate", after="  customers:"))
def test_EC_13_a_customer_pushed_to_crm_and_deleted_there_stays_in_erp_and_is_not_made_again(
    house: House,
) -> None:
    visitor = house.visitor
    customer = visitor.erp("POST", "/contacts", json={"contact_name": "Mira Ltd"}).json()["contact"]
    house.run()
    (account,) = visitor.records("crm", "Accounts")
    assert account["Account_Name"] == "Mira Ltd"
    visitor.crm("DELETE", f"/Accounts/{account['id']}")
    for words in ((), ("--full",)):
        house.run(*words)
        assert visitor.records("crm", "Accounts") == []
        kept = visitor.erp("GET", f"/contacts/{customer['contact_id']}").json()
        assert kept.get("contact", {}).get("status") == "active"
    house.quiet()
