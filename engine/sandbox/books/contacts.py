"""The contacts of a finance product, and the collections of Books all together."""

from __future__ import annotations

from engine.sandbox.books.collection import ADDRESS, PRIMARY, Action, Collection
from engine.sandbox.books.documents import CURRENCY_ID, DOCUMENTS, custom_fields

#: The only organisation of Books, and its first id.
ORGANIZATION_ID = "20081234567"
FIRST_ID = 46000000000026001

_PERSON = {
    "salutation": 25,
    "first_name": 100,
    "last_name": 100,
    "email": 100,
    "phone": 50,
    "mobile": 50,
    "designation": 100,
    "department": 50,
    "skype": 50,
}

CONTACTS = Collection(
    plural="contacts",
    singular="contact",
    path="contacts",
    id="contact_id",
    name="contact_name",
    title="Contact",
    report="Contacts",
    listed=(
        "contact_name",
        "company_name",
        "contact_type",
        "status",
        "payment_terms",
        "payment_terms_label",
        "currency_id",
        "currency_code",
        "outstanding_receivable_amount",
        "total_sales_amount",
        "unused_credits_receivable_amount",
        "first_name",
        "last_name",
        "email",
        "phone",
        "mobile",
    ),
    defaults={
        "contact_name": "",
        "company_name": "",
        "contact_type": "customer",
        "customer_sub_type": "business",
        "contact_number": "",
        "status": "active",
        "website": "",
        "language_code": "",
        "currency_id": CURRENCY_ID,
        "payment_terms": 0,
        "payment_terms_label": "Due on Receipt",
        "credit_limit": 0,
        "pricebook_id": "",
        "owner_id": "",
        "notes": "",
        "facebook": "",
        "twitter": "",
        "is_taxable": True,
        "tax_id": "",
        "vat_reg_no": "",
        "vat_treatment": "",
        "legal_name": "",
        "zcrm_account_id": "",
        "zcrm_contact_id": "",
        "zcrm_vendor_id": "",
        "tags": [],
        "contact_persons": [],
        "billing_address": {},
        "shipping_address": {},
        "opening_balances": [],
    },
    lengths={
        "contact_name": 200,
        "company_name": 200,
        "contact_number": 200,
        "payment_terms_label": 200,
        "pricebook_id": 200,
        "facebook": 100,
        "twitter": 100,
        "billing_address": ADDRESS,
        "shipping_address": ADDRESS,
        "contact_persons": _PERSON,
    },
    choices={
        "contact_type": ("customer", "vendor"),
        "customer_sub_type": ("individual", "business"),
        "language_code": ("", "de", "en", "es", "fr", "it", "ja", "nl", "pt", "pt_br", "sv", "zh", "en_gb"),
        "currency_id": (CURRENCY_ID,),
    },
    sorts={
        "contact_name": "key",
        "created_time": "created",
        "last_modified_time": "modified",
        "email": f"lower({PRIMARY.format('mine', 'email')})",
        "first_name": f"lower({PRIMARY.format('mine', 'first_name')})",
        "last_name": f"lower({PRIMARY.format('mine', 'last_name')})",
    },
    searches=(
        "contact_name",
        "company_name",
        "contact_type",
        "zcrm_account_id",
        "zcrm_contact_id",
        "zcrm_vendor_id",
    ),
    required=("contact_name",),
    row_ids={"contact_persons": "contact_person_id"},
    custom=custom_fields(46000000000098001, "Industry", "Rating", "Cost centre"),
    statuses=("active", "inactive"),
    actions={
        "active": Action(to="active", allowed=("active", "inactive")),
        "inactive": Action(to="inactive", allowed=("active", "inactive")),
    },
    shown="Status.Active",
)

#: By name in the store; an address is looked for in `path`.
COLLECTIONS = {collection.plural: collection for collection in (CONTACTS, *DOCUMENTS)}
