"""Access header: the header that proves who sends a request, for credentials that are not renewed."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Protocol

from engine.errors import UserError

if TYPE_CHECKING:
    from engine.connectors.http.description.api import Auth
    from engine.connectors.http.send.settings import Account


class Access(Protocol):
    """Gives the header of every request."""

    requests: int  #: sent to get it

    def header(self) -> str:
        """Its value. Raises UserError and TemporaryError."""
        ...

    def refreshed(self, rejected: str | None) -> str:
        """Another value than the rejected one. Raises UserError and TemporaryError."""
        ...


class FixedHeader:
    """An API key, or a name and a password: the same for every request."""

    def __init__(self, auth: Auth, account: Account) -> None:
        self.requests = 0
        self._name = account.connector
        self._value = _value(auth, account)

    def header(self) -> str:
        """The value of the header."""
        return self._value

    def refreshed(self, rejected: str | None) -> str:
        """There is no other one: a person must act."""
        del rejected
        raise UserError(
            f"{self._name} does not accept the credentials.",
            remedy="Check that they are right, still valid, and cover what is asked for.",
        )


def _value(auth: Auth, account: Account) -> str:
    given = account.credentials
    if auth.style == "basic":
        pair = b64encode(f"{given['user']}:{given['password']}".encode()).decode()
        return f"Basic {pair}"
    return f"{auth.prefix} {given['key']}".strip()
