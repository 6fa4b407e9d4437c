"""The finance tab inside CRM: documents of the finance product that CRM shows, and reports on them. All is guessed."""

from __future__ import annotations

#: What every document of the tab has.
_DOCUMENT = """
Created_In picklist read-only = crm|finance
Account lookup -> Accounts
Contact lookup -> Contacts
Vendor lookup -> Vendors
Deal lookup -> Deals
Number text 100
Reference text 100
Date date
Currency text 3
Discount currency
Adjustment currency
Shipping currency
Total currency
Notes textarea 32000
Terms textarea 32000
Lines jsonarray
Custom jsonarray
"""
#: The fields that only one kind of document has.
_OWN = {
    "Finance_Quotes": """
Status picklist = draft|sent|invoiced|accepted|declined|expired
Expiry_Date date
""",
    "Finance_Sales_Orders": """
Status picklist = draft|open|invoiced|partially_invoiced|overdue|void|closed
Shipment_Date date
""",
    "Finance_Purchase_Orders": """
Status picklist = draft|open|billed|cancelled
Delivery_Date date
""",
    "Finance_Invoices": """
Status picklist = draft|sent|viewed|unpaid|partially_paid|overdue|paid|void
Due_Date date
Balance currency
""",
    "Finance_Expenses": """
Status picklist = unbilled|invoiced|reimbursed|non-billable|billable
""",
}
REPORTS = """
Name text 200 required
Source text 100 read-only
"""
#: By module, its table.
DOCUMENTS = {name: own.strip() + _DOCUMENT for name, own in _OWN.items()}
