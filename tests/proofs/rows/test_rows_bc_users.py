"""CRM and Books, people of CRM who may make quotes there without entering Books: what the row BC-07 promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rows_bc import books_all
from rows_world import also_proves, flip, only, proves

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-books-crm"
TRANSACTIONS = ("quotes", "sales_orders", "purchase_orders", "invoices")
ENROL = "creates: by hand"


def person(house: House, name: str, status: str = "active") -> str:
    """A new user of CRM whom Books does not know."""
    user = {
        "first_name": name,
        "last_name": "Veld",
        "email": f"{name.lower()}@veld.example",
        "role": {"id": "554023000000015969"},
        "profile": {"id": "554023000000015975"},
        "status": status,
    }
    answer = house.visitor.crm("POST", "/users", json={"users": [user]}).json()
    return str(answer["users"][0]["details"]["id"])


def with_transactions(house: House) -> None:
    """All transaction modules and the role are chosen."""
    house.choose(vendors="both", integration_users=True, **dict.fromkeys(TRANSACTIONS, True))


def in_role(house: House) -> list[dict[str, Any]]:
    """Who has the role in Books."""
    return [one for one in books_all(house, "user") if one.get("user_role") == "integration_user"]


@proves(
    SPEC,
    flip("set: { user_role: integration_user, status: active }", "set: { user_role: staff, status: active }"),
    flip("deletes: propagate ", "deletes: keep ", after="title: Integration users"),
)
def test_BC_07_the_role_is_granted_to_whoever_is_added_and_taken_away_again(house: House) -> None:
    with_transactions(house)
    ada = person(house, "Ada")
    person(house, "Bo")
    house.run()
    assert in_role(house) == []
    house.must("do", "integration-users.enrol", "--record", f"crm.users:{ada}", "--yes")
    user = only(in_role(house))
    assert (user.get("email"), user.get("status")) == ("ada@veld.example", "active")
    house.quiet()
    house.must("do", "integration-users.withdraw", "--record", f"crm.users:{ada}", "--yes")
    assert in_role(house) == []
    assert "ada@veld.example" not in [one.get("email") for one in books_all(house, "user")]
    house.quiet()


@also_proves(SPEC, flip("check: status = 'active', else: Only active", "check: TRUE, else: Only active"))
def test_BC_07_somebody_who_is_not_active_in_crm_is_refused(house: House) -> None:
    with_transactions(house)
    bo = person(house, "Bo", "inactive")
    house.run()
    house.forget_calls()
    said = house.must("do", "integration-users.enrol", "--record", f"crm.users:{bo}", "--yes", expect=1)
    assert "Only active CRM users can become integration users." in said
    assert house.writes() == []
    assert in_role(house) == []


@also_proves(SPEC, flip("at-most: 1000", "at-most: 9999"))
def test_BC_07_no_more_have_the_role_than_there_may_be(house: House) -> None:
    """The bound of a thousand is brought down to one, so that the second is beyond it."""
    text = house.spec.read_text(encoding="utf-8")
    house.spec.write_text(text.replace("at-most: 1000", "at-most: 1"), encoding="utf-8")
    with_transactions(house)
    ada, bo = person(house, "Ada"), person(house, "Bo")
    house.must("do", "integration-users.enrol", "--record", f"crm.users:{ada}", "--yes")
    house.forget_calls()
    said = house.engine("do", "integration-users.enrol", "--record", f"crm.users:{bo}", "--yes").output
    assert "takes 1 records at most, and 1 are enrolled" in said
    assert house.writes() == []
    assert [one.get("email") for one in in_role(house)] == ["ada@veld.example"]


@also_proves(
    SPEC,
    flip(
        "needs: options.quotes AND options.sales_orders AND options.purchase_orders AND options.invoices",
        "needs: options.quotes AND options.sales_orders AND options.purchase_orders",
    ),
)
def test_BC_07_the_role_needs_all_kinds_of_transactions(house: House) -> None:
    with_transactions(house)
    house.choose(invoices=False)
    ada = person(house, "Ada")
    house.forget_calls()
    said = house.engine("do", "integration-users.enrol", "--record", f"crm.users:{ada}", "--yes")
    assert said.exit_code != 0, said.output
    assert "options.invoices" in said.output
    assert house.writes() == []
    assert in_role(house) == []
