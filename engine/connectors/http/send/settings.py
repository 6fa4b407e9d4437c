"""Settings: those of a system, checked: hosts, credentials, tenant. No message shows a value."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from engine.errors import UserError

if TYPE_CHECKING:
    from engine.connectors.http.description.api import Description, RateLimits

#: Auth style -> the keys that its credentials have.
CREDENTIAL_KEYS = {
    "oauth2-refresh": ("client_id", "client_secret", "refresh_token"),
    "api-key": ("key",),
    "basic": ("user", "password"),
}
#: Those of them that are no secrets.
OPEN_KEYS = frozenset({"client_id", "user"})
#: What a host is for -> the key of `with:` that overrides it.
HOST_KEYS = {"api": "host", "accounts": "accounts_host"}
#: How many requests of one path the sandbox takes in the connector's window; no other host is asked so much.
ROOM_KEY = "requests_per_path"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
#: What may stand in an HTTP header or form without surprises.
PRINTABLE = re.compile(r"[\x21-\x7e]+")
WORD = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What proves who we are; which keys there are depends on the auth style."""

    values: Mapping[str, str] = field(repr=False)
    centre: str | None = None  #: data centre that a grant belongs to; None = not said

    def __getitem__(self, key: str) -> str:
        """The value under a key."""
        return self.values[key]

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that nobody may see."""
        return tuple(value for key, value in self.values.items() if key not in OPEN_KEYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where to call and as whom."""

    connector: str
    hosts: Mapping[str, str]  #: what for (`api`, `accounts`) -> `https://host`, no slash at the end
    credentials: Credentials
    words: Mapping[str, str]  #: settings that paths and parameters may name, such as `organization`
    per_day: int | None  #: requests that may be sent in a day; None = not counted
    limits: RateLimits  #: how fast it may be called; the sandbox may take more than the connector's file says
    allow_assumed: bool  #: True = writes whose shape no source confirms may go to a real host
    sandbox: bool


def resolve_account(description: Description, settings: Mapping[str, Any], *, sandbox: bool) -> Account:
    """The account that `with:` names, references already resolved.

    Raises:
        UserError: a key is missing, unknown or of the wrong shape; a host is not one of the connector file's.
    """
    given = {key: value for key, value in settings.items() if not key.startswith("_")}
    _check_keys(description, given, sandbox=sandbox)
    credentials = _credentials(description, given.get("credentials"))
    centre = str(given.get("data_centre") or credentials.centre or next(iter(description.centres)))
    if centre not in description.centres:
        raise UserError(
            f"{description.connector} has no data centre `{centre}`.",
            remedy=f"There are: {', '.join(description.centres)}.",
        )
    hosts = dict(description.centres[centre])
    for purpose, key in HOST_KEYS.items():
        if purpose not in hosts:
            continue  # only credentials that are renewed need an accounts host
        hosts[purpose] = _host(description, str(given.get(key) or hosts[purpose]), sandbox=sandbox)
    return Account(
        connector=description.connector,
        hosts=hosts,
        credentials=credentials,
        words=_words(description, given),
        per_day=_per_day(description, given),
        limits=_limits(description.limits, given.get(ROOM_KEY)),
        allow_assumed=given.get("allow_assumed") is True,
        sandbox=sandbox,
    )


def _check_keys(description: Description, given: Mapping[str, Any], *, sandbox: bool) -> None:
    known = description.settings.get("properties", {})
    missing = [key for key in description.settings.get("required", ()) if given.get(key) in (None, "")]
    if missing:
        raise UserError(
            f"The settings of {description.connector} lack `{missing[0]}`.",
            remedy=f"Write it under `with:`. {known.get(missing[0], {}).get('description', '')}".strip(),
        )
    # The sandbox tells every connector where it is, whether or not its file lists the keys.
    own = (*HOST_KEYS.values(), ROOM_KEY) if sandbox else ()
    unknown = [key for key in given if key not in known and key not in own]
    if unknown:
        raise UserError(
            f"The settings of {description.connector} have no key `{unknown[0]}`.",
            remedy=f"There are: {', '.join(known)}.",
        )


def _credentials(description: Description, given: object) -> Credentials:
    connector, keys = description.connector, CREDENTIAL_KEYS[description.auth.style]
    shape = f"They are a JSON object with {', '.join(keys)}, given by a reference such as `${{env:NAME}}`."
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = None
    if not isinstance(given, Mapping):
        raise UserError(f"The credentials of {connector} are not a JSON object.", remedy=shape)
    for key in keys:
        if not isinstance(given.get(key), str) or not PRINTABLE.fullmatch(given[key]):
            raise UserError(f"The credentials of {connector} lack a usable `{key}`.", remedy=shape)
    centre = given.get("dc")
    return Credentials(
        values={key: given[key] for key in keys}, centre=centre if isinstance(centre, str) else None
    )


def _host(description: Description, url: str, *, sandbox: bool) -> str:
    """The host, if it may be called: one of the connector file's by https, or loopback for the sandbox."""
    own = {host for centre in description.centres.values() for host in centre.values()}
    plain = url.rstrip("/")
    if sandbox and _is_loopback(plain):
        return plain
    if not sandbox and plain in own:
        return plain
    why = "the sandbox is on this machine only" if sandbox else "it is not a host of this connector"
    raise UserError(
        f"{description.connector} may not call the host that its settings name: {why}.",
        remedy="Leave `host` and `accounts_host` out, and choose a `data_centre`.",
    )


def _is_loopback(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    plain = parts.username is None and parts.password is None and not parts.query and not parts.fragment
    return parts.scheme in ("http", "https") and parts.hostname in LOOPBACK and plain and parts.path == ""


def _per_day(description: Description, given: Mapping[str, Any]) -> int | None:
    key = description.limits.per_day_setting
    wanted = given.get(key) if key else None
    if wanted is None:
        return description.limits.per_day
    if isinstance(wanted, bool) or not isinstance(wanted, int) or wanted < 1:
        raise UserError(f"The setting `{key}` of {description.connector} is no number of requests.")
    return wanted


def _limits(limits: RateLimits, room: object) -> RateLimits:
    """The connector's limits, with the room that a sandbox says it has."""
    if limits.per_path is None or not isinstance(room, int) or isinstance(room, bool) or room < 1:
        return limits
    return replace(limits, per_path=replace(limits.per_path, requests=room))


def _words(description: Description, given: Mapping[str, Any]) -> dict[str, str]:
    wanted = {description.tenant.setting} if description.tenant else set()
    if description.check and description.check.setting:
        wanted.add(description.check.setting)
    wanted.update(description.words)
    known = description.settings.get("properties", {})
    chosen = {key: given.get(key, known.get(key, {}).get("default")) for key in wanted}
    words = {key: str(value) for key, value in chosen.items() if value is not None}
    for key, word in words.items():
        if not WORD.fullmatch(word):
            raise UserError(
                f"The setting `{key}` of {description.connector} is no identity.",
                remedy="An identity has letters, digits, `-` and `_` only.",
            )
    return words
