"""Tens of thousands of accounts are read and written for the credits that were forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_world import ODD, company_of, proven, query
from http_scripted import batch

from engine.connectors.http.read.bulk_export import query_credits
from engine.sandbox.crm.write import API_USER
from engine.sandbox.server.clock import START, crm_time

if TYPE_CHECKING:
    from pathlib import Path

LARGE = 41_000


def test_forty_thousand_accounts_come_in_bulk_and_cost_what_was_forecast(tmp_path: Path) -> None:
    """Three pages, a query, a count, a job, one look, the file, and what changed since: 60 credits instead of 205."""
    with company_of(tmp_path, LARGE) as (visitor, crm):
        told, found = proven(visitor, crm, LARGE)
        assert (told.calls, told.credits) == (9, 3 + 3 + 1 + 50 + 1 + 1 + 1)
        assert "in bulk" in told.method
        assert len(found) == LARGE
        odd = found["554023000002000000"]
        assert (odd["Account_Name"], odd["Owner.id"], odd["Phone"]) == (ODD, API_USER, None)
        late = found["554023000002040000"]
        assert (late["Employees"], late["Annual_Revenue"]) == ("40000", "40000.25")
        assert late["Modified_Time"] == crm_time(int(START) - 1_000_000 + 40_000)


def test_a_hundred_thousand_accounts_spend_the_fewest_credits_of_all_ways(tmp_path: Path) -> None:
    with company_of(tmp_path, 100_000) as (visitor, crm):
        told, found = proven(visitor, crm, 100_000)
    assert len(found) == 100_000
    assert told.credits == 60
    assert (told.credits or 0) < query_credits(query(), 100_000) < 500


def test_ten_thousand_new_accounts_take_a_hundred_requests_and_a_credit_for_ten(tmp_path: Path) -> None:
    with company_of(tmp_path, 1_000) as (visitor, crm):
        crm.check()
        told = crm.forecast_write("Accounts", "create", 10_000)
        before, spent = visitor.command("calls")["credits"], crm.calls
        rows = [{"Account_Name": f"Neu & Neu {number}"} for number in range(10_000)]
        receipts = list(crm.write("Accounts", batch("create", *rows)))
        assert {one.outcome for one in receipts} == {"applied"}
        assert (told.calls, told.credits) == (100, 1_000)
        assert (crm.calls - spent, visitor.command("calls")["credits"] - before) == (100, 1_000)
