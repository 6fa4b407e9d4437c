"""CRM and Projects, customers and users: associated by name and mail address, and kept in step."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rows_pc import SPEC, changed, crm_changed, crm_made, crm_one, later, made, shown, users
from rows_world import also_proves, flip, only, proves

if TYPE_CHECKING:
    from rows_world import House

CLIENT = "mappings/account-client.yaml"
PERSON = "mappings/contact-client-user.yaml"


def clients(house: House) -> dict[str, dict[str, Any]]:
    """Customers of the portal by name."""
    return {one["name"]: one for one in house.visitor.records("projects", "clients")}


def accounts(house: House) -> list[str]:
    """The names of CRM's accounts."""
    return sorted(str(one["Account_Name"]) for one in house.visitor.records("crm", "Accounts"))


@proves(
    SPEC,
    flip("match: [ Account_Name ~ name ]", "match: [ Phone = phone ]", after="\n  clients:"),
    flip("duplicates: link", "duplicates: clone", after="\n  clients:"),
    flip("duplicates: link", "duplicates: skip", after="\n  clients:"),
)
def test_PC_03_customers_of_one_name_are_offered_first_and_associated_then(house: House) -> None:
    account = crm_made(house, "Accounts", Account_Name="Mira Ltd")
    client = made(house, "/clients", name="Mira Ltd", phone="+49 30 123456")
    stranger = crm_made(house, "Accounts", Account_Name="Mira Limited")
    house.forget_calls()
    result = house.engine("run", "--ask")
    assert result.exit_code == 6, result.output
    assert f"crm.Accounts:{account} = projects.clients:{client}  Mira Ltd" in result.output
    assert stranger not in result.output
    assert house.writes() == []
    code = re.findall(r"--accept ([0-9a-f]+)", result.output)[-1]
    house.run("--ask", "--accept", code)
    assert sorted(clients(house)) == ["Mira Limited", "Mira Ltd"]
    assert (clients(house)["Mira Ltd"]["id"], accounts(house)) == (client, ["Mira Limited", "Mira Ltd"])
    later(house)
    crm_changed(house, "Accounts", account, Account_Name="Mira Group")
    house.run("--ask")
    assert shown(house, f"/clients/{client}")["name"] == "Mira Group", "what is associated stays so"
    house.quiet()


@also_proves(
    SPEC, flip("direction: { to: \"==\", if: options.customers = 'pair' }", "", after="\n  clients:")
)
def test_PC_03_who_wants_customers_only_associated_gets_no_new_ones(house: House) -> None:
    house.choose(customers="pair")
    account = crm_made(house, "Accounts", Account_Name="Mira Ltd")
    client = made(house, "/clients", name="Mira Ltd")
    crm_made(house, "Accounts", Account_Name="Nova Ltd")
    made(house, "/clients", name="Zeta Ltd")
    house.forget_calls()
    house.run()
    assert house.writes() == []
    assert f"projects.clients:{client}" in house.must("explain", f"crm.Accounts:{account}")
    assert (sorted(clients(house)), accounts(house)) == (["Mira Ltd", "Zeta Ltd"], ["Mira Ltd", "Nova Ltd"])


@proves(
    SPEC,
    flip("- Phone <-> phone", "- Phone -> phone", file=CLIENT),
    flip("- Website <-> website", "", file=CLIENT),
    flip("conflicts: crm", "conflicts: projects", after="\n  clients:"),
)
def test_PC_11_customers_are_made_and_kept_in_step_on_both_sides(house: House) -> None:
    nova = crm_made(house, "Accounts", Account_Name="Nova Ltd", Website="https://nova.example")
    zeta = made(house, "/clients", name="Zeta Ltd", phone="+49 30 123456")
    house.run()
    assert clients(house)["Nova Ltd"].get("website") == "https://nova.example"
    assert accounts(house) == ["Nova Ltd", "Zeta Ltd"]
    later(house)
    there = clients(house)["Nova Ltd"]["id"]
    changed(house, f"/clients/{there}", phone="+49 30 654321", name="Nova of Projects")
    crm_changed(house, "Accounts", nova, Account_Name="Nova of CRM")
    house.run()
    assert crm_one(house, "Accounts", nova)["Phone"] == "+4930654321"
    assert shown(house, f"/clients/{there}")["name"] == "Nova of CRM", "CRM wins what both have changed"
    assert shown(house, f"/clients/{zeta}")["name"] == "Zeta Ltd"
    house.quiet()


@also_proves(
    SPEC,
    flip("    if: options.client_users\n", "    if: NOT options.client_users\n"),
    flip(
        "under: { Account_Name.id: clients, else: skip }", "under: { Account_Name.id: clients, else: hold }"
    ),
    flip("- Last_Name <-> last_name", "- Last_Name -> last_name", file=PERSON),
)
def test_PC_11_the_contacts_of_an_account_become_users_of_the_customer_if_that_is_wanted(
    house: House,
) -> None:
    house.choose(client_users=True)
    account = crm_made(house, "Accounts", Account_Name="Mira Ltd")
    asha = crm_made(
        house,
        "Contacts",
        Last_Name="Rao",
        First_Name="Asha",
        Email="asha@mira.example",
        Account_Name={"id": account},
    )
    crm_made(house, "Contacts", Last_Name="Nobody", Email="nobody@mira.example")
    assert house.run().report["held_now"] == 0
    client = clients(house)["Mira Ltd"]["id"]
    person = only(house.visitor.records("projects", "contacts"))
    assert (person.get("last_name"), person["email"], person["client"]["id"]) == (
        "Rao",
        "asha@mira.example",
        client,
    )
    later(house)
    changed(house, f"/contacts/{person['id']}", last_name="Rao-Meier")
    made(house, "/contacts", last_name="Kim", email="kim@mira.example", client={"id": client})
    house.run()
    assert crm_one(house, "Contacts", asha)["Last_Name"] == "Rao-Meier"
    kim = only([one for one in house.visitor.records("crm", "Contacts") if one["Last_Name"] == "Kim"])
    assert kim["Account_Name"]["id"] == account
    house.quiet()


@also_proves(SPEC, flip("match: [ email ~ email ]", "match: [ last_name = last_name ]", after="\n  users:"))
def test_PC_11_people_of_one_mail_address_are_one_and_the_same(house: House) -> None:
    """By default users are only associated: what belongs to a person goes to that person on the other side."""
    first, second = users(house)[:2]
    changed(house, f"/users/{first[1]}", last_name="Renamed")
    house.forget_calls()
    house.run()
    assert house.writes() == []
    for crm, zpuid in (first, second):
        assert f"projects.users:{zpuid}" in house.must("explain", f"crm.users:{crm}")


@also_proves(
    SPEC,
    flip("direction: { to: \"==\", if: options.users = 'pair' }", 'direction: "=="', after="\n  users:"),
    flip("first_name <-> first_name", "first_name <- first_name", file="mappings/user-user.yaml"),
    flip("options.crm_role, on: create", "'0', on: create", file="mappings/user-user.yaml"),
)
def test_PC_11_users_are_made_and_kept_in_step_if_that_is_wanted(house: House) -> None:
    house.choose(users="sync", crm_role="554023000000000015", crm_profile="554023000000000011")
    person, zpuid = users(house)[0]
    made(house, "/users", first_name="Ines", last_name="Vidal", email="ines@lindenhof.example")
    house.run()
    ines = only(
        [one for one in house.visitor.records("crm", "users") if one["email"] == "ines@lindenhof.example"]
    )
    assert (ines["last_name"], ines.get("role", {}).get("id")) == ("Vidal", "554023000000000015")
    later(house)
    answer = house.visitor.crm("PUT", f"/users/{person}", json={"users": [{"first_name": "Jo"}]})
    assert answer.status_code == 200, answer.text
    house.run()
    assert shown(house, f"/users/{zpuid}")["users"][0]["first_name"] == "Jo"
    house.quiet()
