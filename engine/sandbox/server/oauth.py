"""The token endpoint: a refresh token becomes an access token that lives an hour."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from engine.sandbox.server.store import Store

LIFE_S = 3600
#: Access tokens are counted over this many seconds.
WINDOW_S = 600
#: The next token beyond this many removes the oldest one that is still alive.
MAX_LIVE = 30

Standing = Literal["valid", "expired", "unknown", "out-of-scope"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A registered client and the grant that the company's administrator gave it."""

    client_id: str
    client_secret: str
    refresh_token: str
    product: str  #: the product that its scopes cover


#: One grant a product: a CRM token opens nothing in Books.
CLIENTS = (
    Client(
        client_id="1000.SANDBOXCRM",
        client_secret="sandbox-crm-secret",  # noqa: S106  # published on purpose: it opens a sandbox
        refresh_token="1000.sandbox-crm-refresh",  # noqa: S106  # the same
        product="crm",
    ),
    Client(
        client_id="1000.SANDBOXBOOKS",
        client_secret="sandbox-books-secret",  # noqa: S106  # the same
        refresh_token="1000.sandbox-books-refresh",  # noqa: S106  # the same
        product="books",
    ),
    Client(
        client_id="1000.SANDBOXERP",
        client_secret="sandbox-erp-secret",  # noqa: S106  # the same
        refresh_token="1000.sandbox-erp-refresh",  # noqa: S106  # the same
        product="erp",
    ),
    Client(
        client_id="1000.SANDBOXPROJECTS",
        client_secret="sandbox-projects-secret",  # noqa: S106  # the same
        refresh_token="1000.sandbox-projects-refresh",  # noqa: S106  # the same
        product="projects",
    ),
)


def clients(store: Store) -> tuple[Client, ...]:
    """The clients that are registered now: those of the first day, or what took their place."""
    instead: dict[str, dict[str, str]] = json.loads(store.setting("clients") or "{}")
    return tuple(replace(one, **instead.get(one.product, {})) for one in CLIENTS)


def renew(store: Store, product: str) -> Client:
    """Register another client for a product; the former one and its tokens open nothing any more."""
    instead = json.loads(store.setting("clients") or "{}")
    number = secrets.token_hex(4)
    instead[product] = {
        "client_id": f"1000.SANDBOX{number.upper()}",
        "client_secret": f"sandbox-{product}-secret-{number}",
        "refresh_token": f"1000.sandbox-{product}-refresh-{number}",
    }
    with store.transaction():
        store.remember("clients", json.dumps(instead))
    return next(one for one in clients(store) if one.product == product)


def grant(
    store: Store, form: dict[str, str], *, now: float, per_window: int, domain: str
) -> tuple[int, dict[str, object]]:
    """Answer one token request: status and JSON body. A refusal of credentials is told with status 200."""
    if form.get("grant_type") != "refresh_token":
        return 200, {"error": "unsupported_grant_type"}
    secret = (form.get("client_id"), form.get("client_secret"))
    client = next((c for c in clients(store) if (c.client_id, c.client_secret) == secret), None)
    if client is None:
        return 200, {"error": "invalid_client"}
    if form.get("refresh_token") != client.refresh_token:
        return 200, {"error": "invalid_code"}
    if _issued_since(store, client, now - WINDOW_S) >= per_window:
        words = "You have made too many requests continuously. Please try again after some time."
        return 400, {"error": "Access Denied", "error_description": words, "status": "failure"}
    token = _issue(store, client, now)
    return 200, {"access_token": token, "api_domain": domain, "token_type": "Bearer", "expires_in": LIFE_S}


def _issued_since(store: Store, client: Client, moment: float) -> int:
    sql = "SELECT count(*) FROM token WHERE refresh_token = ? AND issued > ?"
    return int(store.execute(sql, (client.refresh_token, moment)).fetchone()[0])


def _issue(store: Store, client: Client, now: float) -> str:
    token = f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
    with store.transaction():
        store.execute(
            "INSERT INTO token VALUES (?, ?, ?, ?)", (token, client.refresh_token, now, now + LIFE_S)
        )
        store.execute(
            "UPDATE token SET expires = ? WHERE refresh_token = ? AND expires > ? AND token NOT IN"
            " (SELECT token FROM token WHERE refresh_token = ? ORDER BY issued DESC, rowid DESC LIMIT ?)",
            (now, client.refresh_token, now, client.refresh_token, MAX_LIVE),
        )
    return token


def standing(store: Store, header: str | None, product: str, now: float) -> Standing:
    """What an `Authorization` header is worth to a product."""
    prefix, _, token = (header or "").partition(" ")
    row = store.execute("SELECT refresh_token, expires FROM token WHERE token = ?", (token,)).fetchone()
    if prefix not in ("Zoho-oauthtoken", "Bearer") or row is None:
        return "unknown"
    if row[1] <= now:
        return "expired"
    client = next((c for c in clients(store) if c.refresh_token == row[0]), None)
    if client is None:
        return "unknown"
    return "valid" if client.product == product else "out-of-scope"


def expire_all(store: Store, now: float) -> None:
    """End the life of every access token at once."""
    store.execute("UPDATE token SET expires = ? WHERE expires > ?", (now, now))
