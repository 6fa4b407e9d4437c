"""Move in: the same people, customers, dates and ids whenever the company moves in.

Names, streets and trades come from `company.json`; a fixed seed deals them out. The company is clean: no two
customers bear the same name, and Books takes every account as it is. The awkward company has further records
that it does not. The bare company has its organisations and its people, and nothing else yet.
"""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from engine.sandbox.books.editions import EDITIONS
from engine.sandbox.company.deal_crm import deal_crm
from engine.sandbox.company.deal_finance import Dealer
from engine.sandbox.company.deal_projects import deal_projects, deal_users
from engine.sandbox.company.seed import Seed, words

if TYPE_CHECKING:
    from engine.sandbox.server.store import Store

SEED = 20261102


def fill(store: Store, company: str) -> None:
    """Move the company in, inside the caller's transaction."""
    seed = found(company)
    for name, value in seed.settings.items():
        store.remember(name, value)
    store.add_all(seed.records)


@cache
def found(company: str) -> Seed:
    """All that the company has on its first day; drawn once a process."""
    seed = Seed(dice=random.Random(SEED))  # noqa: S311  # dealt out the same every time, no secret
    seed.organizations()
    users = seed.users()
    if company == "bare":
        return _bare(seed)
    accounts = seed.accounts(users)
    seed.people(users, accounts)
    seed.products_and_deals(users, accounts)
    seed.books(accounts)
    if company == "awkward":
        seed.awkward(users)
    # Further dice, so that what is dealt above stays the same when more is added here.
    more = replace(seed, dice=random.Random(SEED + 1))  # noqa: S311  # the same
    deal_crm(more, users)
    more.erp(accounts)
    for edition in EDITIONS.values():
        Dealer(seed=more, edition=edition, words=words()).deal()
    deal_projects(more, words()["projects"], accounts)
    return seed


def _bare(seed: Seed) -> Seed:
    """The people in every product, and the accounts to book on."""
    seed.erp_staff()
    for edition in EDITIONS.values():
        Dealer(seed=seed, edition=edition, words=words()).chart()
    deal_users(seed)
    return seed
