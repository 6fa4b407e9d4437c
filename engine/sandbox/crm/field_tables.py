"""The fields of each CRM module, one table each; fields.py reads them."""

from __future__ import annotations

COMMON = """
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

ACCOUNTS = """
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
Total_Sales currency custom
Outstanding_Receivables currency custom
Unused_Credits currency custom
Cost_Centre text 50 custom
"""  # noqa: E501  # one field a line

CONTACTS = """
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
Asst_Phone phone 30
Fax text 30
Assistant text 50
Skype_ID text 50
Twitter text 50
Date_of_Birth date
Lead_Source picklist = Advertisement|Cold Call|Employee Referral|External Referral|Online Store|Partner|Trade Show|Web Research
Email_Opt_Out boolean
Mailing_Street text 250
Mailing_City text 100
Mailing_State text 100
Mailing_Zip text 30
Mailing_Country text 100
Other_Street text 250
Other_City text 100
Other_State text 100
Other_Zip text 30
Other_Country text 100
Cost_Centre text 50 custom
"""  # noqa: E501  # the same

VENDORS = """
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

PRODUCTS = """
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
Product_Type picklist custom = Goods|Services
Handler ownerlookup -> users
Qty_in_Stock double
Qty_Ordered double
Qty_in_Demand double read-only
Reorder_Level double
Sales_Start_Date date
Sales_End_Date date
Support_Start_Date date
Support_Expiry_Date date
"""

DEALS = """
Deal_Name text 120 required
Stage picklist required = Qualification|Needs Analysis|Value Proposition|Identify Decision Makers|Proposal/Price Quote|Negotiation/Review|Closed Won|Closed Lost|Closed Lost to Competition
Amount currency
Closing_Date date
Probability integer
Expected_Revenue currency read-only
Account_Name lookup -> Accounts
Contact_Name lookup -> Contacts
Type picklist = New Business|Existing Business
Lead_Source picklist = Advertisement|Cold Call|Employee Referral|External Referral|Online Store|Partner|Trade Show|Web Research
Next_Step text 255
Pipeline picklist = Standard
Reason_For_Loss__s picklist = Price|Competition|No budget|Other
Project_Status text 100 custom
Project_Percent_Complete integer custom
Project_Open_Tasks integer custom
Project_Closed_Tasks integer custom
Project_End_Date date custom
"""  # noqa: E501  # the same

TASKS = """
Subject text 255 required
Status picklist = Not Started|Deferred|In Progress|Completed|Waiting on someone else
Priority picklist = Highest|High|Normal|Low|Lowest
Due_Date date
Who_Id lookup -> Contacts
What_Id lookup -> any
$se_module text 50
Closed_Time datetime read-only
Send_Notification_Email boolean
"""

NOTES = """
Note_Title text 120
Note_Content textarea 32000 required
Parent_Id lookup required -> any
$se_module text 50
"""

ADDRESSES = """
Billing_Street text 250
Billing_City text 100
Billing_State text 100
Billing_Code text 30
Billing_Country text 100
Shipping_Street text 250
Shipping_City text 100
Shipping_State text 100
Shipping_Code text 30
Shipping_Country text 100
"""

#: What every document that sells or buys has, besides its own fields.
TOTALS = """
Sub_Total currency read-only
Discount currency
Tax currency read-only
Adjustment currency
Grand_Total currency read-only
Terms_and_Conditions textarea 32000
"""

QUOTES = """
Subject text 120 required
Quote_Number autonumber read-only
Quote_Stage picklist = Draft|Negotiation|Delivered|On Hold|Confirmed|Closed Won|Closed Lost
Valid_Till date
Deal_Name lookup -> Deals
Contact_Name lookup -> Contacts
Account_Name lookup required -> Accounts
Team text 100
Carrier picklist = DHL|UPS|Post|Own van
Quoted_Items subform
"""

INVOICES = """
Subject text 120 required
Invoice_Number autonumber read-only
Status picklist = Created|Approved|Delivered|Cancelled
Invoice_Date date
Due_Date date
Sales_Order lookup -> Sales_Orders
Purchase_Order text 120
Account_Name lookup required -> Accounts
Contact_Name lookup -> Contacts
Excise_Duty currency
Sales_Commission currency
Invoiced_Items subform
"""

SALES_ORDERS = """
Subject text 120 required
SO_Number autonumber read-only
Status picklist = Created|Approved|Delivered|Cancelled
Due_Date date
Customer_No text 100
Purchase_Order text 120
Quote_Name lookup -> Quotes
Deal_Name lookup -> Deals
Account_Name lookup required -> Accounts
Contact_Name lookup -> Contacts
Excise_Duty currency
Sales_Commission currency
Ordered_Items subform
"""

PURCHASE_ORDERS = """
Subject text 120 required
PO_Number text 100
Status picklist = Created|Approved|Delivered|Cancelled
PO_Date date
Due_Date date
Requisition_No text 100
Tracking_Number text 100
Vendor_Name lookup required -> Vendors
Contact_Name lookup -> Contacts
Excise_Duty currency
Sales_Commission currency
Purchase_Items subform
"""

#: A module that the organisation made itself.
REGIONS = """
Name text 120 required
Code text 10 custom unique
Head_Office lookup custom -> Accounts
Opened_On date custom
"""

#: A row of the items of a document.
LINE = """
Product_Name lookup -> Products
Quantity double
List_Price currency
Discount currency
Description textarea 2000
"""
