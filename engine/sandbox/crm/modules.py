"""The CRM modules of the sandbox. A further module is a table of fields and one line here."""

from __future__ import annotations

from dataclasses import dataclass

from engine.sandbox.crm import finance as crm_finance
from engine.sandbox.crm import tables
from engine.sandbox.crm.fields import CrmField, parse_fields

#: What a lookup into any module is resolved by.
MODULE_OF = "$se_module"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmModule:
    """One module: its fields, and the fields that name a record and find its duplicates."""

    name: str
    fields: dict[str, CrmField]
    label: str  #: the field that names a record
    key: str | None  #: the field by which an upsert finds duplicates; None = the module takes no upsert

    @property
    def items(self) -> CrmField | None:
        """The field that holds the rows of a document; None = it has none."""
        return next((field for field in self.fields.values() if field.type == "subform"), None)


def _module(name: str, table: str, label: str, key: str | None = None, *, upsert: bool = True) -> CrmModule:
    fields = parse_fields(table.strip() + tables.COMMON)
    return CrmModule(name=name, fields=fields, label=label, key=(key or label) if upsert else None)


def _document(name: str, table: str) -> CrmModule:
    parts = (table, tables.ADDRESSES, tables.TOTALS)
    return _module(name, "\n".join(part.strip() for part in parts), "Subject")


MODULES = {
    module.name: module
    for module in (
        _module("Accounts", tables.ACCOUNTS, "Account_Name"),
        _module("Contacts", tables.CONTACTS, "Full_Name", key="Email"),
        _module("Vendors", tables.VENDORS, "Vendor_Name"),
        _module("Products", tables.PRODUCTS, "Product_Name"),
        _module("Deals", tables.DEALS, "Deal_Name"),
        _module("Tasks", tables.TASKS, "Subject", upsert=False),
        _module("Notes", tables.NOTES, "Note_Title", upsert=False),
        _document("Quotes", tables.QUOTES),
        _document("Sales_Orders", tables.SALES_ORDERS),
        _document("Purchase_Orders", tables.PURCHASE_ORDERS),
        _document("Invoices", tables.INVOICES),
        _module("Regions", tables.REGIONS, "Name", key="Code"),
        *(_module(name, table, "Number", upsert=False) for name, table in crm_finance.DOCUMENTS.items()),
        _module("Finance_Reports", crm_finance.REPORTS, "Name", upsert=False),
    )
}
#: Those that the organisation made itself.
CUSTOM = frozenset({"Regions"})
LINE_FIELDS = parse_fields(tables.LINE)


def module_id(name: str) -> str:
    """The id of a module, wherever one is shown."""
    return str(554023000000002901 + list(MODULES).index(name))
