"""Endpoints of CRM v8: the tables of every file, in the order in which an address is looked for."""

from __future__ import annotations

from engine.sandbox.crm import bulk_read, notifications, records, recycle_bin, search, settings, users

ROUTES = [
    *recycle_bin.ROUTES,
    *settings.ROUTES,
    *users.ROUTES,
    *notifications.ROUTES,
    *search.ROUTES,
    *bulk_read.COUNT_ROUTES,
    *records.ROUTES,
]
#: Below an address of their own.
BULK_ROUTES = bulk_read.ROUTES
