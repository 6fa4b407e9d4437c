"""How each product says no: one exception and one body shape for each."""

from __future__ import annotations

from typing import Any


class CrmRefused(Exception):  # noqa: N818  # named for what happened, as the answers are
    """CRM refuses a whole request, with a flat body."""

    def __init__(self, status: int, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = crm_error(code, message, **details)


class BooksRefused(Exception):  # noqa: N818  # the same
    """Books refuses a request; `code` is its own number, never 0."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"code": code, "message": message}


def is_finance(path: str) -> bool:
    """True for a path of Books or ERP, which answer alike."""
    return path.startswith(("/books/", "/erp/"))


def crm_error(code: str, message: str, **details: Any) -> dict[str, Any]:
    """One refusal as CRM words it, for a request or for one record."""
    return {"code": code, "details": details, "message": message, "status": "error"}


#: Books' codes for a limit that is used up, and what it says.
BOOKS_LIMITS = {
    44: "For security reasons you have been blocked for some time as you have exceeded the maximum number of"
    " requests per minute.",
    45: "You have exceeded the maximum number of API requests that can be made in a day.",
    1070: "Too many requests of this organization are being handled at the moment.",
}


def too_many(path: str, books_code: int = 44) -> tuple[int, dict[str, Any]]:
    """Status and body when a limit is used up."""
    if is_finance(path):
        return 429, {"code": books_code, "message": BOOKS_LIMITS[books_code]}
    return 429, crm_error("TOO_MANY_REQUESTS", "You have reached the maximum number of API calls.")


def broken(path: str) -> dict[str, Any]:
    """The body of a product that fails inside."""
    if is_finance(path):
        return {"code": 1000, "message": "Sorry, something went wrong. Please try again later."}
    return crm_error("INTERNAL_ERROR", "Internal Server Error")
