"""Where a PostgreSQL ledger is, said without its password, and how a session there is opened."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

from engine.errors import UserError
from engine.ledger.postgres.driver_errors import unreached

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

#: The schema where no URL names another.
SCHEMA = "engine"
_HOST = re.compile(r"([^:]*|\[.*\])(:\d*)?")
_SCHEMA_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")

#: What every session asks of the server.
_SETTINGS = {
    # A run that is frozen in the middle of a write must not keep the others out for ever.
    "idle_in_transaction_session_timeout": "60s",
    # The session that shows that a run is alive says nothing for as long as the run waits.
    "idle_session_timeout": "0",
    # A holder whose machine has vanished is found out within a minute.
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
#: What every session asks of the client's own library, unless the URL says otherwise; seconds.
_CLIENT = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "application_name": "sync-engine ledger",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A schema of a database."""

    url: str = field(repr=False)  #: as libpq takes it; may hold a password
    schema: str
    name: str  #: for sentences; no password

    @classmethod
    def of(cls, url: str) -> Self:
        """The address in a URL; `?schema=` names the schema. Raises UserError if it cannot be read."""
        if _is_torn(url):
            raise UserError(
                "The address of the ledger cannot be read: it has an @, / or ? in its password.",
                remedy="Write them as %40, %2F and %3F, or give the password in PGPASSWORD or ~/.pgpass.",
            )
        try:
            parts = urlsplit(url)
        except ValueError as error:
            raise _unreadable("the ledger", error) from None  # its words may show the password
        pairs = _pairs(parts.query)
        schema = next((unquote(value) for name, value in pairs if name == "schema"), SCHEMA)
        if not _SCHEMA_NAME.fullmatch(schema) or schema.startswith("pg_"):
            raise UserError(
                f"`{schema}` cannot be the schema of a ledger.",
                remedy="Use small letters, digits and underscores, such as `?schema=engine`.",
            )
        named = without_password(f"postgresql://{parts.netloc}{parts.path}")
        options = _query(pair for pair in pairs if pair[0] != "schema")
        plain = f"postgresql://{parts.netloc}{parts.path}{options}"
        return cls(url=plain, schema=schema, name=f"{named} (schema {schema})")


def without_password(url: str) -> str:
    """A path or URL as it may be shown: no password, neither before the host nor among the options."""
    scheme, found, rest = url.partition("://")
    if not found or scheme == "sqlite":
        return url
    if _is_torn(url):
        return f"{scheme}://…"
    rest, _, query = rest.partition("?")
    place, slash, path = rest.partition("/")
    user, at, host = place.rpartition("@")
    shown = _query(pair for pair in _pairs(query) if "password" not in pair[0].lower())
    return f"{scheme}://{user.partition(':')[0]}{at}{host}{slash}{path}{shown}"


def _pairs(query: str) -> list[tuple[str, str]]:
    """The options of a URL, as they are written: libpq decodes them by rules of its own (a + stays a +)."""
    parts = [pair.partition("=") for pair in query.split("&") if pair]
    return [(name, value) for name, _, value in parts]


def _query(pairs: Iterable[tuple[str, str]]) -> str:
    written = "&".join(f"{name}={value}" for name, value in pairs)
    return f"?{written}" if written else ""


def _is_torn(url: str) -> bool:
    """Whether a sign in the password, written plainly, has moved what follows it to another part."""
    rest = url.partition("://")[2]
    place = re.split("[/?#]", rest, maxsplit=1)[0]
    if "@" in place:
        return place.count("@") > 1
    return "@" in rest and _HOST.fullmatch(place) is None


def connect(address: Address, *, patience_s: float) -> Any:
    """A new psycopg connection.

    Raises TemporaryError if the server cannot be reached; UserError if it does not let us in or stores text in
    another encoding than UTF-8, if the URL cannot be read, and where the driver is missing.
    """
    psycopg = driver()
    settings = _SETTINGS | {"search_path": address.schema, "lock_timeout": f"{int(patience_s * 1000)}ms"}
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    try:
        known = psycopg.conninfo.conninfo_to_dict(address.url)
    except psycopg.ProgrammingError as error:
        raise _unreadable(f"the ledger {address.name}", error) from None  # as above
    wanted = {**_CLIENT, **known, "options": f"{known.get('options', '')} {options}".strip()}
    try:
        connection = psycopg.connect(**wanted, client_encoding="utf8")
    except psycopg.OperationalError as error:
        raise unreached(error, address.name) from error
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        connection.close()
        raise UserError(
            f"The database of the ledger {address.name} stores text as {encoding}, which has not all letters.",
            remedy="Make a database with the encoding UTF8: `CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0`.",
        )
    return connection


def _unreadable(what: str, error: Exception) -> UserError:
    """What libpq says about a URL, without the values it quotes."""
    words = re.sub(r'"[^"]*"|\'[^\']*\'', "…", str(error)).strip().rstrip(".")
    return UserError(
        f"The address of {what} cannot be read: {words}.",
        remedy="Write it as `postgresql://user@host:5432/database?schema=engine`.",
    )


def driver() -> ModuleType:
    """The driver. Raises UserError if it is not installed."""
    try:
        import psycopg
        import psycopg.conninfo
    except ImportError as error:
        raise UserError(
            "A ledger on PostgreSQL needs the driver psycopg, which is not installed.",
            remedy="Install it with `pip install 'sync-engine[postgres]'`.",
        ) from error
    return psycopg
