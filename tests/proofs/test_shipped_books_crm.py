"""CRM and Books with everything switched on, on a company with believable records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rows_world import Proof, house_of

if TYPE_CHECKING:
    from pathlib import Path

SWITCHES = (
    *("lone_contacts", "custom_fields", "crm_filter", "owners", "figures", "product_type", "quotes"),
    *("sales_orders", "purchase_orders", "invoices", "integration_users", "invoice_won_deals"),
    "deal_associations",
)


@pytest.mark.slow
def test_with_everything_switched_on_the_second_run_finds_nothing_to_do(tmp_path: Path) -> None:
    with house_of(Proof(spec="zoho-books-crm", flips=(), company="clean"), tmp_path) as house:
        house.choose(customers="accounts-and-contacts", extent="both", vendors="both", items="both")
        house.choose(quote_stage="Proposal/Price Quote", quote_accepted_stage="Negotiation/Review")
        house.choose(quote_declined_stage="Closed Lost", **dict.fromkeys(SWITCHES, True))
        first = house.run()
        assert first.wrote > 800
        made = {name: counts["created"]["left"] for name, counts in first.report["modules"].items()}
        kinds = ("quotes", "sales-orders", "purchase-orders", "invoices")
        assert [made[name] for name in kinds] == [12, 8, 8, 24]
        house.quiet()
