"""Addresses that a vendor publishes and the sandbox does not serve: a gap of ours is no mistake of a client."""

from __future__ import annotations

import re

#: Modules of CRM, and whatever hangs on a record of any module.
_CRM = r"""
(Leads|Campaigns|Cases|Solutions|Calls|Events|Price_Books|Services|Appointments__s|Attachments|Forecasts)(/.*)?
[A-Z]\w+/\d+/[A-Za-z_]\w*(/.*)?
\w+/(\d+/)?actions/.+
\w+/deleted/.+
settings/(layouts|roles|profiles|related_lists|pipeline|territories|tags|variables|variable_groups|blueprint)(/.*)?
settings/(automation|field_map_dependency|duplicate_check_preference|wizards|email_templates|global_picklists)(/.*)?
settings/(fields|modules|custom_views|recycle_bin)/.+
org(/currencies)?/.+
users/.+|__composite_requests|files|features.*
"""
_BOOKS = r"""
(bills|creditnotes|customerpayments|vendorpayments|vendorcredits|journals|bankaccounts|banktransactions)(/.*)?
(retainerinvoices|purchasereceives|recurringbills|basecurrencyadjustment|itemdetails|share/paymentlink)(/.*)?
(crm|estimates|invoices|salesorders|purchaseorders)/\w+/\w+/(import|customfields)
bill/\w+/customfields|crm/(account|contact|item|vendor)/\w+/import
chartofaccounts/transactions(/.*)?|chartofaccounts/\w+/(active|inactive)
contacts/\w+/(address|comments|email|paymentreminder|portal|receivables|refunds|statements|track1099|untrack1099)(/.*)?
(estimates|invoices|salesorders)/(pdf|print|email|templates|fromsalesorder|mapwithorder|paymentreminder|expenses/.*)
purchaseorders/(templates|editpage/.*)
(estimates|invoices|salesorders|purchaseorders|recurringinvoices)/\w+/(address|comments|email|templates|submit|approve)(/.*)?
(invoices|salesorders|purchaseorders)/\w+/(attachment|documents|reject|substatus)(/.*)?
invoices/\w+/(credits|creditsapplied|payments|paymentreminder|writeoff)(/.*)?
(expenses|recurringexpenses)/\w+/(attachment|comments|receipt|expenses)|recurringinvoices/\w+/comments
projects/\w+/(clone|comments|invoices|users/invite)(/.*)?
projects/timeentries/(runningtimer|timer|\w+/timer)/.+
settings/(currencies/.+|taxes|taxauthorities|taxexemptions|taxgroups|preferences/.+)(/.*)?
users/\w+/invite
"""
_ERP = (
    _BOOKS
    + r"""
(departments|designations|expense-claims|expense-reports|payruns|receipts|trips)(/.*)?
tasks/\w+/comments(/.*)?|(subscriptions|plans|addons|warehouses|manufacturing)(/.*)?
"""
)
_PROJECTS = r"""
portal/\w+/(settings|search|tags|activities|events|forums|documents|projectgroups|project-groups)(/.*)?
portal/\w+/(roles|profiles|teams|leaves|dashboards|timers|layouts|status|modules)(/.*)?
portal/\w+/projects/\w+/(activities|events|forums|documents|tags|attachments|users|status|layouts|customviews)(/.*)?
portal/\w+/projects/\w+/(tasks|issues|phases|tasklists)/\w+/(?!comments)\w+(/.*)?
"""


def _of(table: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{line})" for line in table.split("\n") if line))


#: By what a path begins with.
_TABLES = {
    "/crm/v8/": _of(_CRM),
    "/crm/bulk/v8/": _of(r"write(/.*)?|file(/.*)?"),
    "/books/v3/": _of(_BOOKS + r"employees?(/\w+)?"),
    "/erp/v3/": _of(_ERP),
    "/erp/v1/": _of(_ERP),
    "/api/v3/": _of(_PROJECTS),
}


def is_published(path: str) -> bool:
    """Whether the vendor serves an address that the sandbox does not know."""
    return any(
        table.fullmatch(path.removeprefix(start)) is not None
        for start, table in _TABLES.items()
        if path.startswith(start)
    )
