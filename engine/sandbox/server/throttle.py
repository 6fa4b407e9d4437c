"""Throttle: credits and calls at once for CRM; calls a minute, a day and at once for Books. As the vendors allow."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Literal

from engine.sandbox.server.clock import DAY_S

#: Everything that the sandbox serves; the finance products share the shape of their limits.
PRODUCTS = ("crm", "books", "erp", "projects")
FINANCE = ("books", "erp")

TWO_MINUTES_S, LOCK_S = 120, 1800

LimitsName = Literal["roomy", "published"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The numbers, per organisation."""

    tokens: int  #: access tokens a refresh token gives in ten minutes
    crm_credits: int  #: in any 24 hours
    crm_at_once: int
    books_per_minute: int
    books_per_day: int
    books_at_once: int
    projects_per_address: int = 100  #: calls of one address in two minutes; more lock it for half an hour


LIMITS: dict[LimitsName, Limits] = {
    # Enterprise with 12 users; Books Premium.
    "published": Limits(
        tokens=10,
        crm_credits=62_000,
        crm_at_once=20,
        books_per_minute=100,
        books_per_day=10_000,
        books_at_once=10,
    ),
    # A newcomer shall not wait; calls at once are as published.
    "roomy": Limits(
        tokens=100,
        crm_credits=5_000_000,
        crm_at_once=20,
        projects_per_address=6_000,
        books_per_minute=6_000,
        books_per_day=1_000_000,
        books_at_once=10,
    ),
}


class Window:
    """Amounts spent within a moving stretch of time."""

    def __init__(self, length_s: float) -> None:
        self.length_s = length_s
        self.total = 0
        self._spent: deque[tuple[float, int]] = deque()

    def spend(self, amount: int, now: float) -> None:
        """Note an amount."""
        self._spent.append((now, amount))
        self.total += amount

    def used(self, now: float) -> int:
        """What still counts."""
        while self._spent and self._spent[0][0] <= now - self.length_s:
            self.total -= self._spent.popleft()[1]
        return self.total

    def frees_in_s(self, now: float) -> int:
        """Whole seconds until the oldest amount no longer counts; at least 1."""
        if not self._spent:
            return 1
        return max(1, math.ceil(self._spent[0][0] + self.length_s - now))


class Throttle:
    """What has been used of the limits since the sandbox was started."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        #: Calls being answered at this moment, by product.
        self.at_once = dict.fromkeys(PRODUCTS, 0)
        self.forget()

    def forget(self) -> None:
        """Begin to count anew."""
        self.credits = Window(DAY_S)
        self.minute = {product: Window(60) for product in FINANCE}
        self.day = {product: Window(DAY_S) for product in FINANCE}

        self.addresses: dict[str, Window] = {}
        #: Until when an address is locked, epoch seconds.
        self.locked: dict[str, float] = {}

    def projects_refuses(self, address: str, now: float) -> bool:
        """True while an address is locked, or when this call locks it."""
        if self.locked.get(address, 0) > now:
            return True
        window = self.addresses.setdefault(address, Window(TWO_MINUTES_S))
        if window.used(now) >= self.limits.projects_per_address:
            self.locked[address] = now + LOCK_S
            return True
        window.spend(1, now)
        return False

    def crm_refuses(self, now: float) -> bool:
        """True when credits or calls at once are used up."""
        too_many = self.at_once["crm"] > self.limits.crm_at_once
        return too_many or self.credits.used(now) >= self.limits.crm_credits

    def books_refuses(self, product: str, now: float) -> int | None:
        """Books' code for the limit that is used up; None = go on."""
        if self.at_once[product] > self.limits.books_at_once:
            return 1070
        if self.day[product].used(now) >= self.limits.books_per_day:
            return 45
        return 44 if self.minute[product].used(now) >= self.limits.books_per_minute else None

    def crm_headers(self, now: float) -> dict[str, str]:
        """CRM tells what is left only from half use on."""
        left = self.limits.crm_credits - self.credits.used(now)
        return {"X-API-CREDITS-REMAINING": str(max(0, left))} if left * 2 <= self.limits.crm_credits else {}

    def books_headers(self, product: str, now: float) -> dict[str, str]:
        """Books tells its limit a minute, what is left of it, and when it is whole again (seconds)."""
        left = self.limits.books_per_minute - self.minute[product].used(now)
        return {
            "X-Rate-Limit-Limit": str(self.limits.books_per_minute),
            "X-Rate-Limit-Remaining": str(max(0, left)),
            "X-Rate-Limit-Reset": str(self.minute[product].frees_in_s(now)),
        }
