"""The rows of the integrations' tables: which spec proves which, and how many there are."""

from __future__ import annotations

ROWS = {
    "zoho-projects-crm": ("PC", 11),
    "zoho-projects-erp": ("EP", 17),
    "zoho-erp-crm": ("EC", 17),
    "zoho-books-crm": ("BC", 15),
    "zoho-projects-books": ("BP", 5),
}
IDS = [(spec, f"{area}-{row:02}") for spec, (area, rows) in ROWS.items() for row in range(1, rows + 1)]
