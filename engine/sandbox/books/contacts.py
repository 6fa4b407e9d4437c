"""The contacts of a finance product, and the collections of Books all together."""

from __future__ import annotations

from engine.sandbox.books import field_tables
from engine.sandbox.books.collection import ADDRESS, PRIMARY, Collection, parse_table
from engine.sandbox.books.documents import ACTIVITY, CURRENCY_ID, DOCUMENTS, custom_fields

#: The only organisation of Books, and its first id.
ORGANIZATION_ID = "20081234567"
FIRST_ID = 46000000000026001

_PERSON = dict.fromkeys(("first_name", "last_name", "email", "designation"), 100)
_PERSON |= {"salutation": 25} | dict.fromkeys(("phone", "mobile", "department", "skype"), 50)
_FIELDS = parse_table(field_tables.CONTACTS)
_LISTED = (
    "contact_name company_name contact_type status payment_terms payment_terms_label currency_id currency_code"
    " outstanding_receivable_amount total_sales_amount unused_credits_receivable_amount"
    " first_name last_name email phone mobile"
)

CONTACTS = Collection(
    plural="contacts",
    singular="contact",
    path="contacts",
    id="contact_id",
    name="contact_name",
    title="Contact",
    report="Contacts",
    listed=tuple(_LISTED.split()),
    defaults=_FIELDS["defaults"]
    | {"contact_type": "customer", "customer_sub_type": "business", "status": "active", "is_taxable": True}
    | {"currency_id": CURRENCY_ID, "payment_terms_label": "Due on Receipt"},
    lengths=_FIELDS["lengths"]
    | {"billing_address": ADDRESS, "shipping_address": ADDRESS, "contact_persons": _PERSON},
    choices=_FIELDS["choices"] | {"currency_id": (CURRENCY_ID,)},
    sorts={
        "contact_name": "key",
        "created_time": "created",
        "last_modified_time": "modified",
        "email": f"fold({PRIMARY.format('mine', 'email')})",
        "first_name": f"fold({PRIMARY.format('mine', 'first_name')})",
        "last_name": f"fold({PRIMARY.format('mine', 'last_name')})",
    },
    searches=(
        "contact_name",
        "company_name",
        "contact_type",
        *(f"zcrm_{kind}_id" for kind in ("account", "contact", "vendor")),
    ),
    required=("contact_name",),
    row_ids={"contact_persons": "contact_person_id"},
    custom=custom_fields(46000000000098001, "Industry", "Rating", "Cost centre"),
    statuses=("active", "inactive"),
    actions=ACTIVITY,
    shown="Status.Active",
)

#: By name in the store; an address is looked for in `path`.
COLLECTIONS = {collection.plural: collection for collection in (CONTACTS, *DOCUMENTS)}
