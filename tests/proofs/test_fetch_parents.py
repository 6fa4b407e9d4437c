"""`else: fetch` of a shipped module, against the sandbox: an account that no view shows comes with its contact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rows_ec import change_crm, customers, in_crm, names
from rows_world import Proof, flip, house_of, only

if TYPE_CHECKING:
    from pathlib import Path

FETCHING = flip(
    "under: { Account_Name.id: customers, else: skip }", "under: { Account_Name.id: customers, else: fetch }"
)


def test_an_account_outside_the_view_comes_with_its_contact_in_one_run_and_stays_in_step(
    tmp_path: Path,
) -> None:
    proof = Proof(spec="zoho-erp-crm", flips=(), company="bare")
    with house_of(proof, tmp_path, flipped=FETCHING) as house:
        house.choose(account_view="Benelux", contact_view="Opted out")
        account = in_crm(house, "account", Account_Name="Südwind", Billing_Country="Spain")
        in_crm(house, "account", Account_Name="Ostwind", Billing_Country="Spain")
        person = {"Account_Name": {"id": account}, "Email_Opt_Out": True}
        in_crm(house, "contact", First_Name="Ada", Last_Name="Veld", **person)
        house.run()
        customer = only(customers(house))
        assert customer["contact_name"] == "Südwind"
        assert names(customer["contact_persons"], "first_name") == ["Ada"]
        house.quiet()
        change_crm(house, "account", account, Website="https://sued.example")
        house.run()
        assert only(customers(house))["website"] == "https://sued.example"
        house.quiet()


def test_one_module_alone_brings_just_the_accounts_that_its_contacts_need(tmp_path: Path) -> None:
    proof = Proof(spec="zoho-erp-crm", flips=(), company="bare")
    with house_of(proof, tmp_path, flipped=FETCHING) as house:
        account = in_crm(house, "account", Account_Name="Nordwind")
        in_crm(house, "account", Account_Name="Ostwind")
        in_crm(house, "contact", First_Name="Ada", Last_Name="Veld", Account_Name={"id": account})
        house.run("--module", "contact-persons")
        customer = only(customers(house))
        assert customer["contact_name"] == "Nordwind"
        assert names(customer["contact_persons"], "first_name") == ["Ada"]
        house.run()
        assert names(customers(house), "contact_name") == ["Nordwind", "Ostwind"]
        house.quiet()
