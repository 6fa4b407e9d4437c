"""Refusals: how each product says no: one exception and one body shape for each."""

from __future__ import annotations

from typing import Any

#: The path below which the sandbox's own commands lie; they are neither logged nor faulted.
COMMANDS = "/_sandbox/"


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


class NotServed(Exception):  # noqa: N818  # the same
    """The vendor serves it, the sandbox does not; the message names it."""


#: What Projects says, with status 400, when an address was called too often.
PROJECTS_LIMIT = "Sorry, this address was called too often. Please try again after 30 minutes."


class ProjectsRefused(Exception):  # noqa: N818  # the same
    """Projects refuses a request; `title` is its word for why, `kind` whether a field or an operation is wrong."""

    def __init__(
        self, status: int, title: str, message: str, *, kind: str | None = None, field: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.title = title
        self.body = projects_error(status, title, message, kind=kind, field=field)


def projects_error(
    status: int, title: str, message: str, *, kind: str | None = None, field: str | None = None
) -> dict[str, Any]:
    """A refusal as Projects words it."""
    detail = {"message": message} | ({"field_name": field} if field else {})
    error: dict[str, Any] = {"status_code": str(status), "title": title, "details": [detail]}
    return {"error": error | ({"error_type": kind} if kind else {})}


def is_projects(path: str) -> bool:
    """True for a path of Projects."""
    return path.startswith("/api/")


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
    if is_projects(path):
        return 400, projects_error(400, "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED", PROJECTS_LIMIT)
    return 429, crm_error("TOO_MANY_REQUESTS", "You have reached the maximum number of API calls.")


def broken(path: str) -> dict[str, Any]:
    """The body of a product that fails inside."""
    if is_finance(path):
        return {"code": 1000, "message": "Sorry, something went wrong. Please try again later."}
    if is_projects(path):
        return projects_error(500, "INTERNAL_SERVER_ERROR", "Internal Server Error")
    return crm_error("INTERNAL_ERROR", "Internal Server Error")


def is_unknown_address(body: dict[str, Any]) -> bool:
    """Whether a refusal says that there is nothing at an address."""
    title = body.get("error", {}).get("title")
    return body.get("code") in ("INVALID_MODULE", 5) or title == "URL_RULE_NOT_CONFIGURED"


def no_json(path: str, why: str) -> dict[str, Any]:
    """The body of a refusal, with status 400, of what is no JSON object."""
    if is_finance(path):
        return {"code": 4, "message": "Invalid value passed for JSONString"}
    if is_projects(path):
        return projects_error(400, "INVALID_JSON", "The body is not a JSON object.")
    if path.startswith(COMMANDS):
        return {"error": f"The command's body cannot be read: {why}."}
    return crm_error("INVALID_DATA", "body", expected_data_type="jsonobject")


def quoting(path: str, words: str) -> dict[str, Any]:
    """The body of a product that refuses a request in words of its own."""
    if is_finance(path):
        return {"code": 9, "message": words}
    if is_projects(path):
        return projects_error(400, "BAD_REQUEST", words)
    return crm_error("BAD_REQUEST", words)
