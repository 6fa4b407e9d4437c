"""The fields of each collection of a finance product, one table each; collection.py reads them."""

from __future__ import annotations

CONTACTS = """
contact_name text 200
company_name text 200
contact_type text = customer|vendor
customer_sub_type text = individual|business
contact_number text 200
status text
website text
language_code text = |de|en|es|fr|it|ja|nl|pt|pt_br|sv|zh|en_gb
currency_id text
payment_terms number
payment_terms_label text 200
credit_limit number
pricebook_id text 200
owner_id text
notes text
facebook text 100
twitter text 100
is_taxable boolean
tax_id text
vat_reg_no text
vat_treatment text
legal_name text
zcrm_account_id text
zcrm_contact_id text
zcrm_vendor_id text
tags list
contact_persons list
billing_address object
shipping_address object
opening_balances list
"""
ITEMS = """
name text 100 required listed
rate number required listed
description text 2000 listed
sku text 100 listed
unit text 100 listed
product_type text listed = goods|service|digital_service
item_type text = sales|purchases|sales_and_purchases|inventory
account_id id -> accounts
purchase_rate loose
purchase_description text 2000
purchase_account_id id -> accounts
inventory_account_id id -> accounts
vendor_id id -> contacts
reorder_level loose
initial_stock loose
stock_on_hand loose read-only
tax_id text listed
tax_name text listed read-only
is_taxable boolean
hsn_or_sac text
"""
MONEY = """
currency_id id listed
exchange_rate number
discount loose
discount_type text = entity_level|item_level
is_discount_before_tax boolean
is_inclusive_tax boolean
adjustment number
shipping_charge number
salesperson_id text
salesperson_name text 200 listed
zcrm_potential_id text 50
project_id id -> projects
notes text 5000
terms text 10000
line_items list required
sub_total number read-only
total number read-only listed
"""
SALE = (
    "customer_id id required listed -> contacts\nreference_number text 100 listed\ndate date listed" + MONEY
)
ESTIMATES = (
    """
estimate_number text 100 listed
expiry_date date listed
accepted_date date listed read-only
declined_date date read-only
"""
    + SALE
)
INVOICES = (
    """
invoice_number text 100 listed
due_date date listed
payment_terms number
payment_terms_label text 100
balance number read-only listed
last_payment_date date read-only listed
contact_persons list
billing_address object
recurring_invoice_id id -> recurring_invoices
invoiced_estimate_id id -> estimates
is_emailed boolean read-only listed
zprojects_id text 50
"""
    + SALE
)
SALESORDERS = (
    """
salesorder_number text 100 listed
shipment_date date listed
delivery_method text 100
estimate_id id -> estimates
"""
    + SALE
)
PURCHASEORDERS = """
purchaseorder_number text 100 listed
vendor_id id required listed -> contacts
reference_number text 100 listed
date date listed
delivery_date date listed
due_date date
salesorder_id id -> salesorders
delivery_customer_id id -> contacts
""" + MONEY.lstrip("\n")
EXPENSES = """
account_id id required listed -> accounts
paid_through_account_id id required -> accounts
date date required listed
amount number required
total number read-only listed
bcy_total number read-only listed
vendor_id id -> contacts
customer_id id listed -> contacts
project_id id -> projects
is_billable boolean listed
reference_number text 100 listed
description text 500 listed
expense_type text listed read-only
tax_id text
is_inclusive_tax boolean
currency_id id listed
exchange_rate number
zcrm_potential_id text 50
zprojects_id text 50
line_items list
"""
RECURRING_INVOICES = """
recurrence_name text 100 required listed
customer_id id required listed -> contacts
recurrence_frequency text required listed = days|weeks|months|years
repeat_every number
start_date date listed
end_date date listed
last_sent_date date listed read-only
next_invoice_date date listed read-only
payment_terms number
""" + MONEY.lstrip("\n")
RECURRING_EXPENSES = """
recurrence_name text 100 required listed
account_id id required listed -> accounts
recurrence_frequency text required listed = days|weeks|months|years
repeat_every number required
start_date date required
end_date date
amount number required
total number read-only listed
is_billable boolean listed
customer_id id listed -> contacts
project_id id -> projects
description text 500 listed
currency_id id listed
exchange_rate number
last_created_date date listed read-only
next_expense_date date listed read-only
"""
PROJECTS = """
project_name text 100 required listed
customer_id id required listed -> contacts
description text 500 listed
billing_type text required listed = fixed_cost_for_project|based_on_project_hours|based_on_staff_hours|based_on_task_hours
user_id id required -> users
rate number listed
budget_type text
budget_hours loose
budget_amount loose
cost_budget_amount loose
start_date date
end_date date
zprojects_id text 50
"""  # noqa: E501  # one field a line
TASKS = """
project_id id required listed -> projects
task_name text 100 required listed
description text 500 listed
rate number listed
budget_hours loose listed
"""
STAFF = """
project_id id required listed -> projects
user_id id required listed -> users
rate number listed
cost_rate number listed
budget_hours loose listed
"""
TIME = """
project_id id required listed -> projects
task_id id required listed -> project_tasks
user_id id required listed -> users
log_date date required listed
log_time text 10 listed
begin_time text 10 listed
end_time text 10 listed
is_billable boolean listed
billed_status text listed = unbilled|invoiced
invoice_id id listed read-only
notes text 500 listed
cost_rate number listed
"""
GENERAL_TIME = """
user_id id required listed -> users
log_date date required listed
log_time text 10 required listed
is_billable boolean listed
billed_status text listed = unbilled|invoiced
invoice_id id listed read-only
notes text 500 listed
"""
USERS = """
name text 100 required listed
email text 100 required listed
role_id text 100 listed
user_role text listed = staff|admin|timesheetstaff|integration_user
cost_rate number
is_current_user boolean listed read-only
photo_url text listed read-only
"""
ACCOUNTS = """
account_name text 100 required listed
account_code text 50 listed
account_type text listed
is_active boolean listed
"""
