"""The CRM modules of the sandbox: one table of fields each. A further module is a few more lines."""

from __future__ import annotations

from dataclasses import dataclass

from engine.sandbox.crm_fields import CrmField, parse_fields

_COMMON = """
Owner ownerlookup -> users
Created_By ownerlookup read-only -> users
Modified_By ownerlookup read-only -> users
Created_Time datetime read-only
Modified_Time datetime read-only
Description textarea 32000
Tag text read-only
Record_Status__s picklist read-only = Available|Trash|Draft
Locked__s boolean read-only
"""

_ACCOUNTS = """
Account_Name text 200 required
Account_Number text 40
Account_Site text 80
Parent_Account lookup -> Accounts
Account_Type picklist = Analyst|Competitor|Customer|Distributor|Integrator|Investor|Other|Partner|Press|Prospect|Reseller|Supplier|Vendor
Industry picklist = Communications|Consulting|Education|Engineering|Food|Healthcare|Hospitality|Logistics|Manufacturing|Retail|Technology|Other
Ownership picklist = Other|Private|Public|Subsidiary|Partnership|Government
Rating picklist = Acquired|Active|Market Failed|Project Cancelled|Shut Down
Phone phone 30
Fax text 30
Website website 255
Employees integer
Annual_Revenue currency
SIC_Code integer
Ticker_Symbol text 30
Billing_Street text 250
Billing_City text 255
Billing_State text 255
Billing_Code text 255
Billing_Country text 255
Shipping_Street text 250
Shipping_City text 255
Shipping_State text 255
Shipping_Code text 255
Shipping_Country text 255
Last_Activity_Time datetime read-only
Change_Log_Time__s datetime read-only
"""  # noqa: E501  # one field a line

_CONTACTS = """
Last_Name text 80 required
First_Name text 40
Full_Name text 120 read-only
Salutation picklist = Mr.|Mrs.|Ms.|Dr.|Prof.
Email email 100 unique
Secondary_Email email 100
Account_Name lookup -> Accounts
Vendor_Name lookup -> Vendors
Reporting_To lookup -> Contacts
Title text 100
Department text 50
Phone phone 50
Mobile phone 30
Home_Phone phone 30
Other_Phone phone 50
Date_of_Birth date
Lead_Source picklist = Advertisement|Cold Call|Employee Referral|External Referral|Online Store|Partner|Trade Show|Web Research
Email_Opt_Out boolean
Mailing_Street text 250
Mailing_City text 100
Mailing_State text 100
Mailing_Zip text 30
Mailing_Country text 100
"""  # noqa: E501  # the same

_VENDORS = """
Vendor_Name text 120 required
Email email 100
Phone phone 30
Website website 255
Category text 50
GL_Account picklist = Sales-Software|Sales-Hardware|Rental Income|Interest Income|Other
Street text 250
City text 100
State text 100
Zip_Code text 30
Country text 100
Email_Opt_Out boolean
"""

_PRODUCTS = """
Product_Name text 200 required
Product_Code text 40
Product_Category picklist = Hardware|Software|Service|Consumable
Product_Active boolean
Manufacturer picklist = In-house|Partner
Vendor_Name lookup -> Vendors
Unit_Price currency
Commission_Rate currency
Taxable boolean
Usage_Unit picklist = Box|Hour|Kg|Piece|Set
Qty_in_Stock double
Reorder_Level double
Sales_Start_Date date
Sales_End_Date date
"""

_DEALS = """
Deal_Name text 120 required
Stage picklist required = Qualification|Needs Analysis|Proposal|Negotiation|Closed Won|Closed Lost
Amount currency
Closing_Date date
Probability integer
Expected_Revenue currency read-only
Account_Name lookup -> Accounts
Contact_Name lookup -> Contacts
Type picklist = New Business|Existing Business
Lead_Source picklist = Advertisement|Cold Call|Employee Referral|External Referral|Online Store|Partner|Trade Show|Web Research
Next_Step text 255
"""  # noqa: E501  # the same


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmModule:
    """One module: its fields, and the fields that name a record and find its duplicates."""

    name: str
    fields: dict[str, CrmField]
    label: str  #: the field that names a record
    key: str  #: the field by which an upsert finds duplicates


def _module(name: str, table: str, label: str, key: str | None = None) -> CrmModule:
    return CrmModule(name=name, fields=parse_fields(table.strip() + _COMMON), label=label, key=key or label)


MODULES = {
    module.name: module
    for module in (
        _module("Accounts", _ACCOUNTS, "Account_Name"),
        _module("Contacts", _CONTACTS, "Full_Name", key="Email"),
        _module("Vendors", _VENDORS, "Vendor_Name"),
        _module("Products", _PRODUCTS, "Product_Name"),
        _module("Deals", _DEALS, "Deal_Name"),
    )
}
