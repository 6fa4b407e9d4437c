"""Addresses of database servers: `postgresql://anna:secret@db.example:5432/shop?schema=sales`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

Server = Literal["postgresql", "mysql"]

_SCHEMES: Mapping[str, Server] = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
}
_NAMES: Mapping[Server, str] = {"postgresql": "PostgreSQL", "mysql": "MariaDB/MySQL"}
_PORTS: Mapping[Server, int] = {"postgresql": 5432, "mysql": 3306}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a database server is and who we are there."""

    server: Server
    host: str
    port: int
    database: str
    user: str | None  #: None = as the driver decides
    password: str | None = field(repr=False)  #: None = none is sent
    options: Mapping[str, str]  #: what follows the question mark

    @property
    def label(self) -> str:
        """Which database it is, in words without a credential."""
        return f"the {_NAMES[self.server]} database {self.database} at {self.host}:{self.port}"

    @property
    def place(self) -> str:
        """The same, with the schema if one is named; whoever logs in sees the same records there."""
        schema = self.options.get("schema")
        return (
            f"{self.server}://{self.host}:{self.port}/{self.database}{f'?schema={schema}' if schema else ''}"
        )

    @property
    def subject(self) -> str:
        """The label at the start of a sentence."""
        return "T" + self.label[1:]

    def url(self, *, without: tuple[str, ...] = ()) -> str:
        """The address for a driver, password included; never for a message."""
        user = quote(self.user or "", safe="")
        secret = f":{quote(self.password, safe='')}" if self.password is not None else ""
        who = f"{user}{secret}@" if user else ""
        rest = urlencode(
            {key: value for key, value in self.options.items() if key not in without}, quote_via=quote
        )
        host = f"[{self.host}]" if ":" in self.host else self.host
        place = f"{host}:{self.port}/{quote(self.database, safe='')}"
        return f"{self.server}://{who}{place}{'?' + rest if rest else ''}"

    def hide(self, words: str) -> str:
        """Words of a driver without the password."""
        secrets = {self.password, quote(self.password, safe="")} if self.password else set()
        for secret in secrets:
            words = words.replace(secret, "***")
        return words


def server_of(url: str) -> Server | None:
    """Which server's address this is; None = another kind of database."""
    return _SCHEMES.get(url.partition(":")[0].partition("+")[0].lower())


def parse_address(url: str, password: str | None) -> Address:
    """The parts of an address; `password` counts more than one in the address. Raises UserError."""
    server = server_of(url)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = None, None
    database = unquote(parts.path.removeprefix("/")) if parts else ""
    if server is None or parts is None or not parts.hostname or not database or "/" in database:
        # The address itself is not shown: a password stands in it.
        raise UserError(
            "The `url` of the database could not be understood.",
            remedy="Write it as postgresql://USER@HOST:PORT/DATABASE or mysql://USER@HOST:PORT/DATABASE; in a "
            "name or password, a character such as @ or / stands as %40 or %2F. `password:` takes it as it is.",
        )
    given = unquote(parts.password) if parts.password is not None else None
    return Address(
        server=server,
        host=parts.hostname,
        port=port or _PORTS[server],
        database=database,
        user=unquote(parts.username) if parts.username else None,
        password=given if password is None else password,
        options=dict(parse_qsl(parts.query, keep_blank_values=True)),
    )
