"""The Books collections of the sandbox: what lists show, what is refused, what is filled in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

#: The only organisation, and its base currency.
ORGANIZATION_ID = "20081234567"
CURRENCY_ID = "46000000000000099"
FIRST_ID = 46000000000026001

_ADDRESS = {
    "attention": 100,
    "address": 500,
    "street2": 255,
    "city": 100,
    "state": 100,
    "state_code": 100,
    "zip": 50,
    "country": 100,
    "fax": 50,
    "phone": 50,
}
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """A field that the organisation added to a collection."""

    id: str
    api_name: str
    label: str
    choices: tuple[str, ...] = ()  #: of a drop-down; empty = free text


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """One collection of records under the organisation."""

    plural: str  #: its path and its key in lists
    singular: str  #: its key in single answers
    id: str  #: the field that holds the id
    name: str  #: the field that names a record, required and unique
    title: str  #: what messages call a record
    report: str
    #: Fields of a list row, besides id and status; the others need a read of the record.
    listed: tuple[str, ...]
    #: Everything a record can hold, with the value of a field that is empty.
    defaults: dict[str, Any]
    #: Most characters, by field; an inner dict describes an object or the rows of an array.
    lengths: dict[str, Any]
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sorts: dict[str, str] = field(default_factory=dict)  #: SQL behind each `sort_column`
    searches: tuple[str, ...] = ()  #: fields with `=`, `_startswith` and `_contains` filters
    required: tuple[str, ...] = ()  #: besides the name
    row_ids: dict[str, str] = field(default_factory=dict)  #: the id field of the rows of an array
    custom: tuple[CustomField, ...] = ()


def _body(name: str) -> str:
    return f"lower(json_extract(body, '$.{name}'))"


CONTACTS = Collection(
    plural="contacts",
    singular="contact",
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
        "billing_address": _ADDRESS,
        "shipping_address": _ADDRESS,
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
        "email": _body("contact_persons[0].email"),
        "first_name": _body("contact_persons[0].first_name"),
        "last_name": _body("contact_persons[0].last_name"),
    },
    searches=(
        "contact_name",
        "company_name",
        "contact_type",
        "zcrm_account_id",
        "zcrm_contact_id",
        "zcrm_vendor_id",
    ),
    row_ids={"contact_persons": "contact_person_id"},
    custom=(
        CustomField(id="46000000000098001", api_name="cf_industry", label="Industry"),
        CustomField(id="46000000000098003", api_name="cf_rating", label="Rating"),
        CustomField(id="46000000000098005", api_name="cf_cost_centre", label="Cost centre"),
    ),
)

ITEMS = Collection(
    plural="items",
    singular="item",
    id="item_id",
    name="name",
    title="Item",
    report="Items",
    listed=("name", "status", "description", "rate", "unit", "tax_id", "tax_name", "sku", "product_type"),
    defaults={
        "name": "",
        "status": "active",
        "description": "",
        "rate": 0,
        "unit": "",
        "sku": "",
        "product_type": "goods",
        "item_type": "sales",
        "purchase_rate": "",
        "purchase_description": "",
        "is_taxable": True,
        "tax_id": "",
        "tax_name": "",
        "reorder_level": "",
        "hsn_or_sac": "",
    },
    lengths={"name": 100, "description": 2000},
    choices={
        "product_type": ("goods", "service", "digital_service"),
        "item_type": ("sales", "purchases", "sales_and_purchases", "inventory"),
    },
    sorts={
        "name": "key",
        "rate": "json_extract(body, '$.rate')",
        "tax_name": _body("tax_name"),
        "last_modified_time": "modified",
    },
    searches=("name", "description", "sku"),
    required=("rate",),
)

COLLECTIONS = {collection.plural: collection for collection in (CONTACTS, ITEMS)}
