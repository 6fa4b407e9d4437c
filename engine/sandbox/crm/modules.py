"""The CRM modules of the sandbox. A further module is a table of fields and one line here."""

from __future__ import annotations

from dataclasses import dataclass

from engine.sandbox.crm import field_tables, finance_modules
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
    fields = parse_fields(table.strip() + field_tables.COMMON)
    return CrmModule(name=name, fields=fields, label=label, key=(key or label) if upsert else None)


def _document(name: str, table: str) -> CrmModule:
    parts = (table, field_tables.ADDRESSES, field_tables.TOTALS)
    return _module(name, "\n".join(part.strip() for part in parts), "Subject")


MODULES = {
    module.name: module
    for module in (
        _module("Accounts", field_tables.ACCOUNTS, "Account_Name"),
        _module("Contacts", field_tables.CONTACTS, "Full_Name", key="Email"),
        _module("Vendors", field_tables.VENDORS, "Vendor_Name"),
        _module("Products", field_tables.PRODUCTS, "Product_Name"),
        _module("Deals", field_tables.DEALS, "Deal_Name"),
        _module("Tasks", field_tables.TASKS, "Subject", upsert=False),
        _module("Notes", field_tables.NOTES, "Note_Title", upsert=False),
        _document("Quotes", field_tables.QUOTES),
        _document("Sales_Orders", field_tables.SALES_ORDERS),
        _document("Purchase_Orders", field_tables.PURCHASE_ORDERS),
        _document("Invoices", field_tables.INVOICES),
        _module("Regions", field_tables.REGIONS, "Name", key="Code"),
        *(_module(name, table, "Number", upsert=False) for name, table in finance_modules.DOCUMENTS.items()),
        _module("Finance_Reports", finance_modules.REPORTS, "Name", upsert=False),
    )
}
#: Those that the organisation made itself.
CUSTOM = frozenset({"Regions"})
LINE_FIELDS = parse_fields(field_tables.LINE)


def module_id(name: str) -> str:
    """The id of a module, wherever one is shown."""
    return str(554023000000002901 + list(MODULES).index(name))
